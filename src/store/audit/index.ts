export { AuditLog, type AuditOptions, auditKeyId } from './audit-log.ts';
export { checkpointFile } from './checkpoint.ts';
export { type AuditKind, auditKinds } from './kinds.ts';
export { type AuditFilter, type AuditPage, auditFilters, exportAudit, queryAudit } from './query.ts';
export type { AuditEvent, AuditRecord } from './record.ts';
export { type Retention, removeOldRecords } from './retention.ts';
export { startRetention } from './retention-job.ts';
export { type AuditProblem, type AuditReport, verifyAudit } from './verify.ts';
