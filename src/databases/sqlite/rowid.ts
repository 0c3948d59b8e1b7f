/** A name of the rowid that no column has; `undefined`: columns have all of its names. */
export function rowidName(columns: readonly { readonly name: string }[]): string | undefined {
  const taken = new Set(columns.map(({ name }) => name.toLowerCase()));
  return ['rowid', '_rowid_', 'oid'].find((name) => !taken.has(name));
}
