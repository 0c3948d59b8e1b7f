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
import type {
  Capabilities,
  ConflictReport,
  Direction,
  Fetch,
  Labels,
  OnConflict,
  Param,
  Savepoint,
  Slot,
  TextOf,
} from '../plan/index.ts';
import type { Sql } from './sql.ts';

/**
 * The SQL spelling of one engine. Pure, no connection. `ansi.ts` holds the members that engines share; an engine's folder adds what differs.
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
  /** The expression to select so that `textOf` can write the wire value. Most types: the expression itself. */
  flat(expression: Sql, type: ValueType): Sql;
  /**
   * Returns the function that converts wire values of the type (never null) to canonical text; `undefined`: `String(value)` is that text.
   * `numbers`: whether bigint and numeric are strings or numbers in JSON, which matters for arrays (the text of the whole list) and for NaN
   * (always a string); default: `string`.
   */
  textOf(type: ValueType, numbers?: 'string' | 'number'): TextOf | undefined;
  /** Text (or an array of texts) of an enum column with some labels renamed; default: CASE over the expression itself. */
  labelled?(expression: Sql, type: ValueType, labels: Labels): Sql;

  // Values in.
  /** One bound value of `param.type` (shape `value`), cast as the engine needs it. */
  bind(param: Param): Sql;
  /**
   * Many sets of parameters as a row source for FROM, aliased `alias`: a row per set with the columns `p0`, `p1`, ..., each of its own
   * type, and `i` (its index from 0). `slots` are the placeholders of one set; those of the result gather the values of all sets. Only
   * where `Capabilities.parameterSets` is true.
   */
  parameterSets?(slots: readonly (Slot & { readonly cast: Sql })[], alias: Sql): Sql;
  /** Converts a canonical value (not null) to the value that the driver binds. */
  encode(value: unknown, type: ValueType): unknown;

  // Conditions.
  /** A column operator. `expression` has `type`; `param` has the shape `value` or `list` of the operator. Not called for `_in` and `_nin`. */
  compare(
    expression: Sql,
    type: ValueType,
    operator: Exclude<Operator, '_is_null' | '_between' | '_in' | '_nin'>,
    param: Param,
  ): Sql;
  /** `expression in (list)`; false for an empty list. */
  inList(expression: Sql, type: ValueType, param: Param): Sql;
  /**
   * The tuple is among the keys (param of shape `keys`), compared by `param.compare`; false for no keys. Must be able to use an index on
   * the columns.
   */
  inKeys(expressions: readonly Sql[], param: Param): Sql;
  /**
   * A parameter of shape `keys` or `ranks` as a row source for FROM, aliased `alias`, with columns `i` (index from 0), `k0`, `k1`, ...
   * and for ranks `r`.
   */
  keyRows(param: Param, alias: Sql): Sql;
  /**
   * Images of changed rows as a row source for FROM, aliased `alias`, with the columns of the table, each with the type and the
   * collation of its own; `index`: the position of an image among them, from 0. `undefined`: the engine reports no changed rows.
   */
  imageRows?(images: ImageRows, alias: Sql): { readonly rows: Sql; readonly index: Sql };
  /** As `placeOf`, for a column of `imageRows` in range comparisons, where it lacks the order of the table's column. */
  imagePlace?(column: Sql, type: ValueType): Sql;
  /** A column equals a key column of `keyRows`, or an element of its parameter, by `compare`. Must be able to use an index. */
  keyEquals(column: Sql, type: ValueType, key: Sql, compare: KeyComparison): Sql;
  /**
   * The condition that compares two columns; absent or `null`: `left operator right`. It can use an index on `left`. PostgreSQL compares texts of
   * two collations only where one of them is named.
   */
  compareColumns?(left: TypedColumn, operator: Sql, right: TypedColumn): Sql | null;
  /**
   * A column in a form in which values are equal exactly where `compare` takes them for equal, with the type for `codec`; `null`: the column
   * itself has this form.
   */
  keyText(column: Sql, type: ValueType, compare: KeyComparison): { expression: Sql; type: ValueType } | null;
  /** See Connector.canHold. */
  canHold(value: unknown, type: ValueType): boolean;

  /** How the engine builds JSON of nested rows; only where `Capabilities.nesting` is `json`. */
  readonly json?: JsonBuilding;
  /** Value at a path of object keys and array indexes inside a JSON column; NULL where absent. */
  jsonPath(expression: Sql, type: ValueType, path: readonly string[]): Sql;

  // Clauses.
  order(expression: Sql, direction: Direction, nullable: boolean): Sql;
  /**
   * The expression by which a column is sorted, grouped and compared with other columns, where equal values may be stored in several
   * forms; absent or `null`: the column itself. `beside`: the type of the column that it is compared with.
   */
  shownAs?(column: Sql, type: ValueType, beside?: ValueType): Sql | null;
  /**
   * Equality of the columns of a relationship within the source, where they store equal values in different forms; absent or `null`: the
   * database's `=`. Such a relationship may find several rows by a unique key.
   */
  joinEquals?(to: TypedColumn, from: TypedColumn): Sql | null;
  /** As `keyEquals` for keys of the same source; absent or `null`: the database's `=`. */
  ownKeyEquals?(column: Sql, type: ValueType, key: Sql): Sql | null;
  /**
   * The expression by which a column is sorted and compared inside a CASE; default: the column itself. MySQL sorts an enum by the position
   * of its label only where the column stands alone. In a CASE it would sort by the text, so the position (`status + 0`) is used.
   */
  placeOf?(column: Sql, type: ValueType): Sql;
  limit(limit: Sql | null, offset: Sql | null): Sql;
  /** A bound row count inside `limit`; default: `bind`. */
  bindCount?(param: Param): Sql;
  /**
   * The term by which rows without an order are sorted, on engines that take a limit and a row number only beside an ORDER BY; default: there
   * is no ORDER BY then.
   */
  readonly anyOrder?: Sql;
  /** `(a, b) = (select c, d ...)` is available; default: yes. Without it a derived table may refer to tables outside of its sub-select. */
  readonly tuples?: boolean;
  /** LATERAL (or CROSS APPLY) is available: a derived table may refer to tables to its left. */
  readonly lateral: boolean;
  /**
   * A key of GROUP BY as a term of ORDER BY; default: the key itself. SQLite assumes that rows of a sorted sub-select are sorted by the key
   * in any direction, and does not sort the groups. `+key` is not a column for its planner, so it sorts them.
   */
  groupKeyInOrder?(key: Sql): Sql;
  /** The end of a sub-select of EXISTS in the conditions of a select with OFFSET, ` limit 1` on SQLite; default: nothing. */
  readonly existsBeforeOffset?: Sql;
  /** How a limit per parent is compiled without LATERAL. `true`: a UNION ALL of limited selects. `false`: a window function. */
  readonly limitedUnion: boolean;

  // Aggregates.
  /** The function that counts in 64 bits; default: `count`. */
  readonly count?: Sql;
  /**
   * The argument of an aggregate and a key of GROUP BY may contain a sub-select, as the condition of a mask does; default: yes. Without it
   * these expressions are computed beside the row, by CROSS APPLY.
   */
  readonly queriesInAggregates?: boolean;
  /** `type` is that of the column. The result must have the type that `aggregateType` in catalog/operators.ts returns. */
  aggregate(fn: AggregateFunction, expression: Sql, type: ValueType): Sql;
  /** `types`: those of the columns. */
  countDistinct(expressions: readonly Sql[], types: readonly ValueType[]): Sql;
  bucket(bucket: Bucket, expression: Sql, type: ValueType): Sql;

  // Writes.
  /**
   * Rows of a table inside a condition of an update or a delete that changes the same table; default: the table itself. MySQL refuses to
   * read `orders` in `delete from orders where exists (select ... from orders)`, but reads a copy: `(select * from orders limit ...)`.
   */
  readonly rowsBesideWrite?: (table: Table) => Sql;
  /** After `insert` or `update`: a conflict fails the statement, whatever the constraints of the table say (Table.resolvesConflicts). */
  readonly abortsOnConflict?: Sql;
  /** `INSERT` tail for upserts. */
  onConflict(conflict: OnConflict, table: Table, where: Sql | null, presets?: readonly Sql[]): Sql;
  /** The cell in a row of VALUES for a column without a value; default: `default`. */
  defaultCell?(column: Column): Sql;
  /** In RETURNING of an upsert: 1 where it changed a row, 0 where the row is new (Capabilities.upsertReportsChanged). */
  readonly changedRow?: Sql;
  /** `INSERT` tail that leaves a conflicting row alone and reports its columns (Capabilities.insertReportsConflict). */
  reportConflict?(report: ConflictReport, table: Table): Sql;
  /** The value of a column that `reportConflict` has reported. */
  reportedColumn?(column: Column): Sql;
  jsonWrite(
    kind: 'append' | 'prepend' | 'delete_key' | 'delete_elem' | 'delete_at_path',
    expression: Sql,
    type: ValueType,
    param: Param,
  ): Sql;
  /** This engine's form of `default values` (in `insert into t default values`). */
  readonly defaultValues: Sql;
  /** How writes are spelled on engines without RETURNING and ON CONFLICT; default: by these two, and the members above. */
  readonly writes?: WriteSpelling;
  /** Default: `savepoint`, `rollback to savepoint` and `release savepoint`. */
  readonly savepoint?: Savepoint;
}

