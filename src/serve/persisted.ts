import { CacheBudget, type CacheShare, type CacheState, heapPart, textBytes } from '../core/index.ts';

/** Storage for automatic persisted queries, in the form that Apollo Server expects: the text of an operation by its SHA-256. */
export interface PersistedOperations {
  get(key: string): Promise<string | undefined>;
  set(key: string, document: string): Promise<void>;
  delete(key: string): Promise<boolean>;
}

/** Automatic persisted queries. All views share one memory budget; each finds only the operations that were sent to itself. */
export class SentOperations {
  readonly #budget: CacheBudget;
  /** By view. */
  readonly #shares = new Map<string, CacheShare<string>>();

  constructor(maxBytes = heapPart(1 / 32, 32 * 2 ** 20)) {
    this.#budget = new CacheBudget('persisted_operations', maxBytes);
  }

  get state(): CacheState {
    return this.#budget.state;
  }

  /** Drops the operations of a view. */
  forget(view: string): void {
    this.#shares.get(view)?.close();
    this.#shares.delete(view);
  }

  /** The operations of a view. `registered` finds one on the role's allow list by its hash, so that no client has to send it first. */
  of(view: string, registered: (id: string) => string | undefined): PersistedOperations {
    let documents = this.#shares.get(view);
    if (documents === undefined) {
      documents = this.#budget.share<string>();
      this.#shares.set(view, documents);
    }
    const share = documents;
    return {
      get: async (key) => share.get(key) ?? registered(key.slice(key.indexOf(':') + 1)),
      set: async (key, document) => share.set(key, document, textBytes(key) + textBytes(document)),
      delete: async (key) => share.delete(key),
    };
  }
}
