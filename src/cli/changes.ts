import { connect } from '../attach.ts';
import { loadConfig, sourcesOf } from '../control/index.ts';
import { FozError, type SourceName } from '../core/index.ts';
import type { ChangedTable, ChangeOffer, Connector } from '../plan/index.ts';
import { factsOf, type SourceConfig } from '../views/index.ts';
import { openPlane } from './attach-stored.ts';

interface Options {
  readonly config: string;
  readonly json?: boolean;
  readonly write?: boolean;
}

/** How a database can be followed. */
interface Following {
  readonly source: string;
  /** The method that is used; `asking again`: watched queries run once a second. */
  readonly method: ChangeOffer['method'] | 'asking again';
  /** Why a better method is not used. */
  readonly obstacles: readonly string[];
  /** Statements that remove obstacles and gaps. */
  readonly setup: readonly string[];
  readonly tables: number;
  /** Tables of which not every change is reported. */
  readonly unseen: readonly string[];
  readonly gaps: readonly { readonly table: string; readonly reason: string }[];
}

const explained = {
  replication: 'followed by the log of the database',
  version: 'followed by the version of the file',
  'asking again': 'asked again each second',
} as const satisfies Record<Following['method'], string>;

/** `foz changes status`: how the changes of each source are seen, and what stands in the way of a better method. */
export async function showChanges(only: string | undefined, options: Options): Promise<void> {
  const found = await withSources(only, options.config, following);
  if (options.json === true) return console.log(JSON.stringify(found, null, 2));
  for (const one of found) print(one);
}

/** `foz changes setup`: shows the statements that let a source be followed better; with `--write` they are run. */
export async function setUpChanges(source: string, options: Options): Promise<void> {
  const [found] = await withSources(source, options.config, async (config, connector) => {
    const { setup } = await following(config, connector);
    if (options.write === true) for (const text of setup) await run(connector, text);
    return setup;
  });
  if (found!.length === 0) return console.log('There is nothing to set up.');
  for (const text of found!) console.log(`${text};`);
  console.log(
    options.write === true
      ? `Done. See "foz changes status ${source}".`
      : 'Nothing was run: the owner of the database runs these, or this command with --write.',
  );
}

/** Opens each source in turn. Rejects with FozError `not-found` where there is none of the name. */
async function withSources<T>(
  only: string | undefined,
  file: string,
  body: (config: SourceConfig, connector: Connector) => Promise<T>,
): Promise<readonly T[]> {
  const config = loadConfig(file);
  const plane = await openPlane(config);
  try {
    const sources = await sourcesOf(config, plane, only);
    if (sources.length === 0)
      throw new FozError('not-found', `There is no source "${only}" in ${file} or its store.`);
    const results: T[] = [];
    for (const source of sources) {
      const connector = await connect(source);
      try {
        results.push(await body(source, connector));
      } finally {
        await connector.close();
      }
    }
    return results;
  } finally {
    await plane?.store.close();
  }
}

async function following(config: SourceConfig, connector: Connector): Promise<Following> {
  const facts = await factsOf({ name: config.name as SourceName, config, connector });
  const tables = facts.tables
    .filter(({ kind }) => kind === 'table' || kind === 'partitioned table')
    .map(({ namespace, name }): ChangedTable => ({ namespace, name }));
  const offers = (await connector.changes?.offers(tables, AbortSignal.timeout(60_000))) ?? [];
  const used = offers.find(({ obstacles }) => obstacles.length === 0);
  const best = used ?? offers[0];
  return {
    source: config.name,
    method: used?.method ?? 'asking again',
    obstacles: offers.flatMap(({ obstacles }) => obstacles),
    setup: best?.setup ?? [],
    tables: tables.length,
    unseen: (used?.unseen ?? []).map(nameOf),
    gaps: (best?.gaps ?? []).map(({ table, reason }) => ({ table: nameOf(table), reason })),
  };
}

function nameOf({ namespace, name }: ChangedTable): string {
  return namespace === null ? name : `${namespace}.${name}`;
}

async function run(connector: Connector, text: string): Promise<void> {
  const context = { signal: AbortSignal.timeout(60_000), timeoutMs: null };
  await connector.run({ text, slots: [] }, [], context).catch((error: unknown) => {
    const reason = error instanceof FozError ? (error.internal ?? error.message) : String(error);
    throw new FozError('access-denied', `"${text}" failed: ${reason}`, { cause: error });
  });
}

/** The most tables that are listed for one reason. */
const mostNames = 5;

function print({ source, method, obstacles, setup, tables, unseen, gaps }: Following): void {
  console.log(`${source}: ${explained[method]}`);
  for (const obstacle of obstacles) console.log(`  ${obstacle}`);
  if (unseen.length > 0) console.log(`  Asked again each second: ${listed(unseen)}, of ${tables} tables.`);
  const byReason = new Map<string, string[]>();
  for (const { table, reason } of gaps) byReason.set(reason, [...(byReason.get(reason) ?? []), table]);
  for (const [reason, names] of byReason) console.log(`  ${listed(names)}: ${reason}`);
  if (setup.length > 0) console.log(`  See "foz changes setup ${source}".`);
}

function listed(names: readonly string[]): string {
  const more = names.length - mostNames;
  return `${names.slice(0, mostNames).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
