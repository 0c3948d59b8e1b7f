import { ChangeLogStore } from '../../src/store/change-log/index.ts';
import type { StoreChange } from '../../src/store/changes.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { availability } from '../support/engines.ts';
import { type Pooler, startPgbouncer } from '../support/servers/index.ts';
import { type StorePlace, storePlace, until } from './place.ts';

/** The store behind PgBouncer in transaction mode. */

const describeServer = 'reason' in availability('postgres') ? describe.skip : describe;
const actor = { kind: 'command', id: 'test', role: 'admin' } as const;

describeServer('a store behind PgBouncer', () => {
  let place: StorePlace;
  const poolers: Pooler[] = [];
  const stores: Store[] = [];
  beforeAll(async () => {
    place = await storePlace('postgres');
  }, 60_000);
  afterAll(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await Promise.all(poolers.map((pooler) => pooler.stop()));
    await place.drop();
  });
  async function open(settings: Readonly<Record<string, string>>): Promise<() => Store> {
    const pooler = await startPgbouncer(place.url!, settings);
    poolers.push(pooler);
    return () => {
      const store = openStore({ url: pooler.url, folder: place.folder, pollMs: 50 });
      stores.push(store);
      return store;
    };
  }

  test('one that refuses the settings of the connection is told, with the way out', async () => {
    const opened = await open({});
    await expect(opened().open()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('ignore_startup_parameters = statement_timeout'),
    });
  }, 60_000);

  test('one that ignores them: parallel writes are kept apart, and changes are found by polling', async () => {
    const opened = await open({ ignore_startup_parameters: 'statement_timeout', default_pool_size: '3' });
    const [one, other] = [opened(), opened()];
    await Promise.all([one.open(), other.open()]);
    const seen: (StoreChange | null)[] = [];
    const { started } = other.onChange((change) => void seen.push(change));
    await started;
    const written = await Promise.allSettled(
      Array.from({ length: 8 }, (_, at) => (at % 2 === 0 ? one : other).writeMetadata(0, { at }, actor)),
    );
    expect(written.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await one.writeMetadata(1, { second: true }, actor)).toBe(2);
    await until(() => seen.length >= 2);
    expect(await other.readMetadata()).toMatchObject({ version: 2 });
    const logs = new ChangeLogStore(one);
    await expect(logs.lead('shop')).rejects.toMatchObject({ code: 'not-supported' });
    await logs.close();
  }, 60_000);
});
