import type { Column, Table } from '../catalog/index.ts';
import { FozError, type SourceName } from '../core/index.ts';

/** The place of a name, as far as the database tells it. */
interface Place {
  readonly table?: string | undefined;
  readonly namespace?: string | undefined;
}

/** Whether the caller knows of what a database or an error names. */
export interface Sees {
  table(place: Place): boolean;
  column(name: string, place: Place): boolean;
  /** Not one over columns that the caller does not know of, nor one that is called after them. */
  constraint(name: string, place: Place): boolean;
  source(name: string): boolean;
}

/** What there is in a part of the catalog, for somebody who knows of nothing else. */
export function tablesSeen(sources: ReadonlyMap<SourceName, { readonly tables: readonly Table[] }>): Sees {
  let known: ReadonlyMap<string, readonly Names[]> | undefined;
  const namesOf = (table: string, namespace?: string): readonly Names[] => {
    known ??= namesByTable(sources.values());
    return known.get(namespace === undefined ? table : JSON.stringify([namespace, table])) ?? [];
  };
  /** Where the database does not tell the table, it may be any of them. */
  const at = ({ table, namespace }: Place): readonly Names[] =>
    table === undefined
      ? [...sources.values()].flatMap(({ tables }) => tables.flatMap(({ name }) => namesOf(name)))
      : namesOf(table, namespace);
  return {
    table: ({ table, namespace }) => table === undefined || namesOf(table, namespace).length > 0,
    column: (name, place) => at(place).some(({ columns }) => columns.has(name)),
    constraint: (name, place) =>
      !at(place).some(({ keys, hidden }) => keys.has(name) || hidden.some((column) => isIn(name, column))),
    source: (name) => sources.has(name as SourceName),
  };
}

/** Names of one table: columns that are known, columns that are not, and keys over any of the latter. */
interface Names {
  readonly columns: ReadonlySet<string>;
  readonly hidden: readonly string[];
  readonly keys: ReadonlySet<string>;
}

function namesByTable(sources: Iterable<{ readonly tables: readonly Table[] }>): Map<string, Names[]> {
  const found = new Map<string, Names[]>();
  for (const { tables } of sources)
    for (const table of tables) {
      const names = namesIn(table);
      for (const key of [table.name, JSON.stringify([table.namespace, table.name])])
        found.set(key, [...(found.get(key) ?? []), names]);
    }
  return found;
}

function namesIn({ columns: own, access, keys }: Table): Names {
  const written = access === null ? [] : [...access.insertColumns, ...access.updateColumns];
  const columns = new Set([...own, ...written].map(({ name }) => name));
  const isHidden = ({ name }: Column) => !columns.has(name);
  return {
    columns,
    hidden: (access?.whole.columns ?? own).filter(isHidden).map(({ name }) => name),
    keys: new Set(keys.filter((key) => key.columns.some(isHidden)).map(({ name }) => name)),
  };
}

/** `orders_secret_check` holds `secret`. */
function isIn(constraint: string, column: string): boolean {
  const parts = (name: string) => `_${name.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '_')}_`;
  return parts(constraint).includes(parts(column));
}

/** An error as it may be told: without names of tables, columns, constraints and sources that the caller does not know of. */
export function concealed(error: FozError, sees: Sees | undefined): FozError {
  if (sees === undefined || error.details === undefined || namesOnly(error.details, sees)) return error;
  const { table: _, namespace: __, column: ___, columns: ____, constraint: _____, ...rest } = error.details;
  const about = { path: error.path, internal: error.internal, cause: error };
  if (error.code === 'constraint-violation')
    return new FozError(error.code, 'The write would break a constraint of the database.', about);
  if (typeof rest.source === 'string' && !sees.source(rest.source))
    return new FozError(error.code, 'A source that a rule of this role looks into cannot answer now.', about);
  return new FozError(error.code, error.message, { ...about, details: rest });
}

/** Whether all that the details name is known. */
function namesOnly(details: NonNullable<FozError['details']>, sees: Sees): boolean {
  const { column, columns = [], constraint, source } = details;
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  const place = { table: text(details.table), namespace: text(details.namespace) };
  const named = [column, ...(columns as readonly unknown[])].filter((name) => typeof name === 'string');
  return (
    sees.table(place) &&
    named.every((name) => sees.column(name, place)) &&
    (typeof constraint !== 'string' || sees.constraint(constraint, place)) &&
    (typeof source !== 'string' || sees.source(source))
  );
}
