import type { IntrospectOptions } from '../../plan/index.ts';

/** `*` stands for any text, `?` for one character; everything else for itself. */
function matcher(patterns: readonly string[]): (name: string) => boolean {
  const wanted = patterns.map((pattern) => {
    const source = pattern
      .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.');
    return new RegExp(`^${source}$`, 'su');
  });
  return (name) => wanted.some((one) => one.test(name));
}

/** Whether a table is asked for: by its namespace, and by its name alone or with the namespace before it. */
export function tableFilter({
  namespaces,
  tables,
}: IntrospectOptions): (namespace: string, table: string) => boolean {
  const wantedSpace = namespaces.include.length === 0 ? () => true : matcher(namespaces.include);
  const unwantedSpace = matcher(namespaces.exclude);
  const wantedTable = tables.include.length === 0 ? () => true : matcher(tables.include);
  const unwantedTable = matcher(tables.exclude);
  return (namespace, table) => {
    const full = `${namespace}.${table}`;
    return (
      wantedSpace(namespace) &&
      !unwantedSpace(namespace) &&
      (wantedTable(full) || wantedTable(table)) &&
      !unwantedTable(full) &&
      !unwantedTable(table)
    );
  };
}
