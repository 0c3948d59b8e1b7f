import type { RunStatement } from '../run-statement.ts';
import type { Store } from '../store.ts';
import {
  type ClaimLimit,
  claimJobs,
  divide,
  lockQueues,
  type Share,
  type WaitingQueue,
  waitingQueues,
  withinLimit,
} from './claims.ts';
import { countJobs, type JobCount } from './counts.ts';
import type { Claim, JobQueue, NewJob, Settlement } from './job.ts';
import {
  holdJobs,
  insertJobs,
  jobChannel,
  lockKeys,
  makeJobsDue,
  pauseQueue,
  removeJobs,
  resetAttempts,
  settleJobs,
  storeQueues,
  suspendJobs,
} from './statements.ts';
import {
  addWorker,
  beat,
  buryWorker,
  freeOrphans,
  heartbeatOfOnlyProcess,
  type OtherWorker,
  releaseAllBut,
  removeWorker,
} from './workers.ts';

interface JobName {
  readonly id: string;
  readonly queue: string;
  readonly key?: string | null;
}

/** Changes of jobs within a transaction, with statements of the caller's own tables. */
export interface JobTransaction {
  readonly run: RunStatement;
  /** Adds jobs. Resolves with the ids that were not in a queue yet. */
  add(jobs: readonly NewJob[]): Promise<readonly string[]>;
  /** Ends claims. Resolves with the ids of those that still held: only about them may anything be recorded. */
  settle(settlements: readonly Settlement[]): Promise<ReadonlySet<string>>;
  /** Ensures that nobody takes these jobs over before the end of the transaction. Resolves with the ids of the claims that still hold. */
  hold(claims: readonly Claim[]): Promise<ReadonlySet<string>>;
  /** Removes jobs that nobody works on. Resolves with the ids of those that were removed. */
  withdraw(jobs: readonly JobName[]): Promise<ReadonlySet<string>>;
  /** Removes jobs, also claimed ones: whoever works on them records nothing any more. Resolves with the ids of those that were there. */
  revoke(jobs: readonly JobName[]): Promise<ReadonlySet<string>>;
  /** Ends the claims of jobs, and lets nobody claim them until `makeDue` makes them due. They keep their places before later jobs of their keys. */
  suspend(ids: readonly string[]): Promise<void>;
  /** Makes jobs that wait for a later time due now, or in `afterMs`. */
  makeDue(ids: readonly string[], afterMs?: number): Promise<void>;
  /** Counts the attempts of held jobs from 0 again. */
  resetAttempts(ids: readonly string[]): Promise<void>;
  /**
   * Locks the keys of jobs. A transaction that both ends claims and adds jobs with keys calls this first, with all of these jobs: otherwise two
   * transactions may wait for each other, and one of them fails with `conflict`.
   */
  lock(jobs: readonly { readonly queue: string; readonly key?: string | null }[]): Promise<void>;
}

/** The result of an attempt to claim jobs. */
export interface Claimed {
  readonly claims: readonly Claim[];
  /** Whether there are due jobs that could not be claimed, since another process is claiming from their queue. */
  readonly busy: boolean;
  /** Milliseconds until the next job becomes due; 0 where there may be more already; `null`: there is none. */
  readonly nextMs: number | null;
}

/** The job queue of the store. All methods reject with FozError. */
export class JobStore {
  readonly #store: Store;
  readonly #listeners = new Set<() => void>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Whether this process is the only one that can open the store. */
  get isExclusive(): boolean {
    return this.#store.kind === 'pglite';
  }

