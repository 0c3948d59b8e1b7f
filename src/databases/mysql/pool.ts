import { FozError } from '../../core/index.ts';
import type { PoolState } from '../../plan/index.ts';
import { ended, isFull, toFozError } from './errors.ts';
import type { Session } from './session.ts';
import type { Limits, Watch, Watched } from './watch.ts';

interface Waiting extends Watched {
  readonly resolve: (session: Session) => void;
  readonly reject: (error: FozError) => void;
}

export interface PoolOptions {
  readonly poolSize: number;
  /** Milliseconds that a caller waits at most. */
  readonly waitMs: number;
  /** Milliseconds after which an unused connection is closed. */
  readonly idleMs: number;
  /** Connects. `onEnd` is called once, when the connection is gone. */
  open(onEnd: (session: Session) => void): Promise<Session>;
}

/** Connections to one server, at most `poolSize`, opened when needed and replaced when lost. The one used last is used first. */
export class Pool {
  readonly #options: PoolOptions;
  readonly #watch: Watch;
  readonly #sessions = new Set<Session>();
  readonly #idle: Session[] = [];
  readonly #waiting = new Set<Waiting>();
  #opening = 0;
  #sweeper: NodeJS.Timeout | null = null;
  #closed: { readonly done: Promise<void>; readonly settle: () => void } | null = null;

  constructor(options: PoolOptions, watch: Watch) {
    this.#options = options;
    this.#watch = watch;
  }

  get state(): PoolState {
    return { size: this.#sessions.size, idle: this.#idle.length, waiting: this.#waiting.size };
  }

  /** A connection for the caller alone until `release`. Rejects with FozError `unavailable` or `timeout`. */
  acquire(limits: Limits): Session | Promise<Session> {
    if (this.#closed !== null) return Promise.reject(new FozError('unavailable', 'The source is closed.'));
    return this.#idle.pop() ?? this.#wait(limits);
  }

  /** Takes a connection back; one that cannot be trusted any more is closed. */
  release(session: Session): void {
    if (this.#closed !== null || !session.usable) {
      session.end();
      return;
    }
    const [next] = this.#waiting;
    if (next !== undefined) {
      this.#leave(next);
      next.resolve(session);
      return;
    }
    session.idleSince = performance.now();
    this.#idle.push(session);
    this.#sweepLater();
  }

  /** Closes idle connections now and the others when they come back. */
  close(): Promise<void> {
    if (this.#closed === null) {
      let settle = () => {};
      const done = new Promise<void>((resolve) => {
        settle = resolve;
      });
      this.#closed = { done, settle };
      for (const waiting of [...this.#waiting]) {
        this.#leave(waiting);
        waiting.reject(new FozError('unavailable', 'The source is being closed.'));
      }
      for (const session of this.#idle.splice(0)) session.end();
      this.#checkClosed();
    }
    return this.#closed.done;
  }

  #wait(limits: Limits): Promise<Session> {
    return new Promise((resolve, reject) => {
      const latest = performance.now() + this.#options.waitMs;
      const waiting: Waiting = {
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

  #leave(waiting: Waiting): void {
    this.#waiting.delete(waiting);
    this.#watch.remove(waiting);
  }

  #busy(): FozError {
    const { poolSize, waitMs } = this.#options;
    return new FozError(
      'unavailable',
      `No connection to the database became free within ${waitMs} ms (the pool holds ${poolSize}): try again, or raise the pool size.`,
    );
  }

  #grow(): void {
    const { poolSize } = this.#options;
    while (this.#opening < this.#waiting.size && this.#sessions.size + this.#opening < poolSize) this.#open();
  }

  #open(): void {
    this.#opening++;
    this.#options
      .open((session) => this.#forget(session))
      .then(
        (session) => {
          this.#opening--;
          if (session.connected) {
            this.#sessions.add(session);
            this.release(session);
          } else this.#grow();
          this.#checkClosed();
        },
        (error: unknown) => {
          this.#opening--;
          this.#fail(error);
          this.#checkClosed();
        },
      );
  }

  /** One caller less waits for a connection that cannot be had, unless another one may become free. */
  #fail(error: unknown): void {
    if (isFull(error) && this.#sessions.size + this.#opening > 0) return;
    const [waiting] = this.#waiting;
    if (waiting === undefined) return;
    this.#leave(waiting);
    waiting.reject(toFozError(error, 'connect'));
    this.#grow();
  }

  #forget(session: Session): void {
    this.#sessions.delete(session);
    const index = this.#idle.indexOf(session);
    if (index >= 0) this.#idle.splice(index, 1);
    if (this.#closed === null) this.#grow();
    this.#checkClosed();
  }

  #sweepLater(): void {
    if (this.#sweeper !== null) return;
    this.#sweeper = setTimeout(() => this.#sweep(), this.#options.idleMs / 2 + 1);
    this.#sweeper.unref();
  }

  #sweep(): void {
    this.#sweeper = null;
    const oldest = performance.now() - this.#options.idleMs;
    for (const session of this.#idle.filter(({ idleSince }) => idleSince < oldest)) {
      this.#idle.splice(this.#idle.indexOf(session), 1);
      session.end();
    }
    if (this.#idle.length > 0) this.#sweepLater();
  }

  #checkClosed(): void {
    if (this.#closed === null || this.#sessions.size > 0 || this.#opening > 0) return;
    if (this.#sweeper !== null) clearTimeout(this.#sweeper);
    this.#closed.settle();
  }
}
