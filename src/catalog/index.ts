export type {
  Catalog,
  CatalogIssue,
  Column,
  Customization,
  EnumType,
  Key,
  Naming,
  Relationship,
  RootFieldKind,
  Source,
  Table,
} from './catalog.ts';
export type {
  ColumnFacts,
  EnumFacts,
  FactIssue,
  ForeignKeyFacts,
  KeyFacts,
  SourceFacts,
  TableFacts,
  TableKind,
} from './facts.ts';
export {
  type Metadata,
  noMetadata,
  type RelationshipMetadata,
  type RemoteRelationshipMetadata,
  type TableConfiguration,
  type TableMetadata,
  type TableName,
} from './metadata.ts';
export {
  type AggregateFunction,
  aggregates,
  aggregateType,
  type Bucket,
  buckets,
  type OperandKind,
  type Operator,
  operators,
} from './operators.ts';
export { resolveCatalog, type SourceInput } from './resolve.ts';
export {
  familyOf,
  type JsonForm,
  type Scalar,
  type ScalarFamily,
  scalars,
  type ValueType,
} from './scalars.ts';
