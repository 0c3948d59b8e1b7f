import { LRUCache } from 'lru-cache';

/** Operations that clients ask for by the SHA-256 of their text, as Apollo Server keeps them. */
export interface PersistedOperations {
  get(key: string): Promise<string | undefined>;
  set(key: string, document: string): Promise<void>;
  delete(key: string): Promise<boolean>;
}

/** Characters of documents that are remembered for all views together. */
const mostCharacters = 16 * 1024 * 1024;

/** What clients have sent before, one memory for all views; each finds only what was sent to itself. */
export class SentOperations {
  readonly #documents = new LRUCache<string, string>({
    maxSize: mostCharacters,
    sizeCalculation: (document, key) => document.length + key.length,
  });

  /** Those of a view. `registered`: tells the operation of a hash that is on the list of its role, so that nobody has to send it first. */
  of(view: string, registered: (id: string) => string | undefined): PersistedOperations {
    const documents = this.#documents;
    const own = (key: string) => `${view}\0${key}`;
    return {
      get: async (key) => documents.get(own(key)) ?? registered(key.slice(key.indexOf(':') + 1)),
      set: async (key, document) => void documents.set(own(key), document),
      delete: async (key) => documents.delete(own(key)),
    };
  }
}
