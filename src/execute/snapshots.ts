import type { SourceName } from '../core/index.ts';
import type { Root, Runner } from '../plan/index.ts';
import { heldSources } from './connection-order.ts';
import { ofSource, type Running } from './fetch.ts';
import type { ConnectorOf } from './prepare.ts';
import type { PreparedRoot } from './roots.ts';

/** The reads of a plan, and the sources whose connections they hold (see `heldSources`). */
export interface PreparedReads {
  readonly roots: readonly PreparedRoot[];
  readonly snapshots: readonly SourceName[];
}

/** Runs all reads at once. A source that needs several statements serves them from one snapshot. */
export function runRoots(
  connectorOf: ConnectorOf,
  running: Running,
  { roots, snapshots }: PreparedReads,
): Promise<ReadonlyMap<Root, string>> {
  if (roots.length === 1 && snapshots.length === 0) return roots[0]!.run(running);
  return withSnapshots(connectorOf, running, snapshots, new Map(), async (inside) => {
    const texts = new Map<Root, string>();
    for (const result of await Promise.all(roots.map((root) => root.run(inside))))
      for (const [root, text] of result) texts.set(root, text);
    return texts;
  });
}

/** The sources whose connections are held until all roots are read. */
export function snapshotSources(roots: readonly PreparedRoot[]): SourceName[] {
  const counts = new Map<SourceName, number>();
  for (const root of roots)
    for (const [source, count] of root.statements) counts.set(source, (counts.get(source) ?? 0) + count);
  return heldSources(counts);
}

/** Opens a read transaction on each source in turn (see `heldSources`), then runs `body` with all of them. */
async function withSnapshots<T>(
  connectorOf: ConnectorOf,
  running: Running,
  sources: readonly SourceName[],
  open: Map<SourceName, Runner>,
  body: (running: Running) => Promise<T>,
): Promise<T> {
  const [source, ...others] = sources;
  if (source === undefined)
    return body({ ...running, runnerOf: (name) => open.get(name) ?? connectorOf(name) });
  const result = connectorOf(source).transaction('read', running.context, (runner) => {
    open.set(source, runner);
    return withSnapshots(connectorOf, running, others, open, body);
  });
  return result.catch((error: unknown) => {
    throw ofSource(error, source);
  });
}
