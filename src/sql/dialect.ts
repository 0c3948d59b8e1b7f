import type {
  AggregateFunction,
  Bucket,
  Column,
  KeyComparison,
  Operator,
  Scalar,
  Table,
  ValueType,
} from '../catalog/index.ts';
import type { Capabilities, Direction, Labels, OnConflict, Param, TextOf, Unless } from '../plan/index.ts';
import type { Sql } from './sql.ts';

/**
 * How one engine spells things: pure, no connection. `ansi.ts` holds the members that engines share; an engine's folder adds its
 * difference.
 */
export interface Dialect {
  readonly engine: string;
  readonly capabilities: Capabilities;

  /** `$1` or `?`. */
  placeholder(position: number): string;
  /** A quoted identifier. */
  name(text: string): Sql;
  /** A quoted, qualified table name. */
  table(table: Table): Sql;

  // Values out.
  /** What to select so that the wire value can be written by `textOf`. Most types: the expression itself. */
  flat(expression: Sql, type: ValueType): Sql;
  /**
   * Wire value (not null) to canonical text; `undefined`: `String(value)`. `numbers` tells how bigint and numeric stand in JSON
   * (in arrays of them, and for NaN); without it: `string`.
   */
  textOf(type: ValueType, numbers?: 'string' | 'number'): TextOf | undefined;
  /** Text (or an array of texts) of an enum column, with other names for some labels; absent: CASE over the expression itself. */
  labelled?(expression: Sql, type: ValueType, labels: Labels): Sql;

  // Values in.
  /** One bound value of `param.type` (shape `value`), cast as the engine needs it. */
  bind(param: Param): Sql;
  /** Canonical value (not null) to what the driver binds. */
  encode(value: unknown, type: ValueType): unknown;

  // Conditions.
  /** A column operator. `expression` has `type`; `param` has shape `value` or `list` as the operator asks. Never for `_in`, `_nin`. */
  compare(
    expression: Sql,
    type: ValueType,
    operator: Exclude<Operator, '_is_null' | '_between' | '_in' | '_nin'>,
    param: Param,
  ): Sql;
  /** `expression in (list)`; false for an empty list. */
  inList(expression: Sql, type: ValueType, param: Param): Sql;
  /**
   * The tuple is among the keys (param of shape `keys`), compared by `param.compare`; false for none. Must be able to use an index on the
   * columns.
   */
  inKeys(expressions: readonly Sql[], param: Param): Sql;
  /**
   * A parameter of shape `keys` or `ranks` as a row source for FROM, aliased `alias`, with columns `i` (index from 0), `k0`, `k1`, ...
   * and for ranks `r`.
   */
  keyRows(param: Param, alias: Sql): Sql;
  /** A column equals a key column of `keyRows`, or an element of its parameter, by `compare`. Must be able to use an index. */
  keyEquals(column: Sql, type: ValueType, key: Sql, compare: KeyComparison): Sql;
  /**
   * A column in a form whose distinct values are those that `compare` tells apart, with the type for `codec`; `null`: the column itself
   * has this form.
   */
  keyText(column: Sql, type: ValueType, compare: KeyComparison): { expression: Sql; type: ValueType } | null;
  /** See Connector.holds. */
  holds(value: unknown, type: ValueType): boolean;

  /** How nested rows become JSON; only where `Capabilities.nesting` is `json`. */
  readonly json?: JsonBuilding;
  /** Value at a path of object keys and array indexes inside a JSON column; NULL where absent. */
  jsonPath(expression: Sql, type: ValueType, path: readonly string[]): Sql;

