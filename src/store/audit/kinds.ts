/** Kinds of events in the audit log. */
export const auditKinds = ['control', 'sign-in', 'refusal', 'mutation', 'read'] as const;

export type AuditKind = (typeof auditKinds)[number];
