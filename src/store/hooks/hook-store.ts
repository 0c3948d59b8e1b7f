import type { JobStore } from '../jobs/index.ts';
import { firstOldRows, removeInParts } from '../old-rows.ts';
import type { RunStatement } from '../run-statement.ts';
import { addRuns } from '../runs/add-runs.ts';
import type { NewRun } from '../runs/index.ts';
import { queueOf } from '../runs/queue.ts';
import { deliverSignal, type NewSignal } from '../runs/signals.ts';

export type HookOutcome = 'accepted' | 'duplicate' | 'challenge' | 'refused';

/** A call of an inbound webhook, as the log keeps it. */
export interface HookCall {
  readonly id: string;
  readonly hook: string;
  readonly method: string;
  readonly query: string;
  readonly address: string | null;
  /** Secrets masked. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body as it was received; `null`: the call was refused before. */
  readonly body: Buffer | null;
  readonly status: number;
  readonly outcome: HookOutcome;
  /** Why it was refused. */
  readonly reason: string | null;
  readonly run: string | null;
  /** The id of the call that it repeats. */
  readonly replayOf: string | null;
}

export interface StoredHookCall extends Omit<HookCall, 'body'> {
  readonly seq: number;
  readonly at: string;
  /** `null`: it is not kept. */
  readonly bytes: number | null;
}

/** A run that a call starts. */
export interface HookRun {
  readonly run: NewRun;
  /** A later call with the same key starts nothing; `null`: each call starts a run. */
  readonly key: HookKey | null;
}

/** By what repeated calls are recognized, and for how long. */
export interface HookKey {
  readonly text: string;
  readonly seconds: number;
}

export interface HookCallFilter {
  readonly hook?: string;
  readonly outcome?: HookOutcome;
  /** Only calls before the one with this number. */
  readonly before?: number;
  readonly limit: number;
}

/** Calls of inbound webhooks in the store. All methods reject with FozError. */
export class HookStore {
  readonly #jobs: JobStore;

  constructor(jobs: JobStore) {
    this.#jobs = jobs;
  }

  /** Adds a call to the log. */
  async log(call: HookCall): Promise<void> {
    await this.#jobs.transact(({ run }) => insertCall(run, call));
  }

