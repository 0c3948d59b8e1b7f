export {
  compileCoercion,
  needsList,
  settleNumbers,
  type VariableValues,
  withoutPrototypes,
} from './coercion.ts';
export type { ConnectionPart, ConnectionPlan, EdgePart, PageInfoPart } from './connection.ts';
export { cursorKey } from './connection.ts';
export type {
  Capabilities,
  Compiled,
  Connector,
  IntrospectOptions,
  PoolState,
  RunContext,
  Runner,
  RunResult,
  Savepoint,
  ScalarSupport,
  Slot,
  Statement,
} from './connector.ts';
export { capacityFor } from './context.ts';
export { planCost } from './cost.ts';
export type { CombinedRoot, Fetch } from './fetch.ts';
export type { Insert, InsertRow } from './insert.ts';
export { maskOf } from './masks.ts';
export type { Measure } from './measure.ts';
export type { Mark, Mutation, ResponsePart, Update, WriteAnswer } from './mutation.ts';
export { operationOf, type PlanOptions, planOperation } from './operation.ts';
export type { Param, ParamSource } from './param.ts';
export { type Plan, type Root, rootFields } from './plan.ts';
export { always, and, isAlways, never, type Predicate } from './predicate.ts';
export { printPlan } from './print.ts';
export { adminRules, everythingAllowed, type Rules, rulesOf, type Validations } from './rules.ts';
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
  Labels,
  OrderTerm,
  Select,
} from './select.ts';
export type { HopShape, Out, Shape, TextOf, ValueCodec } from './shape.ts';
export type { Step } from './step.ts';
export { tablesRead } from './tables-read.ts';
export { type Bindings, brokenRules, fromText, resolveParam, valueErrors } from './values.ts';
export { compileShape, inspectedKey } from './variables.ts';
export type { Assignment, OnConflict, Unless, Write } from './write.ts';
export type { RowCheck } from './write-rules.ts';
