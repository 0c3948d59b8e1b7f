import { FozError } from '../../core/index.ts';
import type { PoolState } from '../../plan/index.ts';
import { ended, isFull, toFozError } from './errors.ts';
import type { Limits, Watch, Watched } from './watch.ts';

/** A connection as far as a pool needs it. */
export interface Pooled {
  /** Connected, idle and outside of a transaction. */
  readonly usable: boolean;
  readonly connected: boolean;
  /** When it was last used, on the clock of `performance.now()`. */
  idleSince: number;
  end(): Promise<void>;
}

export interface PoolOptions<S extends Pooled> {
  readonly poolSize: number;
  /** Milliseconds that a caller waits at most. */
  readonly waitMs: number;
  /** Milliseconds after which an unused connection is closed; `null`: never. */
  readonly idleMs: number | null;
  /** Connects. `onEnd` must be called once, when the connection is gone. */
  open(onEnd: (session: S) => void): Promise<S>;
}

interface Waiting<S> extends Watched {
  readonly resolve: (session: S) => void;
  readonly reject: (error: FozError) => void;
}

/** Connections to one database, at most `poolSize`, opened when needed. The one used last is used first. */
export class Pool<S extends Pooled> {
  readonly #options: PoolOptions<S>;
  readonly #watch: Watch;
  readonly #sessions = new Set<S>();
  readonly #idle: S[] = [];
  readonly #waiting = new Set<Waiting<S>>();
  #opening = 0;
  #sweeper: NodeJS.Timeout | null = null;
  #closing: { readonly done: Promise<void>; readonly resolve: () => void } | null = null;

  constructor(options: PoolOptions<S>, watch: Watch) {
    this.#options = options;
    this.#watch = watch;
  }

  get state(): PoolState {
    return { size: this.#sessions.size, idle: this.#idle.length, waiting: this.#waiting.size };
  }

  /** A connection for the caller alone until `release`. Rejects with FozError `unavailable` or `timeout`. */
  acquire(limits: Limits): S | Promise<S> {
    return this.#idle.pop() ?? this.#wait(limits);
  }

  /** Takes a connection back; one that is in a transaction or lost is not used again. */
  release(session: S): void {
    if (session.usable && this.#closing === null) this.#offer(session);
    else void session.end();
  }

  /** Closes idle connections now and the others when they come back. */
  close(): Promise<void> {
    if (this.#closing === null) {
      let resolve = () => {};
      const done = new Promise<void>((settle) => {
        resolve = settle;
      });
      this.#closing = { done, resolve };
      for (const waiting of this.#waiting)
        waiting.reject(new FozError('unavailable', 'The source is being closed.'));
      for (const waiting of this.#waiting) this.#watch.remove(waiting);
      this.#waiting.clear();
      for (const session of this.#idle.splice(0)) void session.end();
      this.#checkClosed();
    }
    return this.#closing.done;
  }

  #wait(limits: Limits): Promise<S> {
    return new Promise((resolve, reject) => {
      if (this.#closing !== null) return reject(new FozError('unavailable', 'The source is closed.'));
      const latest = performance.now() + this.#options.waitMs;
      const waiting: Waiting<S> = {
        signal: limits.signal,
        deadline: Math.min(latest, limits.deadline),
        resolve,
        reject,
        stop: () => {
          this.#waiting.delete(waiting);
          reject(limits.signal.aborted || limits.deadline <= latest ? ended(limits.signal) : this.#busy());
        },
      };
      this.#waiting.add(waiting);
      this.#watch.add(waiting);
      this.#grow();
    });
  }

  #busy(): FozError {
    const { poolSize, waitMs } = this.#options;
    return new FozError(
      'unavailable',
      `No connection to the database became free within ${waitMs} ms (the pool holds ${poolSize}): try again, or raise the pool size.`,
    );
  }

  #grow(): void {
    while (this.#opening < this.#waiting.size && this.#sessions.size + this.#opening < this.#options.poolSize)
      this.#open();
  }

  #open(): void {
    this.#opening++;
    this.#options
      .open((session) => this.#forget(session))
      .then(
        (session) => {
          this.#opening--;
          this.#sessions.add(session);
          if (!session.connected) this.#forget(session);
          else this.release(session);
        },
        (error: unknown) => {
          this.#opening--;
          this.#fail(error);
          this.#checkClosed();
        },
      );
  }

  /** Nobody waits for a connection that cannot be had, unless another one may become free. */
  #fail(error: unknown): void {
    if (isFull(error) && this.#sessions.size > 0) return;
    const [waiting] = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting.delete(waiting);
    this.#watch.remove(waiting);
    waiting.reject(toFozError(error));
    this.#grow();
  }

  #offer(session: S): void {
    const [waiting] = this.#waiting;
    if (waiting !== undefined) {
      this.#waiting.delete(waiting);
      this.#watch.remove(waiting);
      waiting.resolve(session);
      return;
    }
    session.idleSince = performance.now();
    this.#idle.push(session);
    this.#sweepLater();
  }

  #forget(session: S): void {
    this.#sessions.delete(session);
    const index = this.#idle.indexOf(session);
    if (index >= 0) this.#idle.splice(index, 1);
    if (this.#closing === null) this.#grow();
    this.#checkClosed();
  }

  #sweepLater(): void {
    const { idleMs } = this.#options;
    if (this.#sweeper !== null || idleMs === null) return;
    this.#sweeper = setTimeout(
      () => {
        this.#sweeper = null;
        const oldest = performance.now() - idleMs;
        const stale = this.#idle.filter((session) => session.idleSince < oldest);
        for (const session of stale) {
          this.#idle.splice(this.#idle.indexOf(session), 1);
          void session.end();
        }
        if (this.#idle.length > 0) this.#sweepLater();
      },
      idleMs / 2 + 1,
    );
    this.#sweeper.unref();
  }

  #checkClosed(): void {
    if (this.#closing === null || this.#sessions.size > 0 || this.#opening > 0) return;
    if (this.#sweeper !== null) clearTimeout(this.#sweeper);
    this.#closing.resolve();
  }
}
