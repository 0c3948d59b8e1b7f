export type {
  ChangedTable,
  ChangeMessage,
  ChangeMethod,
  ChangeOffer,
  ChangePosition,
  ChangeStream,
  Changes,
  FollowOptions,
  LeftOver,
  RowImage,
} from './changes.ts';
export { rowColumns } from './conditions/image-columns.ts';
export { maskOf } from './conditions/masks.ts';
export { planRuleWithin } from './conditions/rule-predicates.ts';
export type {
  Capabilities,
  Compiled,
  Connector,
  IntrospectOptions,
  NativeSql,
  NativeStatement,
  PoolState,
  ResultColumn,
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
export { type Dependencies, dependenciesOf, type RootRows, tablesRead } from './dependencies.ts';
export {
  compileCoercion,
  settleNumbers,
  type VariableValues,
  withoutPrototypes,
} from './input/coercion.ts';
export { type Bindings, brokenRules, fromText, resolveParam, valueErrors } from './input/values.ts';
export { compileShape, type InspectedPath, inspectedKey, inspectedPath } from './input/variables.ts';
export { misreadList, wrongVariables } from './input/wrong-variables.ts';
export type { CombinedRoot, Fetch } from './model/fetch.ts';
export type { Measure } from './model/measure.ts';
export { type Param, type ParamSource, varies } from './model/param.ts';
export { type Plan, type Root, rootFields } from './model/plan.ts';
export { always, and, isAlways, never, type Predicate } from './model/predicate.ts';
export { adminRules, everythingAllowed, type Rules, rulesOf, type Validations } from './model/rules.ts';
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
} from './model/select.ts';
export type { HopShape, OutputField, Shape, TextOf, ValueCodec } from './model/shape.ts';
export type { Step } from './model/step.ts';
export type { Assignment, ConflictReport, OnConflict, Write } from './model/write.ts';
export { operationOf, type PlanOptions, planOperation, type WhyAbsent } from './operation.ts';
export { printPlan } from './print/print.ts';
export type { ChangeField, ChangeOp, ChangesPlan } from './reading/changes.ts';
export type { ConnectionPart, ConnectionPlan, EdgePart, PageInfoPart } from './reading/connection.ts';
export { cursorKey } from './reading/cursor.ts';
export type { StreamPlan } from './reading/stream.ts';
export { type RowKeys, rowKeysOf } from './row-keys.ts';
export type { Insert, InsertRow } from './writing/insert.ts';
export type { Mutation, ResponsePart, SoftDelete, Update, WriteAnswer } from './writing/mutation.ts';
export type { RowCheck } from './writing/write-rules.ts';
