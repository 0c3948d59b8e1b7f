import type { SourceFacts } from '../../catalog/index.ts';
import type { EndSignal } from '../../core/index.ts';
import type { IntrospectOptions, Runner } from '../../plan/index.ts';
import { namespaceFilter, tableFilter } from '../../sql/index.ts';
import { queries } from './queries.ts';
import { readServer, type Server } from './server.ts';
import { type Row, TableFactsBuilder } from './table-facts-builder.ts';

/** Reads everything that the user may read, in all schemas but those of the system. */
export async function introspect(
  run: Runner['run'],
  options: IntrospectOptions,
  signal: EndSignal,
): Promise<{ readonly facts: SourceFacts; readonly server: Server }> {
  const context = { signal, timeoutMs: null };
  const server = await readServer(run, context);
  const ask = async (text: string) => (await run({ text, slots: [] }, [], context)).rows as readonly Row[];
  const reading = new TableFactsBuilder({
    defaultNamespace: server.defaultNamespace,
    wantedNamespace: namespaceFilter(options.namespaces),
    wantedTable: tableFilter(options.tables),
  });
  // One after the other: the client answers one request of a connection at a time, and connections are few.
  reading.readTables(await ask(queries.tables));
  reading.readChecks(await ask(queries.checks));
  reading.readColumns(await ask(queries.columns));
  reading.readKeys(await ask(queries.keys), await ask(queries.foreignKeys));
  reading.readTriggers(await ask(queries.triggers));
  const facts = reading.facts();
  const snapshot = server.hasSnapshot ? [] : [noSnapshot];
  return {
    server,
    facts: {
      engine: 'mssql',
      version: server.version,
      defaultNamespace: server.defaultNamespace,
      ...facts,
      issues: [...snapshot, ...facts.issues],
    },
  };
}

const noSnapshot = {
  namespace: null,
  table: null,
  column: null,
  reason:
    'The database does not allow snapshot isolation: the statements of one query may see rows of different moments. To allow it: alter database current set allow_snapshot_isolation on.',
} as const;