/** The text of whole writes. */
export interface WriteSpelling {
  /** The column at a position of `WrittenRows.columns`, as the list of what is returned refers to it. */
  returned(column: Column, at: number): Sql;
  /** A value that is written into the column. */
  value(column: Column, expression: Sql): Sql;
  insert(parts: InsertParts): Sql;
  update(parts: WrittenRows & { readonly set: Sql; readonly where: Sql }): Sql;
  delete(parts: WrittenRows & { readonly where: Sql }): Sql;
}

/** The rows that a write returns. */
export interface WrittenRows {
  readonly table: Table;
  readonly columns: readonly Column[];
  /** The selected expressions; empty: nothing is returned. */
  readonly list: Sql;
}

/** An insert, or an upsert, of the rows of one statement. */
export interface InsertParts extends WrittenRows {
  readonly into: readonly Column[];
  /** A cell for each column of `into`; `null`: the database decides the value. */
  readonly rows: readonly (readonly (Sql | null)[])[];
  readonly conflict: ConflictParts | null;
  /** The list has `changedRow`, too. */
  readonly reportsChanged: boolean;
}

export interface ConflictParts extends OnConflict {
  /** The condition on the existing row. */
  readonly condition: Sql | null;
  /** `column = value`, written into the existing row besides. */
  readonly assignments: readonly Sql[];
}

