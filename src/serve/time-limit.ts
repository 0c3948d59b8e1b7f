import { type Link, LinkedList, type RequestEnd } from '../core/index.ts';

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
