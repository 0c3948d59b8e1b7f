import type { Catalog, Table } from '../../catalog/index.ts';
import { buildGraph } from '../../graph/index.ts';
import { type GraphParts, graphOf, type ServedGraph, servedGraph } from '../served-graph.ts';
import type { GraphChange } from './change.ts';
import { compareGraphs, sortedChanges } from './compare.ts';
import { partOf, pathOf, tablesOf, touchedTables } from './touched.ts';

/** A served catalog and the parts that it was resolved from. Its names and types are only built for comparisons. */
export interface Version {
  readonly catalog: Catalog;
  readonly parts: GraphParts;
}

interface Compared extends Version, ServedGraph {}

export function versionOf(parts: GraphParts): Version {
  return { catalog: servedGraph(parts).catalog, parts };
}

/**
 * The changes for clients between two versions. Only types of tables that have changed are compared, so that small changes take
 * little time.
 */
export function servedChanges(one: Version, other: Version): readonly GraphChange[] {
  const [before, after] = [one, other].map((version): Compared => {
    return { ...version, graph: graphOf(version.parts, version.catalog) };
  }) as [Compared, Compared];
  const touched = touchedTables(before, after);
  if (touched.size === 0) return [];
  const partial = ({ catalog, parts }: Compared) =>
    buildGraph(partOf(catalog, touched), parts.capabilitiesOf, { subscriptions: true }).schema;
  const changes = compareGraphs({
    before: partial(before),
    after: partial(after),
    whole: { before: before.graph.schema, after: after.graph.schema },
  });
  return sortedChanges([...redirected(before, after, touched), ...changes]);
}

/** Fields that kept their name and type but return other data. A comparison of types does not find them. */
function redirected(before: Compared, after: Compared, touched: ReadonlySet<string>): GraphChange[] {
  const was = byName(before, touched);
  return [...byName(after, touched)].flatMap(([key, table]) => {
    const former = was.get(key);
    if (former === undefined) return [];
    const name = after.graph.tableName(table);
    if (former.id !== table.id)
      return [change(name, `${name} is the table ${table.id} now, not ${former.id}.`)];
    const paths = pathsOf(before, former);
    return [...pathsOf(after, table)].flatMap(([field, path]) => {
      const formerPath = paths.get(field);
      return formerPath === undefined || formerPath === path
        ? []
        : [change(`${name}.${field}`, `${name}.${field} leads to ${path} now, not to ${formerPath}.`)];
    });
  });
}

function change(what: string, text: string): GraphChange {
  return { severity: 'breaking', change: 'changed', what, text, follows: null };
}

function byName({ catalog, graph }: ServedGraph, touched: ReadonlySet<string>): Map<string, Table> {
  const tables = tablesOf(catalog).filter(({ id }) => touched.has(id));
  const keyOf = (table: Table) =>
    `${table.source.customization.rootFields.namespace ?? ''} ${graph.tableName(table)}`;
  return new Map(tables.map((table) => [keyOf(table), table]));
}

/** The column or the relationship behind each field of a table. */
function pathsOf({ graph }: ServedGraph, table: Table): Map<string, string> {
  const shown = table.relationships.filter(({ to }) => to.columns.length > 0);
  return new Map([
    ...table.columns.map((column) => [graph.columnName(table, column), `the column ${column.name}`] as const),
    ...shown.map((one) => [graph.relationshipName(table, one), pathOf(one)] as const),
  ]);
}
