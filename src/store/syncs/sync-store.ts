import { FozError } from '../../core/index.ts';
import type { Claim, JobStore, JobTransaction } from '../jobs/index.ts';
import type { Store } from '../store.ts';
import {
  agreedOf,
  keyTextOf,
  longKeyOf,
  problemOf,
  rowIdOf,
  storeAgreed,
  storeProblems,
  syncOf,
  updateSync,
} from './statements.ts';
import type { AgreedRow, PendingWrite, StoredSync, SyncProblem, SyncRecord, SyncUpdate } from './sync.ts';

/** The kind of the queues of syncs. Each sync has a queue with one job, which its process holds as long as it lives. */
export const syncKind = 'sync';

/** Syncs in the store. Whatever a process records about one names its claim, so that a former process records nothing. All methods reject with FozError. */
export class SyncStore {
  readonly #store: Store;
  readonly #jobs: JobStore;

  constructor(store: Store, jobs: JobStore) {
    this.#store = store;
    this.#jobs = jobs;
  }

  /** Adds syncs with their jobs, and notes that they are in use. */
  async use(names: readonly string[]): Promise<void> {
    await this.#jobs.storeQueues(
      names.map((name) => ({ name: queueOf(name), kind: syncKind, concurrency: 1 })),
    );
    await this.#jobs.transact(async ({ run, add }) => {
      await run(
        `insert into foz.syncs (name) select unnest(?::text[])
         on conflict (name) do update set seen_at = now()`,
        [names],
      );
      await add(names.map((name) => ({ id: queueOf(name), queue: queueOf(name) })));
    });
  }

  async list(): Promise<readonly StoredSync[]> {
    const rows = await this.#store.run(
      `select s.*,
         (select count(*) from foz.sync_problems p where p.sync = s.name and p.kind = 'refused') as refused,
         (select count(*) from foz.sync_problems p where p.sync = s.name and p.kind = 'conflict') as conflicts
       from foz.syncs s order by name`,
      [],
    );
    return rows.map(syncOf);
  }

  async read(name: string): Promise<StoredSync | null> {
    return (await this.list()).find((one) => one.name === name) ?? null;
  }

  /** Records how far a sync is. */
  async update(claim: Claim, name: string, update: SyncUpdate): Promise<void> {
    await this.#held(claim, ({ run }) => updateSync(run, name, update));
  }

  /** Takes the request for a comparison of the whole tables. */
  async takeCompare(claim: Claim, name: string): Promise<void> {
    await this.#held(claim, ({ run }) => run('update foz.syncs set compare = false where name = ?', [name]));
  }

  /** The rows that were in step, by their keys. */
  async agreed(name: string, keys: readonly string[]): Promise<ReadonlyMap<string, AgreedRow>> {
    const rows = await this.#store.run(
      'select * from foz.sync_rows where sync = ? and key = any(?::text[])',
      [name, keys.map(rowIdOf)],
    );
    return new Map(rows.map((row) => [keyTextOf(row), agreedOf(row)]));
  }

  /** The keys of the rows that were in step, after a key, in order. */
  async keysAfter(name: string, after: string, most: number): Promise<readonly string[]> {
    const rows = await this.#store.run(
      'select key, long_key from foz.sync_rows where sync = ? and key > ? collate "C" order by key limit ?',
      [name, rowIdOf(after), most],
    );
    return rows.map(keyTextOf);
  }

  /** Records writes before they are made. */
  async intend(claim: Claim, name: string, writes: ReadonlyMap<string, PendingWrite>): Promise<void> {
    if (writes.size === 0) return;
    await this.#held(claim, ({ run }) =>
      run(
        `insert into foz.sync_rows (sync, key, long_key, pending) select ?, * from unnest(?::text[], ?::text[], ?::text[])
         on conflict (sync, key) do update set pending = excluded.pending`,
        [
          name,
          [...writes.keys()].map(rowIdOf),
          [...writes.keys()].map(longKeyOf),
          [...writes.values()].map((write) => JSON.stringify(write)),
        ],
      ),
    );
  }

  /** Records what was done about keys. */
  async record(
    claim: Claim,
    name: string,
    records: readonly SyncRecord[],
    update: SyncUpdate,
  ): Promise<void> {
    await this.#held(claim, async ({ run }) => {
      await storeAgreed(run, name, records);
      await storeProblems(run, name, records);
      await updateSync(run, name, update);
    });
  }

  /** Forgets the fingerprints of a sync whose columns have changed. That there were rows stays known. */
  async forgetPrints(claim: Claim, name: string): Promise<void> {
    await this.#held(claim, ({ run }) =>
      run(
        `update foz.sync_rows set pending = null,
           left_print = case when left_print is not null then '' end,
           right_print = case when right_print is not null then '' end where sync = ?`,
        [name],
      ),
    );
  }

  /** The keys that are to be tried again now: refused ones whose time has come, and conflicts that somebody has decided. */
  async due(name: string, most: number): Promise<readonly string[]> {
    const rows = await this.#store.run(
      'select key, long_key from foz.sync_problems where sync = ? and retry_at <= now() order by retry_at limit ?',
      [name, most],
    );
    return rows.map(keyTextOf);
  }

  async problems(name: string, keys: readonly string[]): Promise<ReadonlyMap<string, SyncProblem>> {
    const rows = await this.#store.run(
      'select * from foz.sync_problems where sync = ? and key = any(?::text[])',
      [name, keys.map(rowIdOf)],
    );
    return new Map(rows.map((row) => [keyTextOf(row), problemOf(row)]));
  }

  /** Problems after a key, in the order of the keys. */
  async problemsAfter(name: string, after: string, most: number): Promise<readonly SyncProblem[]> {
    const rows = await this.#store.run(
      'select * from foz.sync_problems where sync = ? and key > ? order by key limit ?',
      [name, rowIdOf(after), most],
    );
    return rows.map(problemOf);
  }

  /** Decides conflicts for one side. `keys`: `null`: all of them. Resolves with their number. */
  async resolve(name: string, keys: readonly string[] | null, side: 'left' | 'right'): Promise<number> {
    const ids = keys?.map(rowIdOf) ?? null;
    const rows = await this.#store.run(
      `update foz.sync_problems set resolution = ?, retry_at = now()
       where sync = ? and kind = 'conflict' and (?::text[] is null or key = any(?::text[])) returning 1`,
      [side, name, ids, ids],
    );
    return rows.length;
  }

  /** Has the whole tables compared again, or makes no changes until the sync is resumed. Resolves with false where there is no such sync. */
  async ask(name: string, { compare, paused }: { compare?: boolean; paused?: boolean }): Promise<boolean> {
    const rows = await this.#store.run(
      `update foz.syncs set compare = compare or ?::boolean, paused = coalesce(?::boolean, paused) where name = ? returning 1`,
      [compare ?? false, paused ?? null, name],
    );
    return rows.length > 0;
  }

  /** Gives a claim to another process, or ends the job where the sync is gone. */
  async leave(claim: Claim, isGone: boolean, afterMs: number): Promise<void> {
    const outcome = isGone
      ? ({ kind: 'done' } as const)
      : ({ kind: 'later', afterMs, progress: true } as const);
    await this.#jobs.transact(({ settle }) => settle([{ claim, outcome }]));
  }

  /** Removes what is known of syncs that the metadata does not have and that no process has used for a day. `known`: those of the metadata. */
  async removeUnused(known: readonly string[], batch = 10_000): Promise<void> {
    const gone = await this.#store.run(
      `select name from foz.syncs where seen_at < now() - interval '1 day' and name <> all(?::text[])`,
      [known],
    );
    for (const { name } of gone) {
      for (let removed = batch; removed === batch; ) {
        const keys = '(select key from foz.sync_rows where sync = ? limit ?)';
        const rows = await this.#store.run(
          `delete from foz.sync_rows where sync = ? and key in ${keys} returning 1`,
          [name, name, batch],
        );
        removed = rows.length;
      }
      await this.#store.run('delete from foz.sync_problems where sync = ?', [name]);
      await this.#store.run('delete from foz.syncs where name = ?', [name]);
    }
  }

  #held<T>(claim: Claim, body: (transaction: JobTransaction) => Promise<T>): Promise<T> {
    return this.#jobs.transact(async (transaction) => {
      const held = await transaction.hold([claim]);
      if (!held.has(claim.id)) throw new FozError('conflict', 'Another process goes on with this sync.');
      return body(transaction);
    });
  }
}

function queueOf(name: string): string {
  return `${syncKind}:${name}`;
}
