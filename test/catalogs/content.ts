/** What a column of the content holds; says how its values are spelled in each engine. */
export type Kind =
  | 'boolean'
  | 'integer'
  | 'decimal'
  | 'float'
  | 'text'
  | 'enum'
  | 'uuid'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'timestamptz'
  | 'json'
  | 'bytes';

/**
 * A value in the canonical form that answers use: whole numbers beyond 2^53 and decimals as digits in a string, bytes as
 * base64, `2024-02-29T23:59:59`, instants with `+00:00`, JSON as its text.
 */
export type Value = string | number | boolean | null;

/** The rows of one table, the same in every engine. */
export interface TableRows {
  readonly table: string;
  readonly columns: Readonly<Record<string, Kind>>;
  /** The column whose values the database counts up when it is not given. */
  readonly counted: string | null;
  readonly rows: readonly (readonly Value[])[];
}

/** Table rows whose `id` may be left to the database. */
export function counted(table: string, columns: Record<string, Kind>, rows: Value[][]): TableRows {
  return { table, columns: { id: 'integer', ...columns }, counted: 'id', rows };
}

/** Table rows that say all values themselves. */
export function plain(table: string, columns: Record<string, Kind>, rows: Value[][]): TableRows {
  return { table, columns, counted: null, rows };
}
