import { type AggregateFunction, aggregates, type Naming, type RootFieldKind } from '../../catalog/index.ts';
import { camelCase, capitalise, pascalCase } from './identifier.ts';

const functions = Object.keys(aggregates) as readonly AggregateFunction[];

/** Object types of a table. In hasura-default the kind is the suffix of the type name; `row` has none. */
export type ObjectKind =
  | 'row'
  | 'aggregate'
  | 'aggregate_fields'
  | `${AggregateFunction}_fields`
  | 'aggregate_group'
  | 'aggregate_group_key'
  | 'mutation_response'
  | 'connection'
  | 'edge'
  | 'change'
  | 'change_row';

/** Input types of a table. */
export type InputKind =
  | 'bool_exp'
  | 'order_by'
  | 'aggregate_bool_exp'
  | 'aggregate_bool_exp_count'
  | 'aggregate_order_by'
  | `${AggregateFunction}_order_by`
  | 'aggregate_group_key_input'
  | 'aggregate_group_key_order_by'
  | 'aggregate_group_order_by'
  | 'aggregate_having'
  | 'aggregate_sum_having'
  | 'aggregate_float_having'
  | 'aggregate_min_max_having'
  | 'insert_input'
  | 'set_input'
  | 'inc_input'
  | 'mul_input'
  | 'append_input'
  | 'prepend_input'
  | 'delete_key_input'
  | 'delete_elem_input'
  | 'delete_at_path_input'
  | 'pk_columns_input'
  | 'if_match_input'
  | 'on_conflict'
  | 'updates'
  | 'obj_rel_insert_input'
  | 'arr_rel_insert_input'
  | 'stream_cursor_input'
  | 'stream_cursor_value_input';

/** Enum types of a table. */
export type EnumKind = 'select_column' | 'update_column' | 'constraint';

export type TypeKind = ObjectKind | InputKind | EnumKind;

const fixedKinds = {
  row: true,
  aggregate: true,
  aggregate_fields: true,
  aggregate_group: true,
  aggregate_group_key: true,
  mutation_response: true,
  connection: true,
  edge: true,
  change: true,
  change_row: true,
  bool_exp: true,
  order_by: true,
  aggregate_bool_exp: true,
  aggregate_bool_exp_count: true,
  aggregate_order_by: true,
  aggregate_group_key_input: true,
  aggregate_group_key_order_by: true,
  aggregate_group_order_by: true,
  aggregate_having: true,
  aggregate_sum_having: true,
  aggregate_float_having: true,
  aggregate_min_max_having: true,
  insert_input: true,
  set_input: true,
  inc_input: true,
  mul_input: true,
  append_input: true,
  prepend_input: true,
  delete_key_input: true,
  delete_elem_input: true,
  delete_at_path_input: true,
  pk_columns_input: true,
  if_match_input: true,
  on_conflict: true,
  updates: true,
  obj_rel_insert_input: true,
  arr_rel_insert_input: true,
  stream_cursor_input: true,
  stream_cursor_value_input: true,
  select_column: true,
  update_column: true,
  constraint: true,
} satisfies Record<Exclude<TypeKind, `${AggregateFunction}_fields` | `${AggregateFunction}_order_by`>, true>;

/** Every kind of type that a table can have. */
export const typeKinds: readonly TypeKind[] = [
  ...(Object.keys(fixedKinds) as (keyof typeof fixedKinds)[]),
  ...functions.map((fn) => `${fn}_fields` as const),
  ...functions.map((fn) => `${fn}_order_by` as const),
];

/** The suffix of a type name, after the name of the table. */
export function typeEnding(naming: Naming, kind: TypeKind): string {
  if (kind === 'row') return '';
  return naming === 'hasura-default' ? `_${kind}` : pascalCase(kind);
}

/** The operations; each has a root type. */
export type Operation = 'query' | 'mutation' | 'subscription';

export interface RootPattern {
  readonly operations: readonly Operation[];
  /** The word before the table: `insert`. */
  readonly verb: string;
  /** The words after the table: `by_pk`. */
  readonly ending: string;
}

const pattern = (operations: readonly Operation[], verb: string, ending: string): RootPattern => ({
  operations,
  verb,
  ending,
});
const read: readonly Operation[] = ['query', 'subscription'];
const write: readonly Operation[] = ['mutation'];

/** The name pattern of each kind of root field, and the operations that offer it. */
export const rootPatterns = {
  select: pattern(read, '', ''),
  select_by_pk: pattern(read, '', 'by_pk'),
  select_aggregate: pattern(read, '', 'aggregate'),
  select_connection: pattern(read, '', 'connection'),
  select_stream: pattern(['subscription'], '', 'stream'),
  select_changes: pattern(['subscription'], '', 'changes'),
  insert: pattern(write, 'insert', ''),
  insert_one: pattern(write, 'insert', 'one'),
  update: pattern(write, 'update', ''),
  update_by_pk: pattern(write, 'update', 'by_pk'),
  update_many: pattern(write, 'update', 'many'),
  delete: pattern(write, 'delete', ''),
  delete_by_pk: pattern(write, 'delete', 'by_pk'),
} as const satisfies Record<RootFieldKind, RootPattern>;

export const rootKinds = Object.keys(rootPatterns) as readonly RootFieldKind[];

/** The suffix of a root field's name, after the name of the table. */
export function rootEnding(naming: Naming, kind: RootFieldKind): string {
  const { ending } = rootPatterns[kind];
  if (ending === '') return '';
  return naming === 'hasura-default' ? `_${ending}` : pascalCase(ending);
}

/** A verb or prefix joined with a name: `insert_orders`, `insertOrders`. */
export function joinNames(naming: Naming, before: string, name: string): string {
  if (before === '') return name;
  if (naming === 'hasura-default') return `${before}_${name}`;
  return before + capitalise(name);
}

const camelWords = new Map<string, string>();

/**
 * A word of the API (an argument, an aggregate field, ...) in a naming convention. Operators start with `_` and are
 * the same in both.
 */
export function word(naming: Naming, snake: string): string {
  if (naming === 'hasura-default' || snake.startsWith('_')) return snake;
  let camel = camelWords.get(snake);
  if (camel === undefined) {
    camel = camelCase(snake);
    camelWords.set(snake, camel);
  }
  return camel;
}
