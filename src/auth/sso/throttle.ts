import { LRUCache } from 'lru-cache';

/** Most keys that are counted at once. */
const mostKeys = 20_000;

/** Counts attempts by a key, such as an address: a number of them in a time, in this process. */
export class Throttle {
  readonly #most: number;
  readonly #counts: LRUCache<string, { count: number }>;

  constructor(most: number, windowMs: number) {
    this.#most = most;
    this.#counts = new LRUCache({ max: mostKeys, ttl: windowMs });
  }

  /** Counts an attempt. Returns false if there were too many. */
  allows(key: string): boolean {
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { count: 1 });
    else known.count++;
    return (known?.count ?? 1) <= this.#most;
  }
}
