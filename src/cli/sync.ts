import { setTimeout as sleep } from 'node:timers/promises';
import { FozError } from '../core/index.ts';
import { type EndpointOptions, type RunningFoz, runningFoz } from './endpoint.ts';
import { printTable } from './output.ts';
import { ProgressBar } from './progress-bar.ts';

interface Options extends EndpointOptions {
  readonly json?: boolean;
}

interface Sync {
  readonly name: string;
  readonly direction: string;
  readonly left: string;
  readonly right: string;
  readonly state: string;
  readonly problem: string | null;
  readonly faults: readonly string[];
  readonly paused: boolean;
  readonly comparison: { readonly done: number; readonly total: number; readonly rate: number } | null;
  readonly lagMs: number | null;
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
  readonly refused: number;
  readonly conflicts: number;
}

interface Problem {
  readonly key: string;
  readonly kind: string;
  readonly reason: string;
}

interface Differences {
  readonly entries: readonly { readonly key: string; readonly action: string }[];
  readonly next: string | null;
  readonly done: number;
  readonly total: number;
}

const fields = `name direction left right state problem faults paused lagMs inserted updated deleted refused conflicts
  comparison { done total rate startedAt }`;
/** Milliseconds between two looks at the progress. */
const lookMs = 500;

/** `foz sync list`: the syncs and their states. */
export async function listSyncs(options: Options): Promise<void> {
  const { syncs } = await serverOf(options).query<{ syncs: readonly Sync[] }>(`{ syncs { ${fields} } }`);
  if (options.json === true) return console.log(JSON.stringify(syncs, null, 2));
  if (syncs.length === 0) return console.log('There are no syncs.');
  printTable([
    ['name', 'left', '', 'right', 'state', 'lag', 'refused', 'conflicts'],
    ...syncs.map((one) => [
      ...[one.name, one.left, one.direction === 'both' ? '<->' : '->', one.right, stateOf(one), lagOf(one)],
      ...[String(one.refused), String(one.conflicts)],
    ]),
  ]);
  for (const one of syncs) printFaults(one);
}

/** `foz sync status`: one sync, with the rows that are not in step. */
export async function showSync(name: string, options: Options & { readonly wait?: boolean }): Promise<void> {
  const foz = serverOf(options);
  if (options.wait === true) await compared(foz, name, options);
  const sync = await read(foz, name);
  const { syncProblems: problems } = await foz.query<{ syncProblems: { entries: readonly Problem[] } }>(
    'query ($name: String!) { syncProblems(name: $name) { entries { key kind reason at tries left right } next } }',
    { name },
  );
  if (options.json === true) return console.log(JSON.stringify({ ...sync, problems }, null, 2));
  console.log(`${sync.left} ${sync.direction === 'both' ? '<->' : '->'} ${sync.right}: ${stateOf(sync)}`);
  console.log(
    `inserted ${sync.inserted}, updated ${sync.updated}, deleted ${sync.deleted}; lag ${lagOf(sync)}`,
  );
  printFaults(sync);
  for (const { key, kind, reason } of problems.entries) console.log(`${kind}: ${key}: ${reason}`);
}

/** `foz sync diff`: the rows that differ. */
export async function diffSync(name: string, options: Options & { readonly limit?: string }): Promise<void> {
  const foz = serverOf(options);
  const { limit = '100' } = options;
  if (!/^\d{1,6}$/.test(limit))
    throw new FozError('validation-failed', `--limit must be a number up to 999999, not "${limit}".`);
  const bar = new ProgressBar(process.stderr);
  const shown: Differences['entries'][number][] = [];
  let count = 0;
  let after: string | null = null;
  do {
    const { syncDifferences: part }: { syncDifferences: Differences } = await foz.query(
      'query ($name: String!, $after: String) { syncDifferences(name: $name, after: $after) { entries { key action left right } next done total } }',
      { name, after },
    );
    count += part.entries.length;
    shown.push(...part.entries.slice(0, Number(limit) - shown.length));
    bar.show(part.done, part.total);
    after = part.next;
  } while (after !== null);
  bar.end();
  if (options.json === true) console.log(JSON.stringify({ differences: count, entries: shown }, null, 2));
  else {
    for (const { key, action } of shown) console.log(`${action}: ${key}`);
    console.log(count === 0 ? 'The tables are in step.' : `${count} rows differ.`);
  }
  if (count > 0) process.exitCode = 1;
}

