import type { SourceName } from '../core/index.ts';
import type { StreamPlan } from '../plan/index.ts';
import { type Explained, explainFetch } from './explain.ts';
import { listText, type Running } from './fetch.ts';
import type { LiveContext } from './live-context.ts';
import { type ConnectorOf, prepareFetch, statementsOf } from './prepare.ts';
import { nodeText, readPage } from './relay-connection.ts';

/** A stream, prepared to read one batch. `run` returns the list as JSON text. */
export interface PreparedStream {
  readonly source: SourceName;
  readonly statements: ReadonlyMap<SourceName, number>;
  run(running: Running): Promise<string>;
  explain(title: string): readonly Explained[];
}

/** Prepares the statement of a batch. */
export function prepareStream(connectorOf: ConnectorOf, plan: StreamPlan): PreparedStream {
  const source = plan.select.table.source.name;
  const batch = prepareFetch(connectorOf, source, { kind: 'rows', select: plan.select });
  const selected = [...plan.select.fields.keys()].slice(0, -plan.cursorTypes.length);
  return {
    source,
    statements: statementsOf(batch),
    explain: (title) => [explainFetch(title, batch)],
    async run(running) {
      const { rows, cursors } = await readPage(running, plan, batch);
      const last = cursors.at(-1);
      if (last !== undefined)
        (running.context as LiveContext).onBatch?.(JSON.parse(last) as string, rows.length);
      return listText(rows.map((row) => nodeText(plan, selected, row)));
    },
  };
}
