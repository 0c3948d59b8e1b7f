export type { Actor } from './actor.ts';
export {
  type AuditEvent,
  type AuditFilter,
  type AuditKind,
  AuditLog,
  type AuditProblem,
  type AuditReport,
  auditFilters,
  auditKeyId,
  auditKinds,
  checkpointFile,
  exportAudit,
  queryAudit,
  type Retention,
  removeOldRecords,
  startRetention,
  verifyAudit,
} from './audit/index.ts';
export {
  ChangeLogStore,
  type LogBounds,
  type LogLead,
  type OthersWatch,
  type StoredLog,
  type StoredSegment,
  type StoredTable,
  type WatchedTable,
} from './change-log/index.ts';
export { publishChange } from './changes.ts';
export {
  type Attempt,
  type Delivery,
  type DeliveryFilter,
  type DeliveryOutcome,
  DeliveryStore,
  deliveryKind,
  endpointOfQueue,
  type NewDelivery,
  type RecordedAttempt,
} from './deliveries/index.ts';
export { failureFields } from './errors.ts';
export { Follower } from './follower.ts';
export {
  type HookCall,
  type HookCallFilter,
  type HookKey,
  type HookOutcome,
  HookStore,
  type StoredHookCall,
} from './hooks/index.ts';
export {
  type Claim,
  type Claimed,
  type ClaimLimit,
  type JobCount,
  type JobQueue,
  JobStore,
  type JobTransaction,
  jobKey,
  type NewJob,
  type OtherWorker,
  type Priority,
  priorities,
  type Settlement,
} from './jobs/index.ts';
export type { MigrationStatus } from './migrate.ts';
export {
  type EndedSession,
  endSessions,
  findIdentity,
  type Identity,
  type IdentityKey,
  identitiesOf,
  insertSession,
  insertUser,
  listSessions,
  listUsers,
  type NewSession,
  putIdentity,
  readUser,
  removeUser,
  type SessionDescription,
  type SessionFilter,
  StoredSessions,
  type User,
  type UserFilter,
  type UserPatch,
  updateUser,
  useAnswer,
  userByEmail,
} from './people/index.ts';
export { StoreTaken } from './pglite/lock.ts';
export { openWithTemplate, templateFile } from './pglite/template.js';
export { storeExists } from './place.ts';
export { replaceFile, StateFiles } from './replace-file.ts';
export {
  insertKey,
  type KeyDescription,
  type KeyPatch,
  listKeys,
  revokeKey,
  rotateKey,
  updateKey,
} from './repositories/api-keys.ts';
export {
  type MetadataVersion,
  metadataHistory,
  metadataVersion,
  refuseVersion,
} from './repositories/metadata.ts';
export {
  type NamedConfig,
  storedIssuers,
  storedProviders,
  storedSettings,
  storedSources,
} from './repositories/named.ts';
export {
  type AllowedOperation,
  allowOperation,
  listOperations,
  operationHash,
  removeOperation,
} from './repositories/operations.ts';
export type { RunStatement } from './run-statement.ts';
export {
  type LoadedRun,
  type NewRun,
  type NewSignal,
  type RunCaller,
  type RunDetails,
  type RunEvent,
  type RunFilter,
  type RunOutcome,
  type RunProgress,
  type RunResult,
  type RunState,
  RunStore,
  type RunSummary,
  runKind,
  ScheduleStore,
  type SeenRun,
  type SeenRunsFilter,
  type ShownStep,
  type StartedChild,
  type StepRecord,
  type StepState,
  type Wait,
} from './runs/index.ts';
export {
  addFormerPeppers,
  derivedKeys,
  keyRing,
  maskSecrets,
  peppersOf,
  prepareNewKey,
  type Rotation,
  rotateSecrets,
  Secrets,
} from './secrets/index.ts';
export { openStore, type Store, type StoreLog } from './store.ts';
export { StoredKeys } from './stored-keys.ts';
export {
  type AgreedRow,
  type PendingWrite,
  type StoredSync,
  type SyncProblem,
  type SyncRecord,
  SyncStore,
  type SyncUpdate,
  syncKind,
} from './syncs/index.ts';
export { OwnTriggerStore, type StoredTrigger, type TriggerProgress, TriggerStore } from './triggers/index.ts';
export { vacuumEmbedded } from './vacuum.ts';