  /** Runs a transaction, all or nothing. Workers of this process are woken after it, those of other processes by its notifications. */
  async transact<T>(body: (transaction: JobTransaction) => Promise<T>): Promise<T> {
    let mayBeDue = false;
    const done = await this.#store.transact((run) =>
      body({
        run,
        add: async (jobs) => {
          await lockKeys(run, jobs);
          mayBeDue = true;
          return insertJobs(run, jobs);
        },
        settle: async (settlements) => {
          mayBeDue ||= settlements.some(
            ({ claim, outcome }) => claim.key !== null || outcome.kind === 'later',
          );
          await lockKeys(
            run,
            settlements.filter(({ outcome }) => outcome.kind === 'done').map(({ claim }) => claim),
          );
          return settleJobs(run, settlements);
        },
        hold: (claims) => holdJobs(run, claims),
        withdraw: async (jobs) => {
          await lockKeys(run, jobs);
          mayBeDue = true;
          return removeJobs(run, jobs, false);
        },
        revoke: async (jobs) => {
          await lockKeys(run, jobs);
          mayBeDue = true;
          return removeJobs(run, jobs, true);
        },
        suspend: (ids) => suspendJobs(run, ids),
        makeDue: (ids, afterMs = 0) => {
          mayBeDue = true;
          return makeJobsDue(run, ids, afterMs);
        },
        resetAttempts: (ids) => resetAttempts(run, ids),
        lock: (jobs) => lockKeys(run, jobs),
      }),
    );
    if (mayBeDue) this.#wake();
    return done;
  }

  /** Adds queues, or changes their limits. A queue has to be there before its jobs are claimed. */
  async storeQueues(queues: readonly JobQueue[]): Promise<void> {
    await this.#store.transact((run) => storeQueues(run, queues));
    this.#wake();
  }

  async pauseQueue(name: string, paused: boolean): Promise<void> {
    await this.#store.transact((run) => pauseQueue(run, name, paused));
    this.#wake();
  }

  /** The number of jobs of each kind. */
  counts(): Promise<readonly JobCount[]> {
    return countJobs(this.#store.run);
  }

  /** Claims due jobs of these kinds, `most` at most. `limitOf`: what the caller claims of a queue at most. */
  async claim(
    worker: string,
    kinds: readonly string[],
    most: number,
    limitOf: (queue: WaitingQueue) => ClaimLimit | null = () => null,
  ): Promise<Claimed> {
    const waiting = (await waitingQueues(this.#store.run, kinds)).map((queue) =>
      withinLimit(queue, limitOf(queue)),
    );
    const shares = divide(
      waiting.filter(({ dueMs }) => dueMs <= 0),
      most,
    );
    const claims = await this.#claimShares(worker, shares);
    if (claims.length > 0) return { claims, busy: false, nextMs: 0 };
    const later = waiting.map(({ dueMs }) => dueMs).filter((ms) => ms > 0);
    return { claims, busy: shares.length > 0, nextMs: later.length === 0 ? null : Math.min(...later) };
  }

  /** Only limits of queues need a transaction: their claimed jobs are counted under a lock. */
  #claimShares(worker: string, shares: readonly Share[]): Promise<readonly Claim[]> {
    const limited = shares.filter(({ queue }) => queue.room !== null).map(({ queue }) => queue.name);
    if (limited.length === 0) return claimJobs(this.#store.run, worker, shares);
    return this.#store.transact(async (run) => {
      const locked = await lockQueues(run, limited);
      const free = shares.filter(({ queue }) => queue.room === null || locked.has(queue.name));
      return claimJobs(run, worker, free);
    });
  }

  addWorker(id: string): Promise<void> {
    return this.#store.transact((run) => addWorker(run, id));
  }

  /** Records a heartbeat. Resolves with the other workers; `null`: this one was declared dead. */
  beat(id: string): Promise<readonly OtherWorker[] | null> {
    return this.#store.transact((run) =>
      this.isExclusive ? heartbeatOfOnlyProcess(run, id) : beat(run, id),
    );
  }

  /** Declares workers dead, unless they have had another heartbeat, and frees the jobs of all workers that are no longer there. Resolves with the number of jobs. */
  async takeOver(silent: readonly OtherWorker[]): Promise<number> {
    const freed = await this.#store.transact(async (run) => {
      for (const worker of silent) await buryWorker(run, worker);
      return freeOrphans(run);
    });
    if (freed > 0) this.#wake();
    return freed;
  }

  /** Frees the jobs that a worker holds according to the store, except those of the claims that it knows (`held`). */
  async releaseAllBut(worker: string, held: readonly Claim[]): Promise<void> {
    await this.#store.transact((run) => releaseAllBut(run, worker, held));
  }

  removeWorker(id: string): Promise<void> {
    return this.#store.transact((run) => removeWorker(run, id));
  }

  /** Calls the listener when jobs may be due, by this process or another one. Returns a function that ends this. */
  onDue(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Listens to the notifications of other processes until `ended` resolves. */
  async listen(): Promise<{ readonly ended: Promise<void>; close(): Promise<void> }> {
    const session = await this.#store.session();
    try {
      await session.listen(jobChannel, () => this.#wake());
    } catch (error) {
      void session.close();
      throw error;
    }
    return session;
  }

  #wake(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