  // Clauses.
  order(expression: Sql, direction: Direction, nullable: boolean): Sql;
  /**
   * The expression by which a column is sorted, grouped and compared with other columns, where equal values may be stored in several
   * forms; absent or `null`: the column itself.
   */
  shownAs?(column: Sql, type: ValueType): Sql | null;
  /**
   * What a column is sorted and compared by inside a CASE; absent: the column itself. MySQL sorts an enum by the position of its label
   * only where the column stands alone: in a CASE it would sort by the text, so that the number of the position (`status + 0`) is taken.
   */
  placeOf?(column: Sql, type: ValueType): Sql;
  limit(limit: Sql | null, offset: Sql | null): Sql;
  /** A bound row count inside `limit`, where `bind` would not do. */
  bindCount?(param: Param): Sql;
  /** LATERAL (or CROSS APPLY) is available, so that a derived table may refer to what stands left of it. */
  readonly lateral: boolean;
  /**
   * A key of GROUP BY as a term of ORDER BY; absent: the key itself. SQLite takes rows that come from a sorted sub-select for sorted by the
   * key in any direction; `+key` is no column to it, so that it sorts the groups.
   */
  groupKeyInOrder?(key: Sql): Sql;
  /** What ends the sub-select of EXISTS among the conditions of a select with OFFSET, as ` limit 1` on SQLite; absent: nothing. */
  readonly existsBeforeOffset?: Sql;
  /** Without LATERAL: a limit per parent is a UNION ALL of limited selects (fast where it works), else a window function. */
  readonly limitedUnion: boolean;

  // Aggregates.
  /** `type` is the column's; the answer must have the type that `aggregateType` in catalog/operators.ts tells. */
  aggregate(fn: AggregateFunction, expression: Sql, type: ValueType): Sql;
  countDistinct(expressions: readonly Sql[]): Sql;
  bucket(bucket: Bucket, expression: Sql, type: ValueType): Sql;

  // Writes.
  /**
   * Rows of a table inside a condition of an update or a delete that changes the same table; absent: the table itself. MySQL refuses to
   * read `orders` in `delete from orders where exists (select ... from orders)`, but reads a copy: `(select * from orders limit ...)`.
   */
  readonly rowsBesideWrite?: (table: Table) => Sql;
  /** `INSERT` tail for upserts. */
  onConflict(conflict: OnConflict, table: Table, where: Sql | null, presets?: readonly Sql[]): Sql;
  /** The cell in a row of VALUES for a column without a value; absent: `default`. */
  defaultCell?(column: Column): Sql;
  /** In RETURNING of an upsert: 1 where it changed a row, 0 where the row is new (Capabilities.upsertTells). */
  readonly changedRow?: Sql;
  /** `INSERT` tail that leaves a conflicting row alone and notes its columns (Capabilities.insertUnless). */
  unless?(unless: Unless, table: Table): Sql;
  /** The value of a column that `unless` has noted. */
  noted?(column: Column): Sql;
  jsonWrite(
    kind: 'append' | 'prepend' | 'delete_key' | 'delete_elem' | 'delete_at_path',
    expression: Sql,
    type: ValueType,
    param: Param,
  ): Sql;
  /** `insert into t default values` in this engine's words, after the table name. */
  readonly defaultValues: Sql;
}

/** How an engine builds the JSON text of nested rows inside a statement. */
export interface JsonBuilding {
  /** A value as a member of an object, so that its text equals what the writer makes of `flat`. */
  value(expression: Sql, type: ValueType, numbers: 'string' | 'number'): Sql;
  /** One object from key/value pairs; the values went through `value`, or are objects and arrays. */
  object(entries: readonly { readonly key: string; readonly value: Sql }[]): Sql;
  /** A scalar sub-select: JSON text of all rows of `rows` (a parenthesised sub-select with one column `j`, in order), `'[]'` for none. */
  array(rows: Sql): Sql;
  /** Finished JSON as text for the wire; absent: it is text already. */
  text?(expression: Sql): Sql;
}

/** A dialect of an engine with `Capabilities.nesting` = `json`. */
export type NestingDialect = Dialect & { readonly json: JsonBuilding };

/** Per scalar, what differs from the default codec of an engine. */
export interface ScalarSpelling {
  readonly flat?: (expression: Sql) => Sql;
  readonly json?: (expression: Sql) => Sql;
  readonly text?: TextOf;
  readonly encode?: (value: unknown) => unknown;
}
export type ScalarSpellings = Readonly<Partial<Record<Scalar, ScalarSpelling>>>;
