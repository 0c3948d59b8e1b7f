import { FozError } from '../core/index.ts';
import { onceRemoval, onceSetup } from '../execute/index.ts';
import type { Connector } from '../plan/index.ts';
import { withConnector, withStoredSources } from './each-source.ts';

interface Options {
  readonly config: string;
  readonly write?: boolean;
}

/** Milliseconds that a database may take. */
const patienceMs = 60_000;

/** `foz workflow setup`: shows the statement that makes the table of writes that are done once; with `--write` it is run. */
export async function setUpOnce(source: string, { config, write = false }: Options): Promise<void> {
  const text = await withSource(source, config, async (connector) => {
    if (await isThere(connector)) return null;
    const statement = onceSetup(connector);
    if (write) await run(connector, statement);
    return statement;
  });
  if (text === null) return console.log('There is nothing to set up.');
  console.log(`${text};`);
  console.log(
    write
      ? 'Done.'
      : 'Nothing was run: the owner of the database runs this, or this command with --write. The user of the source has to be allowed to select, insert, update and delete its rows.',
  );
}

/** `foz workflow clean`: shows the statement that removes that table; with `--write` it is run. */
export async function cleanOnce(source: string, { config, write = false }: Options): Promise<void> {
  const isLeft = await withSource(source, config, async (connector) => {
    if (!(await isThere(connector))) return false;
    if (write) await run(connector, onceRemoval);
    return true;
  });
  if (!isLeft) return console.log('There is nothing to remove.');
  console.log(`${onceRemoval};`);
  console.log(
    write
      ? 'Done.'
      : 'Nothing was removed: the owner of the database runs this, or this command with --write. Runs that are under way may then repeat a write.',
  );
}

function withSource<T>(name: string, file: string, body: (connector: Connector) => Promise<T>): Promise<T> {
  return withStoredSources(file, name, ([source]) => withConnector(source!, body));
}

async function isThere(connector: Connector): Promise<boolean> {
  const context = { signal: AbortSignal.timeout(patienceMs), timeoutMs: null };
  const statement = { text: 'select count(*) from foz_once', slots: [] };
  return connector.run(statement, [], context).then(
    () => true,
    (error: unknown) => {
      if (error instanceof FozError && (error.code === 'unavailable' || error.code === 'timeout'))
        throw error;
      return false;
    },
  );
}

async function run(connector: Connector, text: string): Promise<void> {
  const context = { signal: AbortSignal.timeout(patienceMs), timeoutMs: null };
  await connector.run({ text, slots: [] }, [], context).catch((error: unknown) => {
    const reason = error instanceof FozError ? (error.internal ?? error.message) : String(error);
    throw new FozError('access-denied', `"${text}" failed: ${reason}`, { cause: error });
  });
}
