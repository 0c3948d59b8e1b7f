/** A row of a query about the catalog. Most begin with namespace and table. */
export type Row = readonly (string | number | null)[];

/** The key of a table. */
export const identity = (namespace: unknown, table: unknown) => `${namespace}\0${table}`;
export const textOr = (value: string | number | null | undefined): string | null =>
  value === null || value === undefined || value === '' ? null : String(value);
export const numberOr = (value: string | number | null | undefined): number | null =>
  value === null || value === undefined ? null : Number(value);

/** Neighbouring rows of one table and one name. */
export function* grouped<T>(rows: readonly Row[], tables: ReadonlyMap<string, T>) {
  let start = 0;
  for (let at = 1; at <= rows.length; at++) {
    const [first, row] = [rows[start]!, rows[at]];
    if (row !== undefined && row[0] === first[0] && row[1] === first[1] && row[2] === first[2]) continue;
    const table = tables.get(identity(first[0], first[1]));
    if (table !== undefined) yield { table, name: String(first[2]), rows: rows.slice(start, at) };
    start = at;
  }
}
