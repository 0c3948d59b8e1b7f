import type { Claim, JobTransaction } from '../jobs/index.ts';
import type { RunStatement } from '../run-statement.ts';
import { wakeRuns } from './links.ts';
import type { RunProgress } from './run.ts';

/** Something that was told to whichever run waits for this name and key. */
export interface NewSignal {
  /** A signal with an id that is there already changes nothing. */
  readonly id: string;
  readonly name: string;
  readonly key: string;
  /** JSON. */
  readonly payload: string;
}

/** A step that waits for a signal. */
export interface Wait {
  readonly id: string;
  readonly name: string;
  readonly key: string;
}

/** The first part of the advisory locks of names and keys of signals. */
const signalLocks = 0x466f7a07;

const lockSignals = (run: RunStatement, name: string, key: string) =>
  run(`select pg_advisory_xact_lock(${signalLocks}, hashtext(?))`, [`${name}\n${key}`]);
const ofKey = 'hashtext(name) = hashtext(?) and hashtext(key) = hashtext(?) and name = ? and key = ?';
const valuesOf = ({ name, key }: Pick<Wait, 'name' | 'key'>) => [name, key, name, key];

/**
 * Stores a signal, and gives it to the wait that began first; without one it is kept for the next. Resolves with whether the signal is new.
 */
export async function deliverSignal(transaction: JobTransaction, signal: NewSignal): Promise<boolean> {
  const { run } = transaction;
  await lockSignals(run, signal.name, signal.key);
  const added = await run(
    'insert into foz.run_signals (id, name, key, payload) values (?, ?, ?, ?) on conflict (id) do nothing returning 1',
    [signal.id, signal.name, signal.key, signal.payload],
  );
  if (added.length === 0) return false;
  const [wait] = await run(
    `delete from foz.run_waits where id = (
       select w.id from foz.run_waits w join foz.runs r on r.id = w.run and r.ended_at is null
       where ${ofKey.replace(/\b(name|key)\b/g, 'w.$1')} order by w.at, w.id limit 1)
     returning id, run`,
    valuesOf(signal),
  );
  if (wait === undefined) return true;
  await run('update foz.run_signals set wait = ?, run = ? where id = ?', [wait.id, wait.run, signal.id]);
  await run('select 1 from foz.jobs where id = ? for update', [wait.run]);
  await wakeRuns(transaction, [String(wait.run)]);
  return true;
}

/** The payload of the signal of a wait; `null`: there is none yet, and the wait is registered. `undefined`: the claim of its run does not hold. */
export async function takeSignal(
  { run, hold }: JobTransaction,
  claim: Claim,
  wait: Wait,
): Promise<string | null | undefined> {
  await lockSignals(run, wait.name, wait.key);
  if ((await hold([claim])).size === 0) return undefined;
  const [given] = await run('select payload from foz.run_signals where wait = ?', [wait.id]);
  if (given !== undefined) return String(given.payload);
  const [taken] = await run(
    `update foz.run_signals set wait = ?, run = ? where id = (
       select id from foz.run_signals where ${ofKey} and wait is null order by seq limit 1) returning payload`,
    [wait.id, claim.id, ...valuesOf(wait)],
  );
  if (taken !== undefined) {
    await run('delete from foz.run_waits where id = ?', [wait.id]);
    return String(taken.payload);
  }
  await run(
    'insert into foz.run_waits (id, run, name, key) values (?, ?, ?, ?) on conflict (id) do nothing',
    [wait.id, claim.id, wait.name, wait.key],
  );
  return null;
}

/** Ends a wait without its signal. One that has come meanwhile is kept for the next wait. */
export async function forgetWait({ run }: JobTransaction, { id, name, key }: Wait): Promise<void> {
  await lockSignals(run, name, key);
  await run('delete from foz.run_waits where id = ?', [id]);
  await run('update foz.run_signals set wait = null, run = null where wait = ?', [id]);
}

/**
 * Ends the waits of parked runs that they do not wait for any more, where a process ended before it did so. Rows that a signal is being given to are left
 * alone: whoever delivers it waits for the job of the run, which this transaction has locked.
 */
export async function forgetOtherWaits(run: RunStatement, kept: readonly RunProgress[]): Promise<void> {
  const parked = kept.filter(({ outcome }) => outcome?.kind === 'later');
  if (parked.length === 0) return;
  const waits = parked.flatMap(({ outcome }) =>
    outcome?.kind === 'later' ? outcome.events.flatMap((event) => ('wait' in event ? [event.wait] : [])) : [],
  );
  await run(
    `delete from foz.run_waits where id in (
       select id from foz.run_waits where run = any(?::text[]) and not id = any(?::text[]) for update skip locked)`,
    [parked.map(({ claim }) => claim.id), waits],
  );
}
