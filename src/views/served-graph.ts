import { type Catalog, type Metadata, resolveCatalog, type SourceInput } from '../catalog/index.ts';
import type { SourceName } from '../core/index.ts';
import { type BuiltGraph, buildGraph, type GraphCapabilities } from '../graph/index.ts';
import type { GraphsConfig, SourceConfig } from './config.ts';
import { keptNamesOf, type NameBook, reservedNamesOf } from './names/book.ts';
import { withTables } from './names/kept-names.ts';

/** Everything that the graph is built from. */
export interface GraphParts {
  readonly sources: readonly SourceInput[];
  /** Sources that were never read. They have no part in the graph, but explain what is missing in it. */
  readonly unread?: ReadonlySet<string>;
  readonly metadata: Metadata;
  /** Names that were given before. */
  readonly names: NameBook;
  readonly capabilitiesOf: (source: SourceName) => GraphCapabilities;
}

/** A catalog and its graph, in which every table has the name that clients ask for it by. */
export interface ServedGraph {
  readonly catalog: Catalog;
  readonly graph: BuiltGraph;
}

/** Resolved a second time where tables need longer names, since relationships take theirs from them. */
export function servedGraph(parts: GraphParts): ServedGraph {
  const kept = keptNamesOf(parts.names, parts.sources);
  const catalog = resolveCatalog(parts.sources, parts.metadata, kept, parts.unread);
  const graph = graphOf(parts, catalog);
  if (graph.longer.size === 0) return { catalog, graph };
  const named = resolveCatalog(parts.sources, parts.metadata, withTables(kept, graph.longer), parts.unread);
  return { catalog: named, graph: graphOf(parts, named) };
}

/** The graph of a catalog that was resolved from the same parts. */
export function graphOf(
  { names, sources, capabilitiesOf }: Omit<GraphParts, 'metadata'>,
  catalog: Catalog,
): BuiltGraph {
  return buildGraph(catalog, capabilitiesOf, {
    subscriptions: true,
    reserved: reservedNamesOf(names, sources, catalog),
  });
}

/** The naming settings of a source; default: those of the whole configuration. */
export function spellingOf(
  source: SourceConfig,
  all: Pick<GraphsConfig, 'naming' | 'numbers'>,
): Pick<SourceInput, 'naming' | 'numbers' | 'customization'> {
  return {
    naming: source.naming ?? all.naming ?? 'hasura-default',
    numbers: source.numbers ?? all.numbers ?? 'string',
    customization: {
      rootFields: source.customization?.root_fields ?? {},
      typeNames: source.customization?.type_names ?? {},
    },
  };
}
