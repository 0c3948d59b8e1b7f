export type {
  Capabilities,
  Compiled,
  Connector,
  IntrospectOptions,
  PoolState,
  RunContext,
  Runner,
  RunResult,
  ScalarSupport,
  Slot,
  Statement,
} from './connector.ts';
export type { CombinedRoot, Fetch } from './fetch.ts';
export type { Param, ParamSource } from './param.ts';
export { always, and, isAlways, never, type Predicate } from './predicate.ts';
export type {
  Aggregate,
  AggregateColumn,
  AggregateItem,
  AggregatePart,
  Bound,
  Direction,
  Field,
  GroupBy,
  GroupKey,
  GroupOrder,
  GroupPart,
  Having,
  Hop,
  Measure,
  OrderTerm,
  Select,
} from './select.ts';
export type { HopShape, Out, Shape, TextOf, ValueCodec } from './shape.ts';
export type { Assignment, OnConflict, Write } from './write.ts';
