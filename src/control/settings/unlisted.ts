import { LRUCache } from 'lru-cache';
import type { Unlisted } from '../../views/index.ts';

/** An operation that was asked for and is on no list of its role, since this process started. */
export interface UnlistedOperation extends Unlisted {
  readonly times: number;
  readonly last: Date;
}

/** Remembers the last thousand operations that are on no list, so that they can be looked at and put there. */
export class UnlistedOperations {
  readonly #seen = new LRUCache<string, UnlistedOperation>({ max: 1000 });

  /** Whether it is the first time. */
  add(found: Unlisted): boolean {
    const id = `${found.role}\n${found.document}`;
    const times = (this.#seen.get(id)?.times ?? 0) + 1;
    this.#seen.set(id, { ...found, times, last: new Date() });
    return times === 1;
  }

  /** Newest first. */
  of(role: string | null): readonly UnlistedOperation[] {
    return [...this.#seen.values()].filter((one) => role === null || one.role === role);
  }
}
