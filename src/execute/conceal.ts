import type { Column, Table } from '../catalog/index.ts';
import { FozError, type SourceName } from '../core/index.ts';

/** The table of a name, as far as the database reports it. */
interface Place {
  readonly table?: string | undefined;
  readonly namespace?: string | undefined;
}

/** Which names of the database the caller may see in errors. */
export interface VisibleNames {
  table(place: Place): boolean;
  column(name: string, place: Place): boolean;
  /** False for a constraint over a hidden column, and for one whose name contains the name of a hidden column. */
  constraint(name: string, place: Place): boolean;
  source(name: string): boolean;
}

/** The visible names of a caller who sees only this part of the catalog. */
export function tablesSeen(
  sources: ReadonlyMap<SourceName, { readonly tables: readonly Table[] }>,
): VisibleNames {
  let known: ReadonlyMap<string, readonly Names[]> | undefined;
  const namesOf = (table: string, namespace?: string): readonly Names[] => {
    known ??= namesByTable(sources.values());
    return known.get(namespace === undefined ? table : JSON.stringify([namespace, table])) ?? [];
  };
  /** The tables that a name may belong to. All of them, where the database does not report the table. */
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

/** Names of one table: visible columns, hidden columns, and keys over a hidden column. */
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

/** Whether the name of a constraint contains the name of a column: `orders_secret_check` contains `secret`. */
function isIn(constraint: string, column: string): boolean {
  const parts = (name: string) => `_${name.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '_')}_`;
  return parts(constraint).includes(parts(column));
}

/** The error without names of tables, columns, constraints and sources that the caller may not see. */
export function concealed(error: FozError, sees: VisibleNames | undefined): FozError {
  if (sees === undefined || error.details === undefined || namesOnly(error.details, sees)) return error;
  const { table: _, namespace: __, column: ___, columns: ____, constraint: _____, ...rest } = error.details;
  const about = { path: error.path, internal: error.internal, cause: error };
  if (error.code === 'constraint-violation')
    return new FozError(error.code, 'The write would break a constraint of the database.', about);
  if (typeof rest.source === 'string' && !sees.source(rest.source))
    return new FozError(error.code, 'A source that a rule of this role looks into cannot answer now.', about);
  return new FozError(error.code, error.message, { ...about, details: rest });
}

/** Whether the caller may see all names in the details. */
function namesOnly(details: NonNullable<FozError['details']>, sees: VisibleNames): boolean {
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
