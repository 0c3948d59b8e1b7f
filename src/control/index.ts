export { addToConfig, lineInConfig, replaceInConfig, valueInConfig } from './config/add-to-config.ts';
export {
  type AnswersConfig,
  ConfigError,
  type ConfigIssue,
  type ConfigProblem,
  type FozConfig,
  type ServerConfig,
  type WebsocketConfig,
  type WorkflowConfig,
} from './config/config.ts';

export { loadConfig, parsePort, type ReadConfig, readConfig } from './config/load-config.ts';
export { schemaComment } from './config/schema-comment.ts';
export { customizeColumn, setColumnValidation } from './edit/columns.ts';
export { countTables, describeTable, describeTables, type TableDescription } from './edit/describe-tables.ts';
export { replaceMetadata } from './edit/document.ts';
export type { MetadataEdit, TableRef } from './edit/edit.ts';
export { type ChangedMetadata, type ChangeOptions, LiveMetadata } from './edit/live-metadata.ts';
export {
  dropInheritedRole,
  dropPermission,
  setInheritedRole,
  setPermission,
} from './edit/permissions.ts';
export { createRelationship, dropRelationship, renameRelationship } from './edit/relationships.ts';
export {
  auditReads,
  customizeTable,
  setEnumTable,
  setRowValidations,
  setTableKey,
  trackTable,
  untrackTable,
} from './edit/tables.ts';
export { importHasura } from './import/import-hasura.ts';
export {
  describeDeclared,
  describeDeclaredKeys,
  type ListedKey,
  refuseDeclaredKey,
  refuseDeclaredName,
} from './keys/declared-keys.ts';
export {
  describeKey,
  type KeyRoleDescription,
  type KeySettings,
  sessionOfKey,
} from './keys/key-permissions.ts';
export {
  changeKey,
  createKey,
  endKey,
  type KeyChange,
  type KeyInput,
  keysOf,
  listStoredKeys,
  renewKey,
  type ShownKey,
} from './keys/keys.ts';
export { unsetVariables } from './keys/missing-variables.ts';
export { notesOnKey } from './keys/notes-on-key.ts';
export { endOwnKey, type KeyOwner, ownerOf, ownKeys, renewOwnKey } from './keys/own-keys.ts';
export { keysOfNothing, misspeltScopes, refuseMisspeltScopes } from './keys/unmatched-scopes.ts';
export { allIssues } from './metadata/all-issues.ts';
export { applyFolder, diffFolder } from './metadata/apply.ts';
export type { MetadataChange } from './metadata/diff-metadata.ts';
export { filledText, type Locate } from './metadata/located-yaml.ts';
export { metadataPlaces } from './metadata/places.ts';
export { type MetadataTarget, metadataTarget } from './metadata/target.ts';
export { writeFolder } from './metadata/write-folder.ts';
export { type KeptName, keptNames, resetNames } from './names/kept-list.ts';
export { LiveNames, namesKeeperOf } from './names/live-names.ts';
export { forgetKeptNames, type NamesKeeper } from './names/names-file.ts';
export {
  describeStore,
  exportStoredAudit,
  migrateStore,
  pruneStoredAudit,
  rotateStoreSecrets,
  type StoreDescription,
  type StorePlace,
  storeStatus,
  verifyStoredAudit,
} from './offline/maintain.ts';
export { existingStore, planeForCommands } from './offline/open-store.ts';
export { type PrunedAudit, pruneAudit } from './offline/prune-audit.ts';
export { type ControlPlane, hasStore, openControlPlane, requireAudit, requirePlane } from './plane.ts';
export { describeRole, type RoleDescription, roleNames } from './roles/effective.ts';
export {
  knownRole,
  refuseUnknownRoles,
  rolesOf,
  rolesWithoutPermissions,
  unknownRole,
} from './roles/known-roles.ts';
export { roleSchema, roleSdl, type ScalarDescription, scalarsOf, sessionSdl } from './roles/role-schema.ts';
export {
  type AllowListDescription,
  allowOperation,
  describeAllowLists,
  disallowOperation,
  setAllowListMode,
} from './settings/allow-lists.ts';
export { firstSecretName } from './settings/first-secret.ts';
export { describeSettings, type SettingDescription, setSetting } from './settings/general.ts';
export { describeIssuers, dropIssuer, type IssuerDescription, putIssuer } from './settings/issuers.ts';
export { describeLimits, type LimitsDescription, setLimits } from './settings/limits.ts';
export {
  describeProviders,
  dropProvider,
  type ProviderDescription,
  putProvider,
} from './settings/providers.ts';
export { RuntimeSettings } from './settings/runtime.ts';
export type { Settings } from './settings/settings.ts';
export {
  createAdminSecret,
  describeSignIns,
  dropAdminSecret,
  type SignInDescription,
  setAnonymousRole,
  setCookieOrigins,
  setWebhook,
} from './settings/sign-ins.ts';
export { UnlistedOperations } from './settings/unlisted.ts';
export { withSourceLines } from './source-lines.ts';
export {
  describeSource,
  explainOperation,
  type Health,
  healthOf,
  refreshSource,
  type SourceDescription,
} from './sources/describe.ts';
export {
  type Following,
  followingIssues,
  followingOf,
  followingsOf,
  leftOversOf,
  triggerReaderOf,
} from './sources/following.ts';
export {
  firstNames,
  followingNotes,
  followingReason,
  followingWords,
  tableName,
} from './sources/following-notes.ts';
export { RuntimeSources, type RuntimeSourcesOptions, type SourceTest } from './sources/runtime.ts';
export { shownSettings } from './sources/settings.ts';
export { sourcesOf } from './sources/stored.ts';
export { syncIssues, type ValidSync, validSyncs } from './syncs/issues.ts';
export {
  describeSyncs,
  type LiveSyncs,
  pauseSync,
  repairSync,
  resolveSyncConflicts,
  type SyncDescription,
  syncDifferences,
  syncProblems,
} from './syncs/syncs.ts';
export { cronIssues, triggerNames, validCronTriggers } from './triggers/issues.ts';
export {
  type AllTriggersControl,
  type AnyTrigger,
  describeAllTriggers,
  invokeAnyTrigger,
  type LiveOwnTriggers,
  type OwnTrigger,
  pauseAnyTrigger,
} from './triggers/own-triggers.ts';
export {
  deliveryAttempts,
  describeTriggers,
  invokeTrigger,
  type LiveTriggers,
  listedDeliveries,
  pauseTrigger,
  redeliver,
  type TriggerDescription,
} from './triggers/triggers.ts';
export { type Arrival, type Entered, enter } from './users/enter.ts';
export {
  endByProvider,
  endSession,
  endSessionsOfUser,
  type SignedOut,
  sessionsOf,
  signOut,
} from './users/sessions.ts';
export {
  dropUser,
  setUserDisabled,
  setUserRoles,
  type UserDescription,
  usersOf,
} from './users/users.ts';
export { describeWorkflows, type WorkflowDescription } from './workflows/describe.ts';
export { dropEntry, enableEntry, putEntry } from './workflows/edits.ts';
export { hookIssues, validHooks } from './workflows/hook-issues.ts';
export {
  describeHooks,
  dropHookSecret,
  type HookDescription,
  listedCalls,
  putHookSecret,
  replayCall,
} from './workflows/hooks.ts';
export { validWorkflows, workflowIssues } from './workflows/issues.ts';
export { LiveWorkflows } from './workflows/live-workflows.ts';
export {
  changeRun,
  listedRuns,
  type RunAction,
  type RunControl,
  type RunPage,
  rehearseWorkflow,
  requireWork,
  rerunRun,
  retryRun,
  type StartRequest,
  sendSignal,
  shownJson,
  shownRun,
  startRun,
  tryStep,
  type WorkControl,
} from './workflows/runs.ts';
