import { CacheBudget, type CacheShare, type CacheState, textBytes } from './cache.ts';

/** Heap bytes of an entry besides its key and its value: its places in two maps and in the list by last use. */
const entryBytes = 200;

/**
 * A cache whose entries belong to owners, such as roles, within one budget of bytes. When it is full, the owner that holds most loses
 * the entry that was used least recently. An entry is found by its key alone, since who owns it is not known before it was found.
 */
export class OwnedCache<V extends {}> {
  readonly #budget: CacheBudget;
  readonly #most: number;
  /** By owner. Empty ones are dropped. */
  readonly #shares = new Map<string, CacheShare<V>>();
  /** By key. */
  readonly #places = new Map<string, CacheShare<V>>();

  /** `most`: how many entries there may be, where that is bounded, too. */
  constructor(name: string, maxBytes: number, most = Number.POSITIVE_INFINITY) {
    this.#budget = new CacheBudget(name, maxBytes);
    this.#most = most;
  }

  get state(): CacheState {
    return this.#budget.state;
  }

  get(key: string): V | undefined {
    return this.#places.get(key)?.get(key);
  }

  /** As `get`, without counting as use. */
  peek(key: string): V | undefined {
    return this.#places.get(key)?.peek(key);
  }

  /** Keeps a value, unless it is too large. `bytes`: those of the value alone. */
  set(key: string, value: V, owner: string, bytes: number): void {
    this.delete(key);
    const share = this.#shareOf(owner);
    share.set(key, value, entryBytes + textBytes(key) + bytes);
    if (share.peek(key) !== undefined) this.#places.set(key, share);
    else if (share.size === 0) this.#shares.delete(owner);
    while (this.#places.size > this.#most) this.#largestByNumber().evictOldest();
  }

  delete(key: string): boolean {
    return this.#places.get(key)?.delete(key) ?? false;
  }

  *values(): Generator<V> {
    for (const share of this.#shares.values()) yield* share.values();
  }

  *entries(): Generator<[string, V]> {
    for (const share of this.#shares.values()) yield* share.entries();
  }

  #shareOf(owner: string): CacheShare<V> {
    const known = this.#shares.get(owner);
    if (known !== undefined) return known;
    const share: CacheShare<V> = this.#budget.share(0, (key) => this.#dropped(key, owner, share));
    this.#shares.set(owner, share);
    return share;
  }

  #dropped(key: string, owner: string, share: CacheShare<V>): void {
    this.#places.delete(key);
    if (share.size === 0 && this.#shares.get(owner) === share) this.#shares.delete(owner);
  }

  #largestByNumber(): CacheShare<V> {
    return [...this.#shares.values()].reduce((most, one) => (one.size > most.size ? one : most));
  }
}
