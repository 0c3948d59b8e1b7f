import type { GraphQLObjectType } from 'graphql';
import type {
  AggregateFunction,
  Column,
  Key,
  Operator,
  Relationship,
  RootFieldKind,
  Table,
} from '../catalog/index.ts';
import type { SourceName } from '../core/index.ts';
import type { ServiceTarget } from './services/target.ts';

/**
 * The meaning of a field, input field or argument. Everything that Foz generates carries its meaning in
 * `extensions.foz`, so that the planner never parses a GraphQL name. An enum value carries its meaning as internal
 * value:
 * - `<table>_select_column`, `_update_column`: a `Column`
 * - `<table>_constraint`: a `Key`
 * - `order_by`: a `Direction` ({ descending, nulls })
 * - `cursor_ordering`: `'asc' | 'desc'`
 * - `change_op`: `'insert' | 'update' | 'delete'`
 * - enum columns: the stored text
 */
export type FieldMeaning =
  | { readonly kind: 'root'; readonly root: RootFieldKind; readonly table: Table; readonly key: Key | null }
  /** The object that `customization.root_fields.namespace` wraps around a source's root fields. */
  | { readonly kind: 'namespace'; readonly source: SourceName }
  /** A root field that is not that of a table. */
  | { readonly kind: 'service'; readonly target: ServiceTarget }
  | { readonly kind: 'column'; readonly column: Column }
  /** The global id of a row: `mark` identifies the table, the columns identify the row. */
  | { readonly kind: 'node_id'; readonly mark: string; readonly columns: readonly Column[] }
  /** A field of the interface `Node`. Its meaning is that of the field of the same name in the row types. */
  | { readonly kind: 'interface' }
  /** The root field that finds a row by its global id. */
  | { readonly kind: 'node root'; readonly find: (mark: string) => NodeTarget | undefined }
  | { readonly kind: 'relationship'; readonly relationship: Relationship }
  | { readonly kind: 'relationship aggregate'; readonly relationship: Relationship }
  /** Fields of `<table>_aggregate` and of one group. */
  | { readonly kind: 'aggregate' | 'nodes' | 'group_by' | 'group_key' | 'count' }
  | { readonly kind: 'function'; readonly fn: AggregateFunction }
  /** Fields of `<table>_mutation_response`. */
  | { readonly kind: 'affected_rows' | 'returning' }
  /** Fields of a Relay connection, an edge and PageInfo. */
  | { readonly kind: 'edges' | 'node' | 'cursor' | 'page_info' | 'total_count' }
  /** Fields of `<table>_change`. `old` and `new` are the row before and after the change. */
  | { readonly kind: 'op' | 'old' | 'new' | 'at' | 'change_source' | 'position' | 'transaction' }
  | { readonly kind: 'has_next_page' | 'has_previous_page' | 'start_cursor' | 'end_cursor' };

/** A table whose rows have global ids, the columns that the ids consist of, and the type of the rows. */
export interface NodeTarget {
  readonly table: Table;
  readonly columns: readonly Column[];
  readonly type: GraphQLObjectType;
}

export type InputMeaning =
  /**
   * Fields of `<table>_bool_exp`. Over a single row, `_some` and `_every` are the condition itself and `_none` is
   * its negation.
   */
  | { readonly kind: 'and' | 'or' | 'not' | 'some' | 'every' | 'none' }
  | { readonly kind: 'column'; readonly column: Column }
  | { readonly kind: 'relationship'; readonly relationship: Relationship }
  | { readonly kind: 'relationship aggregate'; readonly relationship: Relationship }
  /** Fields of `<scalar>_comparison_exp`. */
  | { readonly kind: 'operator'; readonly operator: Operator }
  /**
   * Fields of `<table>_aggregate_bool_exp` and its `count`, of `<table>_aggregate_order_by`, and of `having` and
   * `order_by` of group_by.
   */
  | {
      readonly kind:
        | 'count'
        | 'predicate'
        | 'filter'
        | 'distinct'
        | 'arguments'
        | 'key'
        | 'bucket'
        | 'group_key';
    }
  | { readonly kind: 'function'; readonly fn: AggregateFunction }
  /** Fields of relationship insert inputs, `<table>_on_conflict`, `<table>_updates`, stream cursors. */
  | {
      readonly kind:
        | 'data'
        | 'on_conflict'
        | 'constraint'
        | 'update_columns'
        | 'where'
        | 'initial_value'
        | 'ordering';
    }
  | { readonly kind: 'update'; readonly update: UpdateKind };

/** `_set _inc _mul _append _prepend _delete_key _delete_elem _delete_at_path` */
export type UpdateKind =
  | 'set'
  | 'inc'
  | 'mul'
  | 'append'
  | 'prepend'
  | 'delete_key'
  | 'delete_elem'
  | 'delete_at_path';

/** Arguments of fields, independent of their spelling in a naming convention. */
export type ArgumentMeaning =
  | {
      readonly kind:
        | 'where'
        | 'order_by'
        | 'limit'
        | 'offset'
        | 'distinct_on'
        | 'path'
        | 'columns'
        | 'distinct'
        | 'first'
        | 'last'
        | 'after'
        | 'before'
        | 'keys'
        | 'having'
        | 'objects'
        | 'object'
        | 'on_conflict'
        | 'pk_columns'
        | 'updates'
        | 'if_match'
        | 'batch_size'
        | 'ops'
        | 'cursor'
        | 'node_id';
    }
  /** `orders_by_pk(id:)`, `delete_orders_by_pk(id:)`. */
  | { readonly kind: 'key column'; readonly column: Column }
  /** `_set`, `_inc`, ... of `update_orders`. */
  | { readonly kind: 'update'; readonly update: UpdateKind };

type Carrier = { readonly extensions: Readonly<Record<string, unknown>> };

/** The meaning of an output field; `undefined` for fields that Foz did not generate (introspection). */
export function fieldMeaning(field: Carrier): FieldMeaning | undefined {
  return field.extensions.foz as FieldMeaning | undefined;
}
/** The meaning of an input object's field. Every one has a meaning. */
export function inputMeaning(field: Carrier): InputMeaning {
  return field.extensions.foz as InputMeaning;
}
/** The meaning of an argument. Every one has a meaning. */
export function argumentMeaning(argument: Carrier): ArgumentMeaning {
  return argument.extensions.foz as ArgumentMeaning;
}
