import { CacheBudget, type CacheShare, type CacheState, textBytes } from './cache.ts';

/** Heap bytes of an entry besides its key and value: those in two maps and in the list by last use. */
const entryBytes = 200;

/**
 * A cache whose entries belong to owners, such as roles, within one budget of bytes. When it is full, the owner with
 * the most bytes loses its least recently used entry. Entries are found by key alone, since the owner is only known
 * after that.
 */
export class OwnedCache<V extends {}> {
  readonly #budget: CacheBudget;
  readonly #most: number;
  /** The shares by owner. Empty shares are dropped. */
  readonly #shares = new Map<string, CacheShare<V>>();
  /** The owner's share of each key. */
  readonly #places = new Map<string, CacheShare<V>>();

  /** `most`: the most entries; default: no limit. */
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

  /** As `get`, but does not count as use. */
  peek(key: string): V | undefined {
    return this.#places.get(key)?.peek(key);
  }

  /** Keeps a value, unless it is too large. `bytes`: the size of the value, without the key. */
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