  /** Starts the run of a call and adds the call to the log, both or neither. Resolves with the run that an earlier call with the key has started; `null`: none has. */
  start(call: HookCall, { run, key }: HookRun): Promise<string | null> {
    return this.#jobs.transact(async (transaction) => {
      await transaction.lock([{ queue: queueOf(run.workflow), key: run.key }]);
      const former = key === null ? null : await takeKey(transaction.run, call.hook, key, run.id);
      if (former !== null) {
        await insertCall(transaction.run, { ...call, outcome: 'duplicate', run: former });
        return former;
      }
      await addRuns(transaction, [run]);
      await insertCall(transaction.run, { ...call, run: run.id });
      return null;
    });
  }

  /**
   * Gives the signal of a call and adds the call to the log, both or neither. Resolves with the signal that an earlier call with the key has given;
   * `null`: none has.
   */
  signal(call: HookCall, signal: NewSignal, key: HookKey | null): Promise<string | null> {
    return this.#jobs.transact(async (transaction) => {
      const former = key === null ? null : await takeKey(transaction.run, call.hook, key, signal.id);
      if (former === null) await deliverSignal(transaction, signal);
      await insertCall(transaction.run, former === null ? call : { ...call, outcome: 'duplicate' });
      return former;
    });
  }

  /** The newest calls first. */
  async list({ hook, outcome, before, limit }: HookCallFilter): Promise<readonly StoredHookCall[]> {
    const conditions: [sql: string, value: unknown][] = [];
    if (hook !== undefined) conditions.push(['hook = ?', hook]);
    if (outcome !== undefined) conditions.push(['outcome = ?', outcome]);
    if (before !== undefined) conditions.push(['seq < ?', before]);
    const where = conditions.length === 0 ? '' : `where ${conditions.map(([sql]) => sql).join(' and ')}`;
    const rows = await this.#jobs.transact(({ run }) =>
      run(`select ${shown} from foz.hook_calls ${where} order by seq desc limit ?`, [
        ...conditions.map(([, value]) => value),
        limit,
      ]),
    );
    return rows.map(callOf);
  }

  /** A call with its body; `null`: there is none. */
  find(id: string): Promise<(StoredHookCall & { readonly body: Buffer | null }) | null> {
    return this.#jobs.transact(async ({ run }) => {
      const [row] = await run(`select ${shown}, body from foz.hook_calls where id = ?`, [id]);
      if (row === undefined) return null;
      return { ...callOf(row), body: row.body === null ? null : Buffer.from(row.body as Uint8Array) };
    });
  }

  /** Removes calls that are older than `seconds`, and keys that have expired. */
  async removeOld(seconds: number | null): Promise<void> {
    if (seconds !== null)
      await this.#remove(
        `delete from foz.hook_calls where id in (${firstOldRows(`
           select id, at, coalesce(octet_length(body), 0) as bytes from foz.hook_calls
           where at < now() - ? * interval '1 second' order by at limit ? for update skip locked`)}) returning 1`,
        [seconds, callsAtOnce],
      );
    await this.#remove(
      `delete from foz.hook_keys where (hook, key) in (
         select hook, key from foz.hook_keys where expires_at < now() limit ? for update skip locked)
       returning 1`,
      [keysAtOnce],
    );
  }

  #remove(statement: string, parameters: readonly unknown[]): Promise<number> {
    return removeInParts(async () => {
      const rows = await this.#jobs.transact(({ run }) => run(statement, parameters));
      return rows.length;
    });
  }
}

const callsAtOnce = 1_000;
const keysAtOnce = 10_000;

const shown =
  'id, seq, hook, at, method, query, address, headers, octet_length(body) as bytes, status, outcome, reason, run, replay_of';

/** Takes a key for a run, or for a signal. Resolves with the one that has it; `null`: it is this one. */
async function takeKey(
  run: RunStatement,
  hook: string,
  { text, seconds }: HookKey,
  id: string,
): Promise<string | null> {
  const taken = await run(
    `insert into foz.hook_keys as k (hook, key, run, expires_at) values (?, ?, ?, now() + ? * interval '1 second')
     on conflict (hook, key) do update set run = excluded.run, expires_at = excluded.expires_at
       where k.expires_at < now()
     returning 1`,
    [hook, text, id, seconds],
  );
  if (taken.length > 0) return null;
  const [row] = await run('select run from foz.hook_keys where hook = ? and key = ?', [hook, text]);
  return String(row!.run);
}

async function insertCall(run: RunStatement, call: HookCall): Promise<void> {
  await run(
    `insert into foz.hook_calls (id, hook, method, query, address, headers, body, status, outcome, reason, run, replay_of)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      ...[call.id, call.hook, call.method, call.query, call.address, JSON.stringify(call.headers)],
      ...[call.body, call.status, call.outcome, call.reason, call.run, call.replayOf],
    ],
  );
}

function callOf(row: Readonly<Record<string, unknown>>): StoredHookCall {
  const text = (value: unknown) => (value === null ? null : String(value));
  return {
    ...{ id: String(row.id), seq: Number(row.seq), hook: String(row.hook), method: String(row.method) },
    ...{ query: String(row.query), address: text(row.address), headers: JSON.parse(String(row.headers)) },
    at: (row.at as Date).toISOString(),
    bytes: row.bytes === null ? null : Number(row.bytes),
    status: Number(row.status),
    outcome: row.outcome as HookOutcome,
    ...{ reason: text(row.reason), run: text(row.run), replayOf: text(row.replay_of) },
  };
}
