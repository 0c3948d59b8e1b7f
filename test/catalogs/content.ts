/** The type of a column's values, which determines their literals on each engine. */
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
 * A value in the canonical form of answers: integers beyond 2^53 and decimals as strings of digits, bytes as base64, timestamps as
 * `2024-02-29T23:59:59`, instants with `+00:00`, JSON as text.
 */
export type Value = string | number | boolean | null;

/** The rows of one table, the same in every engine. */
export interface TableRows {
  readonly table: string;
  readonly columns: Readonly<Record<string, Kind>>;
  /** The column with generated values. */
  readonly counted: string | null;
  readonly rows: readonly (readonly Value[])[];
}

/** Rows of a table whose `id` the database can generate. */
export function counted(table: string, columns: Record<string, Kind>, rows: Value[][]): TableRows {
  return { table, columns: { id: 'integer', ...columns }, counted: 'id', rows };
}

/** Rows of a table without generated values. */
export function plain(table: string, columns: Record<string, Kind>, rows: Value[][]): TableRows {
  return { table, columns, counted: null, rows };
}
