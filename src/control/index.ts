export type { AuditLog } from './audit/index.ts';
export { type AuditKind, auditKinds } from './audit/kinds.ts';
export { type AuditFilter, auditFilters, exportAudit, queryAudit } from './audit/query.ts';
export type { AuditEvent } from './audit/record.ts';
export { type AuditProblem, type AuditReport, verifyAudit } from './audit/verify.ts';
export {
  type AllowListConfig,
  type AnswersConfig,
  ConfigError,
  type ConfigProblem,
  type FozConfig,
  type LimitSettings,
  type LimitsConfig,
  type ServerConfig,
  type SourceConfig,
  type SourceKind,
  type WebsocketConfig,
} from './config.ts';
export {
  describeDeclared,
  describeDeclaredKeys,
  type ListedKey,
  refuseDeclaredKey,
  refuseDeclaredName,
} from './declared-keys.ts';
export {
  describeSource,
  explainOperation,
  type Health,
  healthOf,
  refreshSource,
  type SourceDescription,
} from './describe.ts';
export { diffFacts } from './diff.ts';
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
export { describeRole, type RoleDescription, roleNames } from './effective.ts';
export { Graphs, type Unlisted } from './graphs.ts';
export { importHasura } from './import/import-hasura.ts';
export { describeKey, type KeyRoleDescription } from './key-permissions.ts';
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
} from './keys.ts';
export {
  knownRole,
  refuseUnknownRoles,
  rolesOf,
  rolesWithoutPermissions,
  unknownRole,
} from './known-roles.ts';
export { loadConfig, parsePort } from './load-config.ts';
export { planeOver, storeToLookInto } from './look.ts';
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
} from './maintain.ts';
export { applyFolder, diffFolder } from './metadata/apply.ts';
export type { MetadataChange } from './metadata/diff-metadata.ts';
export { filledText, type Locate } from './metadata/located-yaml.ts';
export { metadataPlaces } from './metadata/places.ts';
export { type MetadataTarget, metadataTarget } from './metadata/target.ts';
export { writeFolder } from './metadata/write-folder.ts';
export type { NameBook } from './names/book.ts';
export { LiveNames, namesKeeperOf } from './names/live-names.ts';
export { endOwnKey, type Holder, ownerOf, ownKeys, renewOwnKey } from './own-keys.ts';
export { type ControlPlane, openControlPlane, requireAudit, requirePlane } from './plane.ts';
export { type PrunedAudit, pruneAudit } from './prune-audit.ts';
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
export { wantedEnums } from './sources/enum-tables.ts';
export { isSourceKind, type KindFacts, sourceKinds, urlProblem } from './sources/kinds.ts';
export { readingOf, type SourceReading } from './sources/reading.ts';
export { type AttachedSource, factsOf, SourceRegistry, type SourceStatus } from './sources/registry.ts';
export { RuntimeSources, type SourceTest } from './sources/runtime.ts';
export { shownSettings } from './sources/settings.ts';
export { sourcesOf } from './sources/stored.ts';
export { StoredCatalog } from './sources/stored-catalog.ts';
export type { Actor as AuditActor } from './store/actor.ts';
export { StoreTaken } from './store/pglite/lock.ts';
export type { KeyDescription } from './store/repositories/api-keys.ts';
export type { Store, StoreLog } from './store/store.ts';
export { viewKey } from './views.ts';
