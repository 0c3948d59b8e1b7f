import type { KeyRecord, KeyRepository, KeyUse } from '../auth/index.ts';
import { findKeys, touchKeys } from './repositories/api-keys.ts';
import type { Store } from './store.ts';

/** The API keys of the store, in the form that authentication needs. */
export class StoredKeys implements KeyRepository {
  readonly #store: Store;
  readonly #prepare: () => Promise<void>;
  #prepared: Promise<void> | null = null;
  /** Keys that were found. When many changes have happened at once, all of them are invalidated. */
  readonly #known = new Set<string>();

  /** `prepare` runs once before the first lookup, and again if it failed. */
  constructor(store: Store, prepare: () => Promise<void> = async () => {}) {
    this.#store = store;
    this.#prepare = prepare;
  }

  async find(prefixes: readonly string[]): Promise<readonly KeyRecord[]> {
    this.#prepared ??= this.#prepare().catch((error: unknown) => {
      this.#prepared = null;
      throw error;
    });
    await this.#prepared;
    const found = await this.#store.read((db) => findKeys(db, prefixes));
    for (const { id } of found) this.#known.add(id);
    return found;
  }

  touch(uses: readonly KeyUse[]): Promise<void> {
    return this.#store.read((db) => touchKeys(db, uses));
  }

  onChanged(listener: (keyId: string) => void): () => void {
    return this.#store.onChange((change) => {
      if (change === null) for (const id of this.#known) listener(id);
      else if (change.topic === 'api-key') listener(change.key);
    }).stop;
  }
}
