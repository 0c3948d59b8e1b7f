import { getHeapStatistics } from 'node:v8';
import { LRUCache } from 'lru-cache';

/** The size of a cache, for metrics. */
export interface CacheState {
  readonly name: string;
  /** An estimate, rather too high than too low. */
  readonly bytes: number;
  /** Most bytes of all entries. */
  readonly maxBytes: number;
  readonly entries: number;
  /** Entries dropped to make room, since the start. */
  readonly evictions: number;
}

/**
 * A budget in bytes that several caches share. When it is exceeded, the largest cache drops its least recently used
 * entries. So a cache that fills up does not evict entries of smaller ones.
 */
export class CacheBudget {
  readonly name: string;
  readonly maxBytes: number;
  /** Bytes of the largest entry that is kept. */
  readonly largest: number;
  readonly #shares = new Set<Holder>();
  #bytes = 0;
  #evictions = 0;

  /**
   * `largestPart`: the part of the budget that one entry may take. A larger one would evict too many others, so it
   * is not kept.
   */
  constructor(name: string, maxBytes: number, largestPart = 1 / 16) {
    this.name = name;
    this.maxBytes = maxBytes;
    this.largest = Math.max(1, Math.floor(maxBytes * largestPart));
  }

  /**
   * Creates a cache within the budget. `max`: the most entries it may have; 0: no limit. `dropped` is called after
   * an entry was removed, for any reason.
   */
  share<V extends {}>(max = 0, dropped?: (key: string) => void): CacheShare<V> {
    return new CacheShare(this, max, {
      changed: (share, bytes, evicted) => this.#changed(share, bytes, evicted),
      closed: (share) => void this.#shares.delete(share),
      ...(dropped === undefined ? {} : { dropped }),
    });
  }

  get state(): CacheState {
    let entries = 0;
    for (const { size } of this.#shares) entries += size;
    return {
      name: this.name,
      bytes: this.#bytes,
      maxBytes: this.maxBytes,
      entries,
      evictions: this.#evictions,
    };
  }

  #changed(share: Holder, bytes: number, evicted: number): void {
    // Empty shares are not registered, so that an unused one can be garbage-collected.
    if (share.size > 0) this.#shares.add(share);
    this.#bytes += bytes;
    this.#evictions += evicted;
    while (this.#bytes > this.maxBytes) {
      const freed = this.#largestShare().dropOldest();
      if (freed === 0) return;
      this.#bytes -= freed;
      this.#evictions++;
    }
  }

  #largestShare(): Holder {
    let largest: Holder | undefined;
    for (const share of this.#shares)
      if (largest === undefined || share.bytes > largest.bytes) largest = share;
    return largest!;
  }
}

/** A share as the budget sees it. */
interface Holder {
  readonly size: number;
  readonly bytes: number;
  dropOldest(): number;
}

interface HolderListener {
  changed(holder: Holder, bytes: number, evicted: number): void;
  closed(holder: Holder): void;
  dropped?(key: string): void;
}

/** A cache that shares its budget with others. It evicts the least recently used entry first. */
export class CacheShare<V extends {}> {
  /** Bytes of the largest entry that is kept. */
  readonly largest: number;
  readonly #entries: LRUCache<string, V>;
  readonly #listener: HolderListener;
  #evicted = 0;
  #closed = false;

  constructor(budget: CacheBudget, max: number, listener: HolderListener) {
    this.largest = budget.largest;
    this.#listener = listener;
    this.#entries = new LRUCache({
      max,
      maxSize: budget.maxBytes,
      maxEntrySize: budget.largest,
      dispose: (_value, _key, reason) => {
        if (reason === 'evict') this.#evicted++;
      },
      ...(listener.dropped === undefined ? {} : { disposeAfter: (_value, key) => listener.dropped!(key) }),
    });
  }

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#entries.calculatedSize;
  }

  get(key: string): V | undefined {
    return this.#entries.get(key);
  }

  /** As `get`, but does not count as use. */
  peek(key: string): V | undefined {
    return this.#entries.peek(key);
  }

  /** Keeps a value, unless it is too large or the share is closed. `bytes`: the size of key and value. */
  set(key: string, value: V, bytes: number): void {
    if (this.#closed) return;
    const before = this.bytes;
    // `set` on an existing entry with an equal value would keep the old size, so the entry is deleted first.
    this.#entries.delete(key);
    this.#entries.set(key, value, { size: Math.max(1, Math.ceil(bytes)) });
    this.#changed(before);
  }

  delete(key: string): boolean {
    const before = this.bytes;
    const was = this.#entries.delete(key);
    this.#changed(before);
    return was;
  }

  values(): IterableIterator<V> {
    return this.#entries.values();
  }

  entries(): IterableIterator<[string, V]> {
    return this.#entries.entries() as IterableIterator<[string, V]>;
  }

  /** Drops all entries. */
  clear(): void {
    const before = this.bytes;
    this.#entries.clear();
    this.#changed(before);
  }

  /** Drops all entries and ignores later ones. */
  close(): void {
    this.#closed = true;
    this.clear();
    this.#listener.closed(this);
  }

  /** Drops the least recently used entry and returns its bytes. Called by the budget, which does the accounting. */
  dropOldest(): number {
    const before = this.bytes;
    this.#entries.pop();
    this.#evicted = 0;
    return before - this.bytes;
  }

  /** Evicts the least recently used entry, and counts the eviction. */
  evictOldest(): void {
    this.#listener.changed(this, -this.dropOldest(), 1);
  }

  #changed(before: number): void {
    const evicted = this.#evicted;
    this.#evicted = 0;
    this.#listener.changed(this, this.bytes - before, evicted);
  }
}

/** `most` bytes, or the given part of the heap where that is less. */
export function heapPart(part: number, most: number): number {
  return Math.min(most, Math.floor(getHeapStatistics().heap_size_limit * part));
}

/** An upper bound for the bytes of a text: two for each character. */
export function textBytes(text: string): number {
  return 2 * text.length + 40;
}
