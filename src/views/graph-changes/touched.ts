import type { Catalog, Relationship, Source, Table } from '../../catalog/index.ts';
import type { SourceName } from '../../core/index.ts';
import type { ServedGraph } from '../served-graph.ts';

type Sources = Pick<Catalog, 'sources'>;

/**
 * Ids of the tables whose part of the graph may differ. Comparing texts of tables is cheap, comparing all types of a large graph is not.
 */
export function touchedTables(before: ServedGraph, after: ServedGraph): ReadonlySet<string> {
  const [was, is] = [contents(before), contents(after)];
  const touched = new Set<string>();
  for (const id of new Set([...was.keys(), ...is.keys()])) if (was.get(id) !== is.get(id)) touched.add(id);
  return touched;
}

/** The part of a catalog with some tables, and with those that they have relationships to. */
export function partOf(catalog: Sources, ids: ReadonlySet<string>): Sources {
  const wanted = new Set<Table>();
  for (const table of tablesOf(catalog)) {
    if (!ids.has(table.id)) continue;
    wanted.add(table);
    for (const { to } of table.relationships) wanted.add(to);
  }
  const made = new Map<Table, { readonly table: Table; readonly relationships: Relationship[] }>();
  const sources = new Map<SourceName, Source>();
  for (const whole of catalog.sources.values()) {
    const tables: Table[] = [];
    const source: Source = { ...whole, tables };
    for (const table of whole.tables) {
      if (!wanted.has(table)) continue;
      const relationships: Relationship[] = [];
      const part: Table = { ...table, source, relationships };
      tables.push(part);
      made.set(table, { table: part, relationships });
    }
    if (tables.length > 0) sources.set(source.name, source);
  }
  for (const [whole, { table: from, relationships }] of made)
    for (const relationship of whole.relationships) {
      const to = made.get(relationship.to)?.table;
      if (to !== undefined) relationships.push({ ...relationship, from, to });
    }
  return { sources };
}

export function tablesOf({ sources }: Sources): Table[] {
  return [...sources.values()].flatMap(({ tables }) => tables);
}

/** The table that a relationship leads to, and its columns. */
export function pathOf({ to, mapping }: Relationship): string {
  return `${to.id} (${mapping.map((pair) => `${pair.from.name} = ${pair.to.name}`).join(', ')})`;
}

/** A clash with another table may remove the connection or a custom root field of this one. */
function contents({ catalog, graph }: ServedGraph): Map<string, string> {
  // A clash with another table may remove the connection or a custom root field of this one.
  const clashes = new Map<string, string>();
  for (const { where, reason } of graph.clashes) clashes.set(where, `${clashes.get(where) ?? ''}${reason}`);
  const sources = new Map(
    [...catalog.sources.values()].map(({ tables: _, enums: __, ...source }) => [
      source.name,
      JSON.stringify({ ...source, can: graph.capabilities(source.name) }, setsAsLists),
    ]),
  );
  return new Map(
    tablesOf(catalog).map((table) => {
      const { source, column: _, columns, keys, relationships, comment: __, access: ___, ...own } = table;
      const content = {
        ...own,
        name: graph.tableName(table),
        primaryKey: null,
        columns: columns.map(({ comment: ____, ...column }) => column),
        keys: keys.map((key) => [key.name, key.primary, key.columns.map(({ name }) => name)]),
        relationships: relationships.map((one) => [
          one.name,
          one.kind,
          one.nullable,
          one.unique,
          pathOf(one),
        ]),
      };
      return [table.id, `${sources.get(source.name)} ${JSON.stringify(content)} ${clashes.get(table.id)}`];
    }),
  );
}

function setsAsLists(_: string, value: unknown): unknown {
  return value instanceof Set || value instanceof Map ? [...value] : value;
}
