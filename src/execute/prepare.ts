import type { SourceName } from '../core/index.ts';
import {
  type Compiled,
  type Connector,
  capacityFor,
  type Fetch,
  type HopShape,
  type Param,
} from '../plan/index.ts';
import { type KeyReader, ownKey } from './gather-keys.ts';
import { remoteKey } from './remote-keys.ts';
import { compileWriter, type WriteRow } from './writer.ts';

/** Returns the connector of a source. */
export interface ConnectorOf {
  (source: SourceName): Connector;
  /** Called with the number of characters of each statement that is compiled and cached. */
  readonly onCompiled?: (characters: number) => void;
}

/** A prepared fetch: its statement, its row writer, and everything below it. Part of a cached plan. */
export interface PreparedFetch {
  readonly source: SourceName;
  readonly connector: Connector;
  readonly compiled: Compiled;
  readonly write: WriteRow;
  readonly hops: readonly PreparedHop[];
  readonly fixed: readonly { readonly fetch: PreparedFetch }[];
}

/** A prepared fetch of the children of many parents. Where the SQL depends on the number of parents, it has one variant per capacity. */
export interface PreparedHop {
  /** Reads the keys from the parent's rows; `null`: the keys are those that the parent itself was fetched by. */
  readonly reader: KeyReader | null;
  readonly kind: 'array' | 'object' | 'aggregate' | 'groups';
  readonly source: SourceName;
  fetchFor(parents: number): PreparedFetch;
}

/** Compiles a fetch and all hops below it. */
export function prepareFetch(connectorOf: ConnectorOf, source: SourceName, fetch: Fetch): PreparedFetch {
  const connector = connectorOf(source);
  const compiled = connector.compileFetch(fetch);
  connectorOf.onCompiled?.(compiled.statement.text.length);
  const { write, pending } = compileWriter(compiled.shape.out);
  return {
    source,
    connector,
    compiled,
    write,
    hops: pending.hops.map((hop) => prepareHop(connectorOf, hop)),
    fixed: pending.fixed.map((entry) => ({ fetch: prepareFetch(connectorOf, source, entry.fetch) })),
  };
}

function prepareHop(connectorOf: ConnectorOf, hop: HopShape): PreparedHop {
  const { child, columns, compare } = hop;
  const table =
    child.kind === 'aggregate' || child.kind === 'groups' ? child.aggregate.table : child.select.table;
  const source = table.source.name;
  const types = columns.map((column) => column.type);
  const connector = connectorOf(source);
  const byCapacity = connector.capabilities.listsByCapacity;
  const read = columns.map((column) =>
    compare === undefined ? ownKey(column.type) : remoteKey(column, compare, connector),
  );
  const variants = new Map<number | undefined, PreparedFetch>();
  return {
    reader: hop.keys === null ? null : { keys: hop.keys, read },
    kind: child.kind,
    source,
    fetchFor(parents) {
      const capacity = byCapacity ? capacityFor(parents) : undefined;
      let variant = variants.get(capacity);
      if (variant === undefined) {
        const keys: Param = {
          type: types[0]!,
          shape: 'keys',
          keyTypes: types,
          compare,
          source: { kind: 'parents' },
          path: '$',
          capacity,
        };
        variant = prepareFetch(connectorOf, source, childFetch(hop, keys));
        variants.set(capacity, variant);
      }
      return variant;
    },
  };
}

function childFetch({ child, columns }: HopShape, keys: Param): Fetch {
  switch (child.kind) {
    case 'array':
      return { kind: 'children', columns, keys, select: child.select };
    case 'object':
      return { kind: 'children', columns, keys, select: { ...child.select, limit: null } };
    case 'aggregate':
      return { kind: 'children aggregate', columns, keys, aggregate: child.aggregate };
    case 'groups':
      return { kind: 'children groups', columns, keys, aggregate: child.aggregate, group: child.group };
  }
}

/** Adds the number of statements that a prepared fetch runs on each source to `counts`. */
function countStatements(fetch: PreparedFetch, counts: Map<SourceName, number>): void {
  counts.set(fetch.source, (counts.get(fetch.source) ?? 0) + 1);
  for (const entry of fetch.fixed) countStatements(entry.fetch, counts);
  for (const hop of fetch.hops) countStatements(hop.fetchFor(1), counts);
}

/** The number of statements per source of a fetch and everything below it. */
export function statementsOf(fetch: PreparedFetch): ReadonlyMap<SourceName, number> {
  const counts = new Map<SourceName, number>();
  countStatements(fetch, counts);
  return counts;
}
