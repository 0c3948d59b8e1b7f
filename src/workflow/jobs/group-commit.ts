import { setTimeout as sleep } from 'node:timers/promises';
import { FozError } from '../../core/index.ts';

export interface GroupCommitOptions<T, R> {
  /** Writes entries in one transaction, all or nothing. Resolves with one result per entry. */
  readonly commit: (entries: readonly T[]) => Promise<readonly R[]>;
  /** Most entries of a transaction; default: 500. */
  readonly most?: number;
  /** The bytes of an entry, which count where `mostBytes` is given. */
  readonly bytesOf?: (entry: T) => number;
  /** Most bytes of a transaction; a larger entry has one of its own. Default: any number. */
  readonly mostBytes?: number;
  /** Most transactions at once; default: 1. */
  readonly atOnce?: number;
  /** Called when the store does not answer, and not again until it has answered. */
  readonly failed?: (error: unknown) => void;
}

interface Waiting<T, R> {
  readonly entry: T;
  resolve(result: R): void;
  reject(error: unknown): void;
}

/** Milliseconds before a transaction is tried again, at first and at most. */
const firstRetryMs = 20;
const lastRetryMs = 2_000;

/**
 * Writes what arrives during a transaction together in the next one, so that many callers share one commit. While the store does not answer,
 * entries wait: what was done outside should be recorded, not done again. An entry that cannot be written fails alone.
 */
export class GroupCommit<T, R> {
  readonly #options: GroupCommitOptions<T, R>;
  readonly #queue: Waiting<T, R>[] = [];
  readonly #closing = new AbortController();
  #running = 0;
  #isFailing = false;

  constructor(options: GroupCommitOptions<T, R>) {
    this.#options = options;
  }

  /** Resolves when the entry is committed. Rejects with the error of its transaction, or with `unavailable` after `close`. */
  add(entry: T): Promise<R> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ entry, resolve, reject });
      // Entries of the same turn of the event loop get into one transaction.
      if (this.#running < (this.#options.atOnce ?? 1)) {
        this.#running++;
        setImmediate(() => void this.#drain());
      }
    });
  }

  /** Ends the wait for a store that does not answer. */
  close(): void {
    this.#closing.abort();
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) await this.#commit(this.#queue.splice(0, this.#next()));
    this.#running--;
  }

  /** How many entries the next transaction takes. */
  #next(): number {
    const { most = 500, bytesOf, mostBytes } = this.#options;
    if (bytesOf === undefined || mostBytes === undefined) return most;
    let [count, bytes] = [0, 0];
    while (count < Math.min(most, this.#queue.length)) {
      bytes += bytesOf(this.#queue[count]!.entry);
      if (count > 0 && bytes > mostBytes) break;
      count++;
    }
    return count;
  }

  async #commit(group: readonly Waiting<T, R>[]): Promise<void> {
    try {
      const results = await this.#retried(group.map(({ entry }) => entry));
      for (const [index, { resolve }] of group.entries()) resolve(results[index]!);
    } catch (error) {
      if (group.length === 1 || this.#closing.signal.aborted) for (const { reject } of group) reject(error);
      else for (const one of group) await this.#commit([one]);
    }
  }

  async #retried(entries: readonly T[]): Promise<readonly R[]> {
    for (let wait = firstRetryMs; ; wait = Math.min(2 * wait, lastRetryMs)) {
      try {
        const results = await this.#options.commit(entries);
        this.#isFailing = false;
        return results;
      } catch (error) {
        if (!isPassing(error) || this.#closing.signal.aborted) throw error;
        if (!this.#isFailing) this.#options.failed?.(error);
        this.#isFailing = true;
        await sleep(wait, undefined, { ref: false, signal: this.#closing.signal }).catch(() => {});
      }
    }
  }
}

/** Whether a later attempt may succeed: the store does not answer, or two transactions excluded each other. */
export function isPassing(error: unknown): boolean {
  return error instanceof FozError && (error.code === 'unavailable' || error.code === 'conflict');
}
