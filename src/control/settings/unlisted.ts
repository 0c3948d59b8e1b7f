import { type CacheState, heapPart, OwnedCache, textBytes } from '../../core/index.ts';
import type { Unlisted } from '../../views/index.ts';

/** An operation that was asked for and is on no list of its role, since this process started. */
export interface UnlistedOperation extends Unlisted {
  readonly times: number;
  readonly last: Date;
}

/** Remembers a thousand operations that are on no list, as far as there is room, so that they can be looked at and put there. */
export class UnlistedOperations {
  readonly #seen: OwnedCache<UnlistedOperation>;

  constructor(maxBytes = heapPart(1 / 64, 32 * 2 ** 20)) {
    this.#seen = new OwnedCache('unlisted_operations', maxBytes, 1_000);
  }

  get caches(): readonly CacheState[] {
    return [this.#seen.state];
  }

  /** Whether it is the first time. */
  add(found: Unlisted): boolean {
    const id = JSON.stringify([found.role, found.document]);
    const times = (this.#seen.get(id)?.times ?? 0) + 1;
    this.#seen.set(id, { ...found, times, last: new Date() }, found.role, textBytes(found.document));
    return times === 1;
  }

  /** Newest first. */
  of(role: string | null): readonly UnlistedOperation[] {
    const found = [...this.#seen.values()].filter((one) => role === null || one.role === role);
    return found.sort((left, right) => right.last.getTime() - left.last.getTime());
  }
}
