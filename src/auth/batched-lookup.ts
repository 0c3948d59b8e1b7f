import { FozError } from '../core/index.ts';

/** Most names in one query. */
const maxBatch = 500;
/** Most names that wait while the store is slow; further ones are refused. */
const maxWaiting = 10_000;

/** Looks records up with one query at a time. Lookups that arrive meanwhile wait for the next query, together. */
export class BatchedLookup<Found> {
  readonly #what: string;
  readonly #query: (names: readonly string[]) => Promise<ReadonlyMap<string, Found>>;
  #waiting = new Map<string, Waiting<Found>>();
  #running = false;

  /** `what`: the records in the plural, for errors. `query`: the records by the names that were asked for. */
  constructor(what: string, query: (names: readonly string[]) => Promise<ReadonlyMap<string, Found>>) {
    this.#what = what;
    this.#query = query;
  }

  /** The record with this name. Rejects as the query does, and with `limit-exceeded` when too many wait. */
  find(name: string): Promise<Found | undefined> {
    const known = this.#waiting.get(name);
    if (known !== undefined) return known.promise;
    if (this.#waiting.size >= maxWaiting)
      return Promise.reject(
        new FozError('limit-exceeded', `Too many ${this.#what} are being looked up: try again in a moment.`),
      );
    const waiting = new Waiting<Found>();
    this.#waiting.set(name, waiting);
    if (!this.#running) void this.#run();
    return waiting.promise;
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.size > 0) {
      const batch = [...this.#waiting].slice(0, maxBatch);
      for (const [name] of batch) this.#waiting.delete(name);
      await this.#ask(batch);
    }
    this.#running = false;
  }

  async #ask(batch: readonly (readonly [string, Waiting<Found>])[]): Promise<void> {
    try {
      const found = await this.#query(batch.map(([name]) => name));
      for (const [name, { resolve }] of batch) resolve(found.get(name));
    } catch (error) {
      for (const [, { reject }] of batch) reject(error);
    }
  }
}

class Waiting<Found> {
  resolve!: (found: Found | undefined) => void;
  reject!: (error: unknown) => void;
  readonly promise = new Promise<Found | undefined>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });
}
