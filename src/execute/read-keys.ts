import type { Column, Table } from '../catalog/index.ts';
import { always, type Connector } from '../plan/index.ts';
import { prepareStep } from './steps.ts';

const timeoutMs = 10_000;

/**
 * The distinct tuples of some columns of a table in canonical form, without tuples with a NULL. Rejects with FozError `limit-exceeded` for
 * more than `most` tuples.
 */
export function readKeys(
  connector: Connector,
  table: Table,
  columns: readonly Column[],
  most: number,
): Promise<readonly (readonly unknown[])[]> {
  const { name } = table.source;
  const step = prepareStep(() => connector, {
    source: name,
    fetch: { kind: 'keys', table, columns, where: always, having: null, limit: most + 1 },
    cap: most,
    relationship: table.id,
    path: '$',
  });
  return step.run({
    bindings: { variables: {}, session: new Map(), steps: [], parents: null },
    context: { signal: AbortSignal.timeout(timeoutMs), timeoutMs },
    runnerOf: () => connector,
  });
}
