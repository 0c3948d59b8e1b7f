import type { GraphQLSchema } from 'graphql';
import type { Catalog, CatalogIssue, Table } from '../catalog/index.ts';
import type { SourceName } from '../core/index.ts';
import type { GraphCapabilities } from './capabilities.ts';
import { Graph } from './graph.ts';
import type { ReservedName } from './names/reserved.ts';
import { LazySchema } from './schema.ts';
import { makeTableType } from './types/tables.ts';

export interface GraphOptions {
  /** Whether there is a subscription type; default: no. */
  readonly subscriptions?: boolean;
  /** Names of tables that are not there now, but keep them. */
  readonly reserved?: readonly ReservedName[];
}

export interface BuiltGraph {
  readonly schema: GraphQLSchema;
  /** The name of a table that the graph has, which names of its fields and types are made from. */
  tableName(table: Table): string;
  /** Tables that had to take a longer name, by id: given to `resolveCatalog` as kept names, roles that see only some tables get the same. */
  readonly longer: ReadonlyMap<string, string>;
  /** Names that clash, and what was left out or renamed for it. Naming every column takes a moment: asked for, then kept. */
  readonly issues: readonly CatalogIssue[];
}

/**
 * The GraphQL schema of a catalog, or of the part of it that a role can see. Relationships to tables that are not in the
 * part are left out. Types are made when they are asked for, so this takes milliseconds for thousands of tables. Never
 * throws: what cannot have the name it needs is told in `issues`.
 */
export function buildGraph(
  catalog: Pick<Catalog, 'sources'>,
  capabilitiesOf: (source: SourceName) => GraphCapabilities,
  options: GraphOptions = {},
): BuiltGraph {
  const graph = new Graph(
    [...catalog.sources.values()],
    capabilitiesOf,
    options.subscriptions ?? false,
    makeTableType,
    { reserved: options.reserved ?? [] },
  );
  let issues: readonly CatalogIssue[] | undefined;
  return {
    schema: new LazySchema(graph),
    tableName: (table) => graph.names.tables.base(table),
    longer: new Map([...graph.names.tables.longer].map(([{ id }, name]) => [id, name])),
    get issues() {
      issues ??= graph.names.issues();
      return issues;
    },
  };
}
