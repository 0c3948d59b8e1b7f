import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Claim, failureFields, type JobStore } from '../../store/index.ts';
import { type QueueLimit, QueueLimits } from './queue-limits.ts';
import { retryDelay } from './retry-delay.ts';
import { Silence } from './silence.ts';

/** The destination of warnings, for example a pino logger. */
export interface WorkLog {
  warn(fields: object, message: string): void;
}

/**
 * Does one job, and settles its claim with whatever it records. The signal aborts when the claim is lost, or the worker stops. If it rejects,
 * the job is due again later.
 */
export type JobHandler = (claim: Claim, signal: AbortSignal) => Promise<void>;

export interface JobWorkerOptions {
  readonly jobs: JobStore;
  readonly log?: WorkLog;
  /** Most jobs that this process works on at once; default: 200. */
  readonly slots?: number;
  /** Most jobs that are claimed by one statement; default: 100. */
  readonly batch?: number;
  /** Milliseconds between two heartbeats; default: 2,000. */
  readonly beatMs?: number;
  /** Another worker is declared dead when it has had no heartbeat during so many of this one; default: 3. */
  readonly silentBeats?: number;
}

/** Milliseconds between two attempts to claim that find nothing, however often the worker is woken. */
const emptyPauseMs = 20;
/** Milliseconds before a claim is tried again after the store did not answer. */
const failedPauseMs = 500;
/** The longest time of a timer. */
const longestMs = 60_000;

/**
 * Claims jobs and runs their handlers. One row of the store says that this process lives; other workers take its jobs over when the row does
 * not change any more. The worker asks for jobs when it is woken, when the next one is due, and at each heartbeat.
 */
export class JobWorker {
  readonly #options: Required<Omit<JobWorkerOptions, 'log'>> & { readonly log: WorkLog | undefined };
  readonly #handlers = new Map<string, JobHandler>();
  readonly #limits = new QueueLimits();
  readonly #silence: Silence;
  readonly #running = new Map<Claim, Promise<void>>();
  /** The name under which the worker is registered; `null`: it is not, or was declared dead. */
  #id: string | null = null;
  #claims = manyListeners();
  #beating: Promise<void> | null = null;
  #beatTimer: NodeJS.Timeout | undefined;
  #claiming: Promise<void> | null = null;
  #claimAgain = false;
  #claimTimer: NodeJS.Timeout | undefined;
  #dueTimer: NodeJS.Timeout | undefined;
  #listening: Promise<{ close(): Promise<void> } | null> | null = null;
  #unlisten: () => void = () => {};
  /** Whether the store may say that this worker holds jobs that it does not work on: an answer was lost, or a commit came late. */
  #hasStrays = false;
  #isStopped = false;
  #isFailing = false;

  constructor({ log, ...options }: JobWorkerOptions) {
    this.#options = { slots: 200, batch: 100, beatMs: 2_000, silentBeats: 3, ...options, log };
    this.#silence = new Silence(this.#options.silentBeats);
  }

  /**
   * Sets the handler of a kind of queue. `limitOf`: limits a queue of the kind in this process; it is asked at each claim. Called before
   * `start`.
   */
  handle(kind: string, handler: JobHandler, limitOf?: (queue: string) => QueueLimit | null): void {
    this.#handlers.set(kind, handler);
    if (limitOf !== undefined) this.#limits.set(kind, limitOf);
  }

  /** Starts to claim jobs. Where the store does not answer, it tries again at each heartbeat. */
  async start(): Promise<void> {
    this.#unlisten = this.#options.jobs.onDue(() => this.wake());
    await this.#beat();
  }

  /** The number of jobs that this process works on. */
  get running(): number {
    return this.#running.size;
  }

  /** The name under which this process claims jobs now; `null`: it has none at the moment. */
  get id(): string | null {
    return this.#id;
  }