/** `foz sync repair`: has the tables compared and brought in step, and waits for that. */
export async function repairSync(name: string, options: Options): Promise<void> {
  const foz = serverOf(options);
  const before = await read(foz, name);
  await foz.query('mutation ($name: String!) { repairSync(name: $name) { name } }', { name });
  await compared(foz, name, options, before);
  const after = await read(foz, name);
  if (options.json === true) return console.log(JSON.stringify(after, null, 2));
  const difference = (of: 'inserted' | 'updated' | 'deleted') => after[of] - before[of];
  console.log(
    `inserted ${difference('inserted')}, updated ${difference('updated')}, deleted ${difference('deleted')}`,
  );
  if (after.refused + after.conflicts > 0)
    console.log(
      `${after.refused} rows are refused, ${after.conflicts} are in conflict: foz sync status ${name}`,
    );
}

/** `foz sync pause` and `resume`. */
export async function pauseSync(name: string, paused: boolean, options: Options): Promise<void> {
  const field = paused ? 'pauseSync' : 'resumeSync';
  await serverOf(options).query(`mutation ($name: String!) { ${field}(name: $name) { name } }`, { name });
  console.log(paused ? `${name} is paused. What changes meanwhile is applied later.` : `${name} goes on.`);
}

/** `foz sync resolve`: decides conflicts. */
export async function resolveConflicts(
  name: string,
  options: Options & { readonly winner: string; readonly key?: readonly string[] },
): Promise<void> {
  const { resolveSyncConflicts: number } = await serverOf(options).query<{ resolveSyncConflicts: number }>(
    'mutation ($name: String!, $winner: SyncSide!, $keys: [String!]) { resolveSyncConflicts(name: $name, winner: $winner, keys: $keys) }',
    { name, winner: options.winner.toUpperCase(), keys: options.key ?? null },
  );
  console.log(
    options.json === true
      ? JSON.stringify({ number })
      : `${number} conflicts: the ${options.winner} side wins.`,
  );
}

/** Waits until a sync has compared its tables, and shows how far it is. `before`: it has not yet begun to if it is still as it was. */
async function compared(foz: RunningFoz, name: string, { json }: Options, before?: Sync): Promise<void> {
  const bar = new ProgressBar(json === true ? null : process.stderr);
  let hasBegun = before === undefined;
  for (let looks = 0; ; looks++) {
    const { comparison, state, problem, paused } = await read(foz, name);
    if (comparison !== null) {
      hasBegun = true;
      bar.show(comparison.done, comparison.total, comparison.rate);
    } else if (hasBegun ? state !== 'starting' : looks > 6) break;
    if (state === 'stopped' || paused) {
      bar.end();
      throw new FozError(
        'unavailable',
        `The sync ${name} does not go on: ${paused ? 'it is paused' : problem}`,
      );
    }
    await sleep(lookMs);
  }
  bar.end();
}

async function read(foz: RunningFoz, name: string): Promise<Sync> {
  const { sync } = await foz.query<{ sync: Sync | null }>(
    `query ($name: String!) { sync(name: $name) { ${fields} } }`,
    { name },
  );
  if (sync === null) throw new FozError('not-found', `There is no sync "${name}".`);
  return sync;
}

function stateOf({ paused, state, comparison }: Sync): string {
  if (paused) return 'paused';
  if (comparison === null || state !== 'comparing') return state;
  const part = comparison.total === 0 ? 0 : Math.min(100, (comparison.done / comparison.total) * 100);
  return `comparing, ${Math.floor(part)} %`;
}

function lagOf({ lagMs }: Sync): string {
  return lagMs === null ? '-' : lagMs < 1_000 ? `${Math.round(lagMs)} ms` : `${(lagMs / 1_000).toFixed(1)} s`;
}

function printFaults({ name, problem, faults }: Sync): void {
  for (const fault of faults) console.log(`error: ${name}: ${fault}`);
  if (problem !== null && faults.length === 0) console.log(`error: ${name}: ${problem}`);
}

function serverOf(options: EndpointOptions): RunningFoz {
  const foz = runningFoz(options);
  if (foz !== null) return foz;
  throw new FozError(
    'validation-failed',
    'Syncs are run by a server: name the one that runs with --endpoint, as --endpoint http://127.0.0.1:8080.',
  );
}
