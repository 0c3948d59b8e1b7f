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
  type AggregateFunction,
  aggregates,
  aggregateType,
  type Bucket,
  buckets,
  type OperandKind,
  type Operator,
  operators,
} from './operators.ts';
export {
  familyOf,
  type JsonForm,
  type Scalar,
  type ScalarFamily,
  scalars,
  type ValueType,
} from './scalars.ts';
