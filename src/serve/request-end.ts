import type { EndSignal } from '../core/index.ts';

/** The end of one request: its client disconnected, or its time is up. */
export class RequestEnd implements EndSignal {
  aborted = false;
  #listeners: Set<() => void> | null = null;

  addEventListener(_: 'abort', listener: () => void): void {
    if (this.#listeners === null) this.#listeners = new Set();
    this.#listeners.add(listener);
  }

  removeEventListener(_: 'abort', listener: () => void): void {
    this.#listeners?.delete(listener);
  }

  /** Calls all listeners, once. */
  abort(): void {
    if (this.aborted) return;
    this.aborted = true;
    const listeners = this.#listeners;
    this.#listeners = null;
    if (listeners !== null) for (const listener of listeners) listener();
  }
}

/**
 * Ends requests whose time is up. All have the same limit, so they expire in order of arrival, and one timer for the oldest is enough; a
 * timer for each request would cost time on the hot path.
 */
export class TimeLimit {
  readonly #limitMs: number;
  readonly #ends = new Map<RequestEnd, number>();
  #timer: NodeJS.Timeout | null = null;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  add(end: RequestEnd): void {
    this.#ends.set(end, performance.now() + this.#limitMs);
    if (this.#timer === null) this.#schedule(this.#limitMs);
  }

  remove(end: RequestEnd): void {
    this.#ends.delete(end);
  }

  #schedule(milliseconds: number): void {
    this.#timer = setTimeout(() => this.#endOverdue(), milliseconds);
    this.#timer.unref();
  }

  #endOverdue(): void {
    this.#timer = null;
    const now = performance.now();
    for (const [end, latest] of this.#ends) {
      if (latest > now) {
        this.#schedule(latest - now + 1);
        return;
      }
      this.#ends.delete(end);
      end.abort();
    }
  }
}