/** The images of rows of a table: see `Fetch`. */
export type ImageRows = Pick<Extract<Fetch, { kind: 'images' }>, 'table' | 'columns' | 'images'>;

/** A column in a statement with its type. */
export interface TypedColumn {
  readonly expression: Sql;
  readonly type: ValueType;
}

/** How an engine builds the JSON text of nested rows inside a statement. */
export interface JsonBuilding {
  /** A value as a member of an object. Its text must equal the text that the row writer makes of `flat`. */
  value(expression: Sql, type: ValueType, numbers: 'string' | 'number'): Sql;
  /** One object from key/value pairs; the values went through `value`, or are objects and arrays. */
  object(entries: readonly { readonly key: string; readonly value: Sql }[]): Sql;
  /** A scalar sub-select: JSON text of all rows of `rows` (a parenthesised sub-select with one column `j`, in order), `'[]'` for none. */
  array(rows: Sql): Sql;
  /** Finished JSON as text for the wire; default: it is already text. */
  text?(expression: Sql): Sql;
}

/** A dialect of an engine with `Capabilities.nesting` = `json`. */
export type NestingDialect = Dialect & { readonly json: JsonBuilding };

/** Per scalar, the differences from the default codec of an engine. */
export interface ScalarSpelling {
  readonly flat?: (expression: Sql) => Sql;
  readonly json?: (expression: Sql) => Sql;
  readonly text?: TextOf;
  readonly encode?: (value: unknown) => unknown;
}
export type ScalarSpellings = Readonly<Partial<Record<Scalar, ScalarSpelling>>>;
