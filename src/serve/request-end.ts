import { type EndSignal, type Link, LinkedList } from '../core/index.ts';

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

/** A running request. `latest`: the end of its time, by `performance.now()`. */
export interface Timed {
  readonly end: RequestEnd;
  readonly latest: number;
}

/**
 * Ends requests whose time is up. All have the same limit, so they expire in order of arrival, and one timer for the oldest is enough; a
 * timer for each request would cost time on the hot path.
 */
export class TimeLimit {
  readonly #limitMs: number;
  readonly #running = new LinkedList<Timed>();
  #timer: NodeJS.Timeout | null = null;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** Ends a request when its time is up, unless it is removed before; `remove` takes what is returned. */
  add(end: RequestEnd): Link<Timed> {
    if (this.#timer === null) this.#schedule(this.#limitMs);
    return this.#running.add({ end, latest: performance.now() + this.#limitMs });
  }

  remove(link: Link<Timed>): void {
    this.#running.remove(link);
  }

  #schedule(milliseconds: number): void {
    this.#timer = setTimeout(() => this.#endOverdue(), milliseconds);
    this.#timer.unref();
  }

  #endOverdue(): void {
    this.#timer = null;
    const now = performance.now();
    for (let link = this.#running.firstLink; link !== null; link = this.#running.firstLink) {
      const { end, latest } = link.item;
      if (latest > now) {
        this.#schedule(latest - now + 1);
        return;
      }
      this.#running.remove(link);
      end.abort();
    }
  }
}
