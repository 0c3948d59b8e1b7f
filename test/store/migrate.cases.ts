import { migrations } from '../../src/store/migrations/index.ts';
import { openStore } from '../../src/store/store.ts';
import { type StorePlace, storePlace } from './place.ts';

const actor = { kind: 'system', id: null, role: null } as const;
const names = migrations.map(({ name }) => name);

/** The migrations of a store of either kind. */
export function migrationCases(kind: 'pglite' | 'postgres'): void {
  let place: StorePlace;
  beforeEach(async () => {
    place = await storePlace(kind);
  });
  afterEach(() => place.drop());
  const open = (options = {}) => openStore({ url: place.url, folder: place.folder, ...options });
  const structure = async () => {
    const store = open();
    const tables = await store.read(async (db) => {
      const found = await db.raw(
        `select table_name, column_name, data_type, is_nullable from information_schema.columns
         where table_schema = 'foz' and table_name not like 'migrations%' order by 1, 2`,
      );
      return found.rows;
    });
    await store.close();
    return tables;
  };

  test('from empty and from every older version to the same structure, what was written stays', async () => {
    const steps = migrations.map((_, index) => index + 1);
    const found: unknown[] = [];
    for (const count of steps) {
      await place.drop();
      place = await storePlace(kind);
      const old = open({ migrations: migrations.slice(0, count) });
      expect(await old.open()).toEqual(names.slice(0, count));
      await old.writeMetadata(0, { from: count }, actor);
      await old.close();
      const store = open();
      expect(await store.status()).toEqual({
        done: names.slice(0, count),
        pending: names.slice(count),
        unknown: [],
      });
      expect(await store.open()).toEqual(names.slice(count));
      expect(await store.readMetadata()).toEqual({ version: 1, metadata: { from: count } });
      expect(await store.status()).toEqual({ done: names, pending: [], unknown: [] });
      await store.close();
      found.push(await structure());
    }
    expect(found[0]).not.toEqual([]);
    for (const one of found) expect(one).toEqual(found[0]);
  }, 300_000);

  test('a store of a newer program is refused and left as it is', async () => {
    const newer = [...migrations, { name: '9999-future', up: async () => {} }];
    const future = open({ migrations: newer });
    await future.open();
    await future.close();
    const store = open();
    await expect(store.readMetadata()).rejects.toMatchObject({
      code: 'not-supported',
      message: expect.stringMatching(
        new RegExp(`newer Foz \\(9999-future\\).*up to ${migrations.at(-1)!.name}`),
      ),
    });
    expect(await store.status()).toEqual({
      done: [...names, '9999-future'],
      pending: [],
      unknown: ['9999-future'],
    });
    await store.close();
  }, 60_000);

  test('a step that fails leaves nothing behind, not even those before it, and is tried again', async () => {
    let fails = true;
    const up = async () => {
      if (fails) throw new Error('step');
    };
    const store = open({ migrations: [...migrations, { name: '9999-fails', up }] });
    await expect(store.open()).rejects.toMatchObject({
      code: 'unexpected',
      internal: expect.stringMatching(/step/),
    });
    expect((await store.status()).done).toEqual([]);
    fails = false;
    expect(await store.open()).toEqual([...names, '9999-fails']);
    await store.close();
  }, 60_000);

  test('without permission to migrate an older store is refused', async () => {
    const store = open({ migrate: false });
    await expect(store.readMetadata()).rejects.toMatchObject({
      code: 'not-supported',
      message: /foz store migrate/,
    });
    await store.close();
  }, 60_000);
}
