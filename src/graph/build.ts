import type { GraphQLSchema } from 'graphql';
import type { Catalog, CatalogIssue, Column, Relationship, Table } from '../catalog/index.ts';
import type { SourceName } from '../core/index.ts';
import type { GraphCapabilities } from './capabilities.ts';
import { Graph } from './graph.ts';
import type { ReservedName } from './names/reserved.ts';
import { LazySchema } from './schema.ts';
import { ServiceFields } from './services/services.ts';
import { makeTableType } from './types/tables.ts';

export interface GraphOptions {
  /** Whether the graph has a subscription type; default: false. */
  readonly subscriptions?: boolean;
  /** Names kept for tables that do not exist at the moment, so that no other table takes them. */
  readonly reserved?: readonly ReservedName[];
  /** Root fields that are not those of tables; default: none. */
  readonly services?: ServiceFields;
}

export interface BuiltGraph {
  readonly schema: GraphQLSchema;
  /** The name of a table in the graph. The names of its fields and types are built from it. */
  tableName(table: Table): string;
  columnName(table: Table, column: Column): string;
  /** Of a relationship to a table of the graph. */
  relationshipName(table: Table, relationship: Relationship): string;
  capabilities(source: SourceName): GraphCapabilities;
  /**
   * Longer names of tables whose own name was taken, by table id. `resolveCatalog` takes them as kept names, so that
   * the graph of every role uses the same ones.
   */
  readonly longer: ReadonlyMap<string, string>;
  /**
   * Name clashes, and the fields and types that were left out or renamed because of them. Computed on first use, since that names
   * every column.
   */
  readonly issues: readonly CatalogIssue[];
  /** The issues about names of tables and of their root fields. */
  readonly clashes: readonly CatalogIssue[];
}

/**
 * The GraphQL schema of a catalog, or of the part of it that a role can see. Relationships to tables outside of that
 * part are left out. Types are created on first use, so that a schema of thousands of tables takes milliseconds.
 * Never throws: a name that cannot be had is reported in `issues`.
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
    { reserved: options.reserved ?? [], services: options.services ?? ServiceFields.none },
  );
  let issues: readonly CatalogIssue[] | undefined;
  return {
    schema: new LazySchema(graph),
    tableName: (table) => graph.names.tables.base(table),
    columnName: (table, column) => graph.names.column(table, column),
    relationshipName: (table, relationship) => graph.names.relationship(table, relationship),
    capabilities: capabilitiesOf,
    longer: new Map([...graph.names.tables.longer].map(([{ id }, name]) => [id, name])),
    get issues() {
      issues ??= graph.names.issues();
      return issues;
    },
    get clashes() {
      return graph.names.tables.issues;
    },
  };
}
