import type { SessionRecord, SessionRepository, SessionUse } from '../../auth/index.ts';
import type { Store } from '../store.ts';
import { findSessions, touchSessions } from './sessions.ts';

/** The sessions of the store, in the form that authentication needs. */
export class StoredSessions implements SessionRepository {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  find(hashes: readonly string[]): Promise<readonly SessionRecord[]> {
    return this.#store.read((db) => findSessions(db, hashes));
  }

  touch(uses: readonly SessionUse[]): Promise<void> {
    return this.#store.read((db) => touchSessions(db, uses));
  }

  onChanged(listener: (id: string | null) => void): () => void {
    return this.#store.onChange((change) => {
      if (change === null) listener(null);
      else if (change.topic === 'session') listener(change.key);
    }).stop;
  }
}
