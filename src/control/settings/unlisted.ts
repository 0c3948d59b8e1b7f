import { type CacheState, heapPart, OwnedCache, textBytes } from '../../core/index.ts';
import type { UnlistedRequest } from '../../views/index.ts';

/** An operation outside its role's allow list that a client has sent since this process started. */
export interface UnlistedOperation extends UnlistedRequest {
  readonly times: number;
  readonly last: Date;
}

/** Remembers up to a thousand operations outside the allow lists, within a memory bound, so that an admin can review and allow them. */
export class UnlistedOperations {
  readonly #seen: OwnedCache<UnlistedOperation>;

  constructor(maxBytes = heapPart(1 / 64, 32 * 2 ** 20)) {
    this.#seen = new OwnedCache('unlisted_operations', maxBytes, 1_000);
  }

  get caches(): readonly CacheState[] {
    return [this.#seen.state];
  }

  /** Adds an operation. Returns whether it is new. */
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
