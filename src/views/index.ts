export type {
  AllowListConfig,
  ChangeSetting,
  ChangesConfig,
  GraphsConfig,
  LimitSettings,
  Patterns,
  SourceConfig,
  SqlSteps,
} from './config.ts';
export type { GraphChange } from './graph-changes/change.ts';
export { linesOf } from './graph-changes/change-lines.ts';
export { compareGraphs } from './graph-changes/compare.ts';
export { GraphFile, parseParts } from './graph-changes/graph-file.ts';
export { type GraphChanges, GraphHistory } from './graph-changes/history.ts';
export { versionOf } from './graph-changes/served-changes.ts';
export { Graphs, type ResolvedMetadata } from './graphs.ts';
export { forgetNames, type NameBook, type SourceNames } from './names/book.ts';
export type { UnlistedRequest } from './operations/admission.ts';
export { checkAllowLists } from './operations/allow-list.ts';
export type { CallRoleService, RoleServiceCall } from './role-engines.ts';
export { serviceKinds } from './services.ts';
export { changeSettings, changesOf, changesProblem } from './sources/change-settings.ts';
export { diffFacts } from './sources/diff.ts';
export { wantedEnums } from './sources/enum-tables.ts';
export { failureWords } from './sources/failure-words.ts';
export {
  isSourceKind,
  type KindFacts,
  kindFacts,
  kindNames,
  type SourceKind,
  urlProblem,
} from './sources/kinds.ts';
export { readingOf, readSource, type SourceReading } from './sources/reading.ts';
export { SourceRegistry } from './sources/registry.ts';
export type { AttachedSource, SourceStatus } from './sources/source.ts';
export { factsOf } from './sources/source-reader.ts';
export { StoredCatalog } from './sources/stored-catalog.ts';
export { tlsOf } from './sources/tls.ts';
export { grantedTo, viewKey } from './views.ts';
