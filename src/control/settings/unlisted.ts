import { type CacheState, heapPart, OwnedCache, textBytes } from '../../core/index.ts';
import type { UnlistedRequest } from '../../views/index.ts';

/** An operation that was requested since this process started, and is on no allow-list of its role. */
export interface UnlistedOperation extends UnlistedRequest {
  readonly times: number;
  readonly last: Date;
}

/** Remembers up to a thousand operations that are on no allow-list, within a limit of bytes, so that they can be reviewed and added. */
export class UnlistedOperations {
  readonly #seen: OwnedCache<UnlistedOperation>;

  constructor(maxBytes = heapPart(1 / 64, 32 * 2 ** 20)) {
    this.#seen = new OwnedCache('unlisted_operations', maxBytes, 1_000);
  }

  get caches(): readonly CacheState[] {
    return [this.#seen.state];
  }

  /** Whether it is the first time. */
  add(found: UnlistedRequest): boolean {
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
