import type { SourceFacts } from '../../catalog/index.ts';
import type { GraphChange } from '../graph-changes/change.ts';
import { servedChanges, type Version, versionOf } from '../graph-changes/served-changes.ts';
import type { Graphs } from '../graphs.ts';
import { diffFacts, type FactsChange } from './diff.ts';
import type { SourceRegistry } from './registry.ts';

/** The result of introspecting a source. */
export interface SourceReading {
  /** The number of tables and views. */
  readonly tables: number;
  /** Differences to the previous facts. */
  readonly changes: readonly FactsChange[];
  /** Tables, columns and other objects that could not be represented. */
  readonly issues: SourceFacts['issues'];
  /** The changes of the graph once these facts are served; `null`: no graph was served yet. */
  readonly graphChanges: readonly GraphChange[] | null;
}

/** Introspects a source of the running server without serving the result. Rejects with FozError `not-found` or `unavailable`. */
export async function readSource(
  { registry, graphs }: { readonly registry: SourceRegistry; readonly graphs: Graphs },
  name: string,
): Promise<SourceReading> {
  const facts = await registry.currentFacts(name);
  const { catalog, parts } = graphs;
  return readingOf(registry.named(name).facts, facts, { catalog, parts }, name);
}

/** Compares the current facts with the previous ones; `null`: there are none. `served`: the graph that is served, if there is one. */
export function readingOf(
  before: SourceFacts | null,
  now: SourceFacts,
  served: Version | null,
  name: string,
): SourceReading {
  const graphChanges = served === null ? null : changesBy(served, name, now);
  return { tables: now.tables.length, changes: diffFacts(before, now), issues: now.issues, graphChanges };
}

/** The changes of the graph that other facts of a source make. */
function changesBy(served: Version, name: string, facts: SourceFacts): readonly GraphChange[] {
  const sources = served.parts.sources.map((source) =>
    source.name === name ? { ...source, facts } : source,
  );
  return servedChanges(served, versionOf({ ...served.parts, sources }));
}
