import {
  type Following,
  firstNames,
  followingOf,
  followingWords,
  leftOversOf,
  tableName,
  triggerReaderOf,
} from '../control/index.ts';
import { counted, FozError, type SourceName } from '../core/index.ts';
import type { Connector } from '../plan/index.ts';
import { factsOf, type SourceConfig } from '../views/index.ts';
import { eachSource, SourceUnavailable, withConnector, withStoredSources } from './each-source.ts';

interface Options {
  readonly config: string;
  readonly json?: boolean;
  readonly write?: boolean;
}

interface SetupOptions extends Options {
  readonly method?: string;
}

/** The JSON output of `foz changes status` for one source. */
interface Shown {
  readonly source: string;
  readonly wanted: Following['wanted'];
  readonly method: Following['method'];
  /** The reasons why the wanted method, or a better one, is not used. */
  readonly obstacles: readonly string[];
  readonly warnings: readonly string[];
  /** Statements that remove obstacles and gaps, without triggers unless they were asked for. */
  readonly setup: readonly string[];
  readonly tables: number;
  /** Tables of which not every change is reported. */
  readonly unseen: readonly string[];
  readonly gaps: readonly { readonly table: string; readonly reason: string }[];
  /** The objects that following has created in the database. */
  readonly left: readonly string[];
}

/** `foz changes status`: the method of change capture of each source, and the obstacles of better methods. */
export async function showChanges(only: string | undefined, options: Options): Promise<void> {
  const found = await withStoredSources(options.config, only, (sources, { plane }) =>
    eachSource(sources, (source) =>
      withConnector(source, async (connector) =>
        shown(source, connector, await triggerReaderOf(plane, source.name)),
      ),
    ),
  );
  if (found.some((one) => one instanceof SourceUnavailable)) process.exitCode = 1;
  if (options.json === true) return console.log(JSON.stringify(found.map(forMachines), null, 2));
  for (const one of found)
    if (one instanceof SourceUnavailable) console.log(one.message);
    else print(one);
}

/** A source with its state, spelled as in `foz check --json`. */
function forMachines(one: Shown | SourceUnavailable) {
  return one instanceof SourceUnavailable
    ? { source: one.source, state: 'unavailable', reason: one.reason }
    : { ...one, state: 'available' };
}

/** `foz changes setup`: shows the statements that let a source be followed better; with `--write` they are run. */
export async function setUpChanges(source: string, options: SetupOptions): Promise<void> {
  const found = await withSource(source, options.config, async (config, connector, reader) => {
    const setup = setupOf(await read(config, connector, reader), options.method);
    if (options.write === true) for (const text of setup) await run(connector, text);
    return setup;
  });
  if (found.length === 0) return console.log('There is nothing to set up.');
  for (const text of found) console.log(`${text};`);
  console.log(
    options.write === true
      ? `Done. See "foz changes status ${source}".`
      : 'Nothing was run: the owner of the database runs these, or this command with --write.',
  );
}

/** `foz changes clean`: shows the objects that following has created in a database, and the statements that remove them; with `--write` they are run. */
export async function cleanChanges(source: string, options: Options): Promise<void> {
  const found = await withSource(source, options.config, async (_, connector, reader) => {
    const left = await leftOversOf(connector, reader);
    if (options.write === true)
      for (const text of left.flatMap(({ remove }) => remove)) await run(connector, text);
    return left;
  });
  if (found.length === 0) return console.log('There is nothing to remove.');
  for (const { what, remove } of found) {
    console.log(`-- ${what}`);
    for (const text of remove) console.log(`${text};`);
  }
  console.log(
    options.write === true
      ? 'Done.'
      : 'Nothing was removed: the owner of the database runs these, or this command with --write.',
  );
}

/** The statements for a method; default: for the one that is set, or the best that needs no triggers. */
function setupOf({ wanted, offers }: Following, asked?: string): readonly string[] {
  const method = asked ?? (wanted === 'auto' ? undefined : wanted);
  const offer = offers.find((one) =>
    method === undefined ? one.method !== 'triggers' : one.method === method,
  );
  if (offer !== undefined) return offer.setup;
  if (asked === undefined) return [];
  const known = offers.map((one) => one.method).join(', ');
  throw new FozError(
    'not-supported',
    `The database cannot be followed by ${asked}. It can by: ${known || 'nothing'}.`,
  );
}

/** Connects to one source. Rejects with FozError `not-found` where there is none of the name. */
function withSource<T>(
  name: string,
  file: string,
  body: (config: SourceConfig, connector: Connector, reader: string | null) => Promise<T>,
): Promise<T> {
  return withStoredSources(file, name, ([source], { plane }) =>
    withConnector(source!, async (connector) =>
      body(source!, connector, await triggerReaderOf(plane, source!.name)),
    ),
  );
}

async function read(config: SourceConfig, connector: Connector, reader: string | null): Promise<Following> {
  return followingOf(
    config,
    connector,
    await factsOf({ name: config.name as SourceName, config, connector }),
    reader,
  );
}

async function shown(config: SourceConfig, connector: Connector, reader: string | null): Promise<Shown> {
  const found = await read(config, connector, reader);
  const { wanted, method, obstacles, warnings, tables, unseen, gaps, leftOvers } = found;
  return {
    source: config.name,
    wanted,
    method,
    obstacles,
    warnings,
    setup:
      wanted === 'off' || wanted === 'polling'
        ? []
        : setupOf(found, method === 'triggers' ? method : undefined),
    tables,
    unseen: unseen.map(tableName),
    gaps: gaps.map(({ table, reason }) => ({ table: tableName(table), reason })),
    left: leftOvers.map(({ what }) => what),
  };
}

async function run(connector: Connector, text: string): Promise<void> {
  const context = { signal: AbortSignal.timeout(60_000), timeoutMs: null };
  await connector.run({ text, slots: [] }, [], context).catch((error: unknown) => {
    const reason = error instanceof FozError ? (error.internal ?? error.message) : String(error);
    throw new FozError('access-denied', `"${text}" failed: ${reason}`, { cause: error });
  });
}

function print({
  source,
  wanted,
  method,
  obstacles,
  warnings,
  setup,
  tables,
  unseen,
  gaps,
  left,
}: Shown): void {
  const isMissed = wanted !== 'auto' && wanted !== 'polling' && wanted !== method;
  console.log(
    `${source}: ${followingWords({ method })}${isMissed ? `, although "changes" asks for ${wanted}` : ''}`,
  );
  for (const line of [...obstacles, ...warnings]) console.log(`  ${line}`);
  if (unseen.length > 0)
    console.log(`  Polled each second: ${firstNames(unseen)}, of ${counted(tables, 'table')}.`);
  const byReason = new Map<string, string[]>();
  for (const { table, reason } of gaps) byReason.set(reason, [...(byReason.get(reason) ?? []), table]);
  for (const [reason, names] of byReason) console.log(`  ${firstNames(names)}: ${reason}`);
  if (setup.length > 0) console.log(`  See "foz changes setup ${source}".`);
  for (const what of left) console.log(`  In the database: ${what}.`);
  if (left.length > 0) console.log(`  "foz changes clean ${source}" removes it.`);
}
