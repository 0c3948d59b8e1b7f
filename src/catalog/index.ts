export type {
  Catalog,
  CatalogIssue,
  Column,
  ColumnComparison,
  Customization,
  EnumType,
  Key,
  KeyComparison,
  Naming,
  Relationship,
  RootFieldKind,
  RowRule,
  RuleValue,
  Source,
  Table,
  TableAccess,
  ValidationRule,
} from './catalog.ts';
export { correctedMetadata } from './corrected.ts';
export { isUnreadable } from './declared-tables.ts';
export { didYouMean } from './did-you-mean.ts';
export { enumColumns, enumShapeProblem, mostEnumRows } from './enum-tables.ts';
export type {
  ColumnFacts,
  EnumFacts,
  EnumTableFacts,
  FactIssue,
  ForeignKeyFacts,
  KeyFacts,
  SourceFacts,
  TableFacts,
  TableKind,
  TriggerEffect,
  TriggerFacts,
  UnreadableTable,
} from './facts.ts';
export { type KeptNames, keptTableId, noKeptNames, resetCommand, type TablePlace } from './kept-names.ts';
export {
  type BoolExp,
  type ColumnConfig,
  type ColumnValidationMetadata,
  type CronTriggerMetadata,
  type DeletePermissionMetadata,
  type EndpointMetadata,
  type EventTriggerMetadata,
  type InheritedRoleMetadata,
  type InsertPermissionMetadata,
  type Metadata,
  type NamedMetadata,
  namedLists,
  noMetadata,
  type PermissionMetadata,
  type RelationshipMetadata,
  type RemoteRelationshipMetadata,
  type RowValidationMetadata,
  type SelectPermissionMetadata,
  type TableConfiguration,
  type TableMetadata,
  type TableName,
  type TriggerConditionMetadata,
  type UpdatePermissionMetadata,
} from './metadata.ts';
export {
  canonicalMetadata,
  canonicalTable,
  nameOf,
  plain,
  schemaOf,
  sortedBy,
  sortKey,
} from './metadata-order.ts';
export {
  type AggregateFunction,
  aggregates,
  aggregateType,
  appliesTo,
  type Bucket,
  buckets,
  isSupported,
  mayRefuse,
  type OperandKind,
  type Operator,
  type OperatorSupport,
  operatorSupport,
  operators,
  sortsItself,
} from './operators.ts';
export { resolveCatalog, type SourceInput } from './resolve.ts';
export {
  bothRules,
  crossesSources,
  eitherRule,
  everyRow,
  isEveryRow,
  noRow,
} from './rule.ts';
export {
  familyOf,
  type JsonForm,
  type NativeComparison,
  type Scalar,
  type ScalarFamily,
  scalars,
  type ValueType,
} from './scalars.ts';
export { tableId } from './table-id.ts';
export { wholeTable } from './whole.ts';
