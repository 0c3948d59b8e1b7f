import { type AggregateFunction, aggregates, type Table } from '../catalog/index.ts';
import type { GraphCapabilities } from './capabilities.ts';
import {
  canAggregateRows,
  canDelete,
  canInsert,
  canSelect,
  canUpdate,
  canUpsert,
  hasAggregated,
  isEquatable,
  isGroupable,
  isOrderable,
  jsonColumns,
  numericColumns,
  visiblePrimaryKey,
} from './column-support.ts';
import type { TypeKind } from './names/conventions.ts';

interface Facts {
  readonly capabilities: GraphCapabilities;
  readonly subscriptions: boolean;
}
type Offers = (table: Table, facts: Facts) => boolean;

const functions = Object.keys(aggregates) as readonly AggregateFunction[];
const floats = functions.filter((fn) => aggregates[fn].result === 'float');

const selected: Offers = canSelect;
const aggregated: Offers = canAggregateRows;
/** Whether rows of other tables can be filtered and ordered by an aggregate over this table. */
const comparable: Offers = (table) => canSelect(table) && canAggregateRows(table);
const ordered: Offers = (table) => canSelect(table) && table.columns.some(isOrderable);
const withJson: Offers = (table, { capabilities }) =>
  canUpdate(table) && capabilities.jsonWrite && jsonColumns(table).length > 0;
const withNumbers: Offers = (table) => canUpdate(table) && numericColumns(table).length > 0;
const anyOf =
  (...fns: readonly AggregateFunction[]): Offers =>
  (table, { capabilities }) =>
    canAggregateRows(table) && fns.some((fn) => hasAggregated(table, capabilities, fn));
const grouped: Offers = (table) => canAggregateRows(table) && table.columns.some(isGroupable);
const groupedAnd =
  (other: Offers): Offers =>
  (table, facts) =>
    grouped(table, facts) && other(table, facts);
const keyed: Offers = (table) => visiblePrimaryKey(table) !== null;
const changed: Offers = (table, facts) => facts.subscriptions && canSelect(table);
const stream: Offers = (table, facts) => facts.subscriptions && ordered(table, facts);

const fixed = {
  row: selected,
  aggregate: aggregated,
  aggregate_fields: aggregated,
  aggregate_group: grouped,
  aggregate_group_key: grouped,
  mutation_response: (table) => canInsert(table) || canUpdate(table) || canDelete(table),
  connection: keyed,
  edge: keyed,
  change: changed,
  change_row: changed,
  bool_exp: selected,
  order_by: ordered,
  aggregate_bool_exp: comparable,
  aggregate_bool_exp_count: comparable,
  aggregate_order_by: comparable,
  aggregate_group_key_input: grouped,
  aggregate_group_key_order_by: (table, facts) => grouped(table, facts) && ordered(table, facts),
  aggregate_group_order_by: grouped,
  aggregate_having: grouped,
  aggregate_sum_having: groupedAnd(anyOf('sum')),
  aggregate_float_having: groupedAnd(anyOf(...floats)),
  aggregate_min_max_having: groupedAnd(anyOf('min', 'max')),
  insert_input: canInsert,
  set_input: canUpdate,
  inc_input: withNumbers,
  mul_input: withNumbers,
  append_input: withJson,
  prepend_input: withJson,
  delete_key_input: withJson,
  delete_elem_input: withJson,
  delete_at_path_input: withJson,
  pk_columns_input: (table) => canUpdate(table) && visiblePrimaryKey(table) !== null,
  if_match_input: (table) =>
    canUpdate(table) && visiblePrimaryKey(table) !== null && table.columns.some(isEquatable),
  on_conflict: canUpsert,
  updates: canUpdate,
  obj_rel_insert_input: canInsert,
  arr_rel_insert_input: canInsert,
  stream_cursor_input: stream,
  stream_cursor_value_input: stream,
  select_column: selected,
  update_column: canUpsert,
  constraint: canUpsert,
} as const satisfies Partial<Record<TypeKind, Offers>>;

const offers: ReadonlyMap<string, Offers> = new Map<string, Offers>([
  ...Object.entries(fixed),
  ...functions.map((fn): [string, Offers] => [`${fn}_fields`, anyOf(fn)]),
  ...functions.map((fn): [string, Offers] => [`${fn}_order_by`, anyOf(fn)]),
]);

/** Whether a table has a kind of type, judging by its own columns and keys and by the capabilities of its engine. */
export function offersType(table: Table, kind: TypeKind, facts: Facts): boolean {
  return offers.get(kind)!(table, facts);
}
