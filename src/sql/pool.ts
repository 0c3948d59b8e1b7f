import { FozError, type Link, LinkedList } from '../core/index.ts';
import type { PoolState } from '../plan/index.ts';
import { ended, type Limits, type Watch, type Watched } from './watch.ts';

/** A connection as far as a pool needs it. */
export interface Pooled {
  /** Connected, idle and outside of a transaction. */
  readonly usable: boolean;
  readonly connected: boolean;
  /** When it was last used, on the clock of `performance.now()`. */
  idleSince: number;
  /** Closes the connection, at once even when a statement runs; never throws. `onEnd` is called afterwards. */
  end(): void;
}

/** Settings and functions that an engine passes to its pool. */
export interface PoolOptions<S extends Pooled> {
  /** Connections at most. */
  readonly poolSize: number;
  /** Milliseconds that a caller waits at most. */
  readonly waitMs: number;
  /** Milliseconds after which an unused connection is closed; `null`: never. */
  readonly idleMs: number | null;
  /** Connects. `onEnd` must be called once, when the connection is gone. */
  open(onEnd: (session: S) => void): Promise<S>;
  /** Whether `open` failed because the server has no connection left to give. */
  isFull(error: unknown): boolean;
  /** The error for a caller when `open` failed. */
  toFozError(error: unknown): FozError;
}

interface Waiting<S> extends Watched {
  readonly resolve: (session: S) => void;
  readonly reject: (error: FozError) => void;
  link: Link<Waiting<S>> | null;
}

/** Connections to one database, opened when needed and replaced when lost. The one used last is used first. */
export class Pool<S extends Pooled> {
  readonly #options: PoolOptions<S>;
  readonly #watch: Watch;
  readonly #sessions = new Set<S>();
  readonly #idle: S[] = [];
  readonly #waiting = new LinkedList<Waiting<S>>();
  /** In use, and not to be used again. */
  readonly #retired = new Set<S>();
  #opening = 0;
  #sweeper: NodeJS.Timeout | null = null;
  #closing: PromiseWithResolvers | null = null;

  constructor(options: PoolOptions<S>, watch: Watch) {
    this.#options = options;
    this.#watch = watch;
  }

  get state(): PoolState {
    return { size: this.#sessions.size, idle: this.#idle.length, waiting: this.#waiting.size };
  }

  /** A connection for the caller alone until `release`; an idle one at once. Rejects with FozError `unavailable` or `timeout`. */
  acquire(limits: Limits): S | Promise<S> {
    return this.#idle.pop() ?? this.#wait(limits);
  }

  /** Takes a connection back; one that is in a transaction, lost or retired is not used again. */
  release(session: S): void {
    if (!session.usable || this.#closing !== null || this.#retired.has(session)) {
      session.end();
      return;
    }
    const waiting = this.#waiting.first;
    if (waiting !== undefined) {
      this.#leave(waiting);
      waiting.resolve(session);
      return;
    }
    session.idleSince = performance.now();
    this.#idle.push(session);
    this.#sweepLater();
  }

  /** Returns the idle connections, which the caller must end. Connections in use are ended when they are released. */
  retire(): readonly S[] {
    const idle = this.#idle.splice(0);
    for (const session of this.#sessions) this.#retired.add(session);
    return idle;
  }

  /** Closes idle connections now, and the others when they are released, or at once for `all`. Resolves when all are gone. */
  close(those: 'idle' | 'all' = 'idle'): Promise<void> {
    if (this.#closing === null) {
      this.#closing = withResolvers();
      for (const waiting of [...this.#waiting]) {
        this.#leave(waiting);
        waiting.reject(new FozError('unavailable', 'The source is being closed.'));
      }
      const idle = this.#idle.splice(0);
      for (const session of those === 'all' ? [...this.#sessions] : idle) session.end();
      this.#checkClosed();
    }
    return this.#closing.promise;
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
        link: null,
        stop: () => {
          this.#unlink(waiting);
          reject(limits.signal.aborted || limits.deadline <= latest ? ended(limits.signal) : this.#busy());
        },
      };
      waiting.link = this.#waiting.add(waiting);
      this.#watch.add(waiting);
      this.#grow();
    });
  }

  #leave(waiting: Waiting<S>): void {
    this.#unlink(waiting);
    this.#watch.remove(waiting);
  }

  #unlink(waiting: Waiting<S>): void {
    if (waiting.link !== null) this.#waiting.remove(waiting.link);
  }

  #busy(): FozError {
    const { poolSize, waitMs } = this.#options;
    return new FozError(
      'unavailable',
      `No connection to the database became free within ${waitMs} ms (the pool holds ${poolSize}): try again, or raise the pool size.`,
    );
  }

  /** Opens connections while more callers wait than connections are being opened. */
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

  /** Rejects one waiting caller after `open` failed, unless another connection may become free. */
  #fail(error: unknown): void {
    if (this.#options.isFull(error) && this.#sessions.size + this.#opening > 0) return;
    const waiting = this.#waiting.first;
    if (waiting === undefined) return;
    this.#leave(waiting);
    waiting.reject(this.#options.toFozError(error));
    this.#grow();
  }

  #forget(session: S): void {
    this.#sessions.delete(session);
    this.#retired.delete(session);
    const index = this.#idle.indexOf(session);
    if (index >= 0) this.#idle.splice(index, 1);
    if (this.#closing === null) this.#grow();
    this.#checkClosed();
  }

  #sweepLater(): void {
    const { idleMs } = this.#options;
    if (this.#sweeper !== null || idleMs === null) return;
    this.#sweeper = setTimeout(() => this.#sweep(idleMs), idleMs / 2 + 1);
    this.#sweeper.unref();
  }

  #sweep(idleMs: number): void {
    this.#sweeper = null;
    const oldest = performance.now() - idleMs;
    for (const session of this.#idle.filter(({ idleSince }) => idleSince < oldest)) {
      this.#idle.splice(this.#idle.indexOf(session), 1);
      session.end();
    }
    if (this.#idle.length > 0) this.#sweepLater();
  }

  #checkClosed(): void {
    if (this.#closing === null || this.#sessions.size > 0 || this.#opening > 0) return;
    if (this.#sweeper !== null) clearTimeout(this.#sweeper);
    this.#closing.resolve();
  }
}

interface PromiseWithResolvers {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

function withResolvers(): PromiseWithResolvers {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
