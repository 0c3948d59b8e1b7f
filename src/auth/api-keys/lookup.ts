import { FozError } from '../../core/index.ts';
import type { KeyRecord, KeyRepository } from './record.ts';

/** Most prefixes in one query. */
const maxBatch = 500;
/** Most prefixes that wait while the store is slow; further ones are refused. */
const maxWaiting = 10_000;

/** Looks keys up with one query to the repository at a time. Lookups that arrive meanwhile wait for the next query, together. */
export class KeyLookup {
  readonly #repository: Pick<KeyRepository, 'find'>;
  #waiting = new Map<string, Waiting>();
  #running = false;

  constructor(repository: Pick<KeyRepository, 'find'>) {
    this.#repository = repository;
  }

  /** The key with this prefix. Rejects as the repository does, and with `limit-exceeded` when too many wait. */
  find(prefix: string): Promise<KeyRecord | undefined> {
    const known = this.#waiting.get(prefix);
    if (known !== undefined) return known.promise;
    if (this.#waiting.size >= maxWaiting)
      return Promise.reject(
        new FozError('limit-exceeded', 'Too many API keys are being looked up: try again in a moment.'),
      );
    const waiting = new Waiting();
    this.#waiting.set(prefix, waiting);
    if (!this.#running) void this.#run();
    return waiting.promise;
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.size > 0) {
      const batch = [...this.#waiting].slice(0, maxBatch);
      for (const [prefix] of batch) this.#waiting.delete(prefix);
      await this.#ask(batch);
    }
    this.#running = false;
  }

  async #ask(batch: readonly (readonly [string, Waiting])[]): Promise<void> {
    try {
      const found = await this.#repository.find(batch.map(([prefix]) => prefix));
      const byPrefix = new Map(
        found.flatMap((record) => record.secrets.map(({ prefix }) => [prefix, record])),
      );
      for (const [prefix, { resolve }] of batch) resolve(byPrefix.get(prefix));
    } catch (error) {
      for (const [, { reject }] of batch) reject(error);
    }
  }
}

class Waiting {
  resolve!: (record: KeyRecord | undefined) => void;
  reject!: (error: unknown) => void;
  readonly promise = new Promise<KeyRecord | undefined>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });
}
