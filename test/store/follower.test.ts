import { Follower } from '../../src/store/follower.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { type StorePlace, storePlace, until } from './place.ts';

const actor = { kind: 'command', id: 'test', role: 'admin' } as const;
let place: StorePlace;
let store: Store;

beforeAll(async () => {
  place = await storePlace('pglite');
  store = openStore(place);
  await store.open();
}, 60_000);
afterAll(async () => {
  await store.close();
  await place.drop();
});

test('a look that fails is repeated until it succeeds, and reported once; after the end it is not', async () => {
  let version = 0;
  let isBroken = false;
  let updates = 0;
  const errors: unknown[] = [];
  const follower = new Follower({
    store,
    topics: ['metadata'],
    align: async () => {
      updates++;
      if (isBroken) throw new Error('the store went away');
      version = (await store.readMetadata()).version;
    },
    failed: (error) => errors.push(error),
  });
  await follower.start();
  isBroken = true;
  await store.writeMetadata(0, {}, actor);
  await until(() => updates >= 3);
  expect([version, errors]).toEqual([0, [new Error('the store went away')]]);
  isBroken = false;
  expect(await until(() => version === 1, 2_000)).toBeLessThan(2_000);
  isBroken = true;
  await store.writeMetadata(1, {}, actor);
  await until(() => errors.length === 2);
  follower.close();
  const before = updates;
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(updates).toBe(before);
});