  /** Looks for due jobs. Calls while a look is under way lead to one more look. */
  wake(): void {
    this.#claimAgain = true;
    if (this.#claiming !== null || this.#claimTimer !== undefined || this.#isStopped || this.#id === null)
      return;
    // Jobs that end in the same turn of the event loop are replaced by one claim.
    this.#claiming = nextTurn()
      .then(() => this.#claimAll())
      .finally(() => {
        this.#claiming = null;
        if (this.#claimAgain) this.wake();
      });
  }

  /** Claims no more jobs, waits `graceMs` for the running ones, aborts the rest, and gives their jobs to other workers. */
  async stop(graceMs = 5_000): Promise<void> {
    this.#isStopped = true;
    this.#unlisten();
    for (const timer of [this.#claimTimer, this.#dueTimer]) clearTimeout(timer);
    await this.#claiming;
    await this.#endOfRunning(graceMs);
    this.#claims.abort();
    clearTimeout(this.#beatTimer);
    await this.#beating;
    const session = await this.#listening?.catch(() => null);
    await session?.close();
    if (this.#id !== null)
      await this.#options.jobs.removeWorker(this.#id).catch((error) => this.#warn(error));
    this.#id = null;
  }

  async #endOfRunning(graceMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, graceMs);
    });
    await Promise.race([Promise.all(this.#running.values()), grace]);
    clearTimeout(timer);
  }

  #beat(): Promise<void> {
    this.#beating = this.#beatOnce()
      .then(
        () => {
          this.#isFailing = false;
        },
        (error: unknown) => {
          this.#silence.reset();
          this.#warn(error);
        },
      )
      .finally(() => {
        if (this.#claims.signal.aborted && this.#isStopped) return;
        this.#beatTimer = setTimeout(() => void this.#beat(), this.#options.beatMs).unref();
      });
    return this.#beating;
  }

  async #beatOnce(): Promise<void> {
    const { jobs } = this.#options;
    this.#listen();
    const others = this.#id === null ? null : await jobs.beat(this.#id);
    if (others === null) await this.#register();
    else await this.#takeOver(jobs.isExclusive ? others : this.#silence.observe(others));
    // The commit of a claim that seemed to have failed may come at any time.
    this.#hasStrays = true;
    this.wake();
  }

  /** Begins under a new name. Claims under the former one are lost, and other workers may have them already. */
  async #register(): Promise<void> {
    this.#claims.abort();
    this.#claims = manyListeners();
    this.#id = null;
    const id = randomUUID();
    await this.#options.jobs.addWorker(id);
    this.#id = id;
    // No other process can have an exclusive store open, so its other workers are dead.
    if (this.#options.jobs.isExclusive) await this.#takeOver((await this.#options.jobs.beat(id)) ?? []);
  }

  async #takeOver(silent: Parameters<JobStore['takeOver']>[0]): Promise<void> {
    const freed = await this.#options.jobs.takeOver(silent);
    if (silent.length > 0)
      this.#options.log?.warn(
        { workers: silent.map(({ id }) => id), jobs: freed },
        'Workers have had no heartbeat for too long; their jobs were taken over.',
      );
  }

  #listen(): void {
    if (this.#options.jobs.isExclusive || this.#listening !== null || this.#isStopped) return;
    const listening = this.#options.jobs.listen();
    this.#listening = listening;
    const forget = () => {
      if (this.#listening === listening) this.#listening = null;
    };
    void listening
      .then(({ ended }) => {
        // Notifications from before were not received.
        this.wake();
        return ended;
      })
      .then(forget, forget);
  }

  async #claimAll(): Promise<void> {
    let pause: number | null = null;
    while (this.#claimAgain && pause === null && !this.#isStopped) {
      this.#claimAgain = false;
      pause = await this.#claimOnce().catch((error: unknown) => {
        this.#warn(error);
        this.#claimAgain = true;
        this.#hasStrays = true;
        return failedPauseMs;
      });
    }
    if (pause === null || this.#isStopped) return;
    this.#claimTimer = setTimeout(() => {
      this.#claimTimer = undefined;
      if (this.#claimAgain) this.wake();
    }, pause).unref();
  }

  /** Claims once. Returns the milliseconds to pause; `null`: none, since something was found, or nothing can be started. */
  async #claimOnce(): Promise<number | null> {
    const { jobs, slots, batch } = this.#options;
    if (this.#id === null) return null;
    if (this.#hasStrays) {
      // Claims that become stray meanwhile are released by the next attempt.
      this.#hasStrays = false;
      await jobs.releaseAllBut(this.#id, [...this.#running.keys()]);
    }
    const most = Math.min(batch, slots - this.#running.size);
    if (most <= 0) return null;
    const signal = this.#claims.signal;
    clearTimeout(this.#dueTimer);
    const { claims, busy, nextMs } = await jobs.claim(
      ...([this.#id, [...this.#handlers.keys()], most] as const),
      (queue) => this.#limits.of(queue, this.#running.keys()),
    );
    for (const claim of claims) this.#run(claim, signal);
    if (claims.length > 0) {
      this.#claimAgain = true;
      return null;
    }
    if (busy) this.#claimAgain = true;
    else if (nextMs !== null)
      this.#dueTimer = setTimeout(() => this.wake(), Math.min(Math.ceil(nextMs), longestMs)).unref();
    return emptyPauseMs;
  }

  #run(claim: Claim, signal: AbortSignal): void {
    const done = this.#handled(claim, signal)
      .catch((error: unknown) => {
        this.#hasStrays = true;
        this.#warn(error);
      })
      .then(() => {
        this.#running.delete(claim);
        this.wake();
      });
    this.#running.set(claim, done);
  }

  async #handled(claim: Claim, signal: AbortSignal): Promise<void> {
    try {
      await this.#handlers.get(claim.kind)!(claim, signal);
    } catch (error) {
      if (signal.aborted) return;
      this.#options.log?.warn(
        { job: claim.id, queue: claim.queue, ...failureFields(error) },
        'A job failed.',
      );
      const outcome = { kind: 'later', afterMs: retryDelay(claim.attempts), progress: false } as const;
      await this.#options.jobs.transact(({ settle }) => settle([{ claim, outcome }]));
    }
  }

  #warn(error: unknown): void {
    if (!this.#isFailing && !this.#isStopped)
      this.#options.log?.warn(
        failureFields(error),
        'The job queue of the store does not answer; the worker keeps trying.',
      );
    this.#isFailing = true;
  }
}

/** A controller whose signal each running job listens to. */
function manyListeners(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}
