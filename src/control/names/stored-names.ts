import type { Knex } from 'knex';
import type { Store } from '../../store/index.ts';
import { publishChange } from '../../store/index.ts';
import type { NameBook, SourceNames } from '../../views/index.ts';
import type { NamesKeeper } from './names-file.ts';

/** Names in the store, so that all processes that share it agree. When several processes name something at once, the first one wins. */
export class StoredNames implements NamesKeeper {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  get place(): string {
    return this.#store.place;
  }

  read(): Promise<NameBook> {
    return this.#store.read(readBook);
  }

  write(change: (book: NameBook) => NameBook | null): Promise<NameBook> {
    return this.#store.write(async (db) => {
      // Publishing a change takes a lock, so writers are serialized from here on.
      await publishChange(db, 'names', '');
      const before = await readBook(db);
      const after = change(before);
      if (after === null) return before;
      for (const [source, names] of Object.entries(after)) {
        if (names === before[source]) continue;
        const values = { source, names: JSON.stringify(names) };
        await db('foz.names')
          .insert(values)
          .onConflict('source')
          .merge({ ...values, updated_at: db.fn.now() });
      }
      const removed = Object.keys(before).filter((source) => !Object.hasOwn(after, source));
      if (removed.length > 0) await db('foz.names').whereIn('source', removed).delete();
      return after;
    });
  }
}

async function readBook(db: Knex): Promise<NameBook> {
  const rows: { source: string; names: string }[] = await db('foz.names').orderBy('source');
  return Object.fromEntries(rows.map(({ source, names }) => [source, JSON.parse(names) as SourceNames]));
}
