import {
  type Catalog,
  type Customization,
  type KeptNames,
  keptTableId,
  type Table,
} from '../../catalog/index.ts';

/**
 * The kept names of a source's tables and relationships. Tables are identified as `orders`, or `sales.orders`
 * outside of the default namespace.
 */
export interface SourceNames {
  /** The customization under which the names were generated, as JSON. When it changes, they are generated again. */
  readonly customization: string;
  readonly tables: Readonly<Record<string, string>>;
  /** By table and name: the foreign key of the relationship. */
  readonly relationships: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** The kept names of all sources, by source. */
export type NameBook = Readonly<Record<string, SourceNames>>;

/** A source with kept names. */
export interface NamedSource {
  readonly name: string;
  readonly customization: Customization;
}

/** The kept names of a book. */
export function keptNamesOf(book: NameBook, sources: readonly NamedSource[]): KeptNames {
  const tables = new Map(
    sources.map((source) => [source.name, new Map(Object.entries(tablesOf(book, source)))]),
  );
  return {
    table: (table) =>
      table.customName === null ? (tables.get(table.source.name)?.get(keptTableId(table)) ?? null) : null,
    relationships: (table) =>
      new Map(Object.entries(own(own(book, table.source.name)?.relationships, keptTableId(table)) ?? {})),
  };
}

/** Names of tables that are absent now but may come back, from the sources that exist. */
export function reservedNamesOf(
  book: NameBook,
  sources: readonly NamedSource[],
  { sources: there }: Pick<Catalog, 'sources'>,
): { readonly source: string; readonly name: string; readonly place: string }[] {
  return sources.flatMap((source) => {
    const found = [...there.values()].find(({ name }) => name === source.name);
    const places = new Set(found?.tables.map(keptTableId));
    return Object.entries(tablesOf(book, source))
      .filter(([place]) => !places.has(place))
      .map(([place, name]) => ({ source: source.name, name, place }));
  });
}

/**
 * The book with the names of a catalog added that it lacks; `null`: it lacks none. Names in the book stay, with one
 * exception: the name of a table whose source was removed goes to the table that has it now.
 */
export function withNewNames(
  book: NameBook,
  { sources: there }: Pick<Catalog, 'sources'>,
  sources: readonly NamedSource[],
  nameOf: (table: Table) => string,
): NameBook | null {
  const changed = new Map<string, SourceNames>();
  const removed = Object.keys(book).filter((name) => !sources.some((source) => source.name === name));
  for (const source of there.values()) {
    const now = withNewNamesOf(book, source, source.tables, nameOf);
    if (now === null) continue;
    changed.set(source.name, now);
    const taken = new Set(Object.values(now.tables));
    for (const name of removed) {
      const without = withoutNames(changed.get(name) ?? book[name]!, taken, now.customization);
      if (without !== null) changed.set(name, without);
    }
  }
  return changed.size === 0 ? null : { ...book, ...Object.fromEntries(changed) };
}

/** Whether all tables and relationships of a catalog have the names in the book. */
export function matchesBook(
  book: NameBook,
  { sources }: Pick<Catalog, 'sources'>,
  nameOf: (table: Table) => string,
): boolean {
  return [...sources.values()].every((source) => {
    const tables = tablesOf(book, source);
    return source.tables.every((table) => {
      const place = keptTableId(table);
      const known = own(own(book, source.name)?.relationships, place);
      return (
        (table.customName !== null || own(tables, place) === nameOf(table)) &&
        table.relationships.every(
          ({ name, foreignKey }) => foreignKey === null || own(known, name) === foreignKey,
        )
      );
    });
  });
}

/** The book without the names of a source or of one of its tables, so that they are generated again; `null`: it has none. */
export function forgetNames(book: NameBook, source: string, place: string | null): NameBook | null {
  const { [source]: names, ...others } = book;
  if (names === undefined) return null;
  if (place === null) return others;
  const { [place]: table, ...tables } = names.tables;
  const { [place]: found, ...relationships } = names.relationships;
  return table === undefined && found === undefined
    ? null
    : { ...others, [source]: { ...names, tables, relationships } };
}

function withNewNamesOf(
  book: NameBook,
  source: NamedSource,
  there: readonly Table[],
  nameOf: (table: Table) => string,
): SourceNames | null {
  const customization = spelled(source.customization);
  const before = own(book, source.name);
  const tables: Record<string, string> = { ...tablesOf(book, source) };
  const relationships: Record<string, Readonly<Record<string, string>>> = { ...before?.relationships };
  let isNew = before !== undefined && before.customization !== customization;
  for (const table of there) {
    const place = keptTableId(table);
    if (table.customName === null && own(tables, place) === undefined) {
      put(tables, place, nameOf(table));
      isNew = true;
    }
    const known = own(relationships, place) ?? {};
    const keys = new Set(Object.values(known));
    const found = table.relationships.filter(
      ({ name, foreignKey }) => foreignKey !== null && !keys.has(foreignKey) && !Object.hasOwn(known, name),
    );
    if (found.length === 0) continue;
    const added = Object.fromEntries(found.map(({ name, foreignKey }) => [name, foreignKey!]));
    put(relationships, place, { ...known, ...added });
    isNew = true;
  }
  return isNew ? { customization, tables, relationships } : null;
}

function withoutNames(
  { tables, ...names }: SourceNames,
  taken: ReadonlySet<string>,
  customization: string,
): SourceNames | null {
  const left = Object.entries(tables).filter(([, name]) => !taken.has(name));
  if (names.customization !== customization || left.length === Object.keys(tables).length) return null;
  return { ...names, tables: Object.fromEntries(left) };
}

/** The kept names of a source's tables. Names from another customization do not count. */
function tablesOf(book: NameBook, { name, customization }: NamedSource): SourceNames['tables'] {
  const names = own(book, name);
  return names?.customization === spelled(customization) ? names.tables : {};
}

function spelled({ rootFields, typeNames }: Customization): string {
  const { namespace = '', prefix = '', suffix = '' } = rootFields;
  const parts = [namespace, prefix, suffix, typeNames.prefix ?? '', typeNames.suffix ?? ''];
  return parts.every((part) => part === '') ? '' : JSON.stringify(parts);
}

/** An own property: database names may be those of members of `Object.prototype`. */
function own<T>(values: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return values !== undefined && Object.hasOwn(values, name) ? values[name] : undefined;
}

function put<T>(values: Record<string, T>, name: string, value: T): void {
  Object.defineProperty(values, name, { value, enumerable: true, configurable: true, writable: true });
}
