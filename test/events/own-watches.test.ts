import { OwnWatches } from '../../src/events/log/own-watches.ts';
import type { ChangeLogStore, WatchedTable } from '../../src/store/index.ts';
import { until } from '../support/wait.ts';

const [moves, notes] = ['moves', 'notes'].map(
  (name): WatchedTable => ({ namespace: null, name, rows: false, columns: [] }),
) as [WatchedTable, WatchedTable];

/** Watches of tables, and the names of those that were stored each time. The reading process confirms them at once. */
function watchesOf(watched: readonly WatchedTable[]) {
  const stored: string[] = [];
  const state = { isFailing: false, failures: 0, areValid: true, expiries: 0 };
  const store = {
    async watch(_source: string, _process: string, tables: readonly WatchedTable[]) {
      if (!state.isFailing) {
        stored.push(tables.map(({ name }) => name).join());
        return state.areValid;
      }
      state.failures++;
      throw new Error('The store is away.');
    },
    areSeen: async () => true,
    unwatch: async () => {},
  } as unknown as ChangeLogStore;
  const own = new OwnWatches(
    store,
    'shop' as never,
    () => [...watched],
    () => state.expiries++,
    2,
  );
  return { own, stored, state };
}

test('a table that was not watched at a renewal is confirmed again', async () => {
  const watched = [moves, notes];
  const { own, stored } = watchesOf(watched);
  await own.settle();
  watched.pop();
  await until(() => stored.at(-1) === 'moves');
  watched.push(notes);
  const count = stored.length;
  const settled = own.settle();
  // No renewal can run in between: the confirmation itself has stored the watches.
  expect(stored.slice(count)).toEqual(['moves,notes']);
  await settled;
  await own.stop();
});

test('watches that could not be renewed are confirmed again', async () => {
  const { own, stored, state } = watchesOf([moves]);
  await own.settle();
  state.isFailing = true;
  await until(() => state.failures > 0);
  state.isFailing = false;
  const count = stored.length;
  const settled = own.settle();
  expect(stored.slice(count)).toEqual(['moves']);
  await settled;
  await own.stop();
});

test('watches that had expired before they were renewed are noticed, and confirmed again', async () => {
  const { own, stored, state } = watchesOf([moves]);
  state.areValid = false;
  await own.settle();
  // The first time there were none.
  expect(state.expiries).toBe(0);
  await until(() => state.expiries > 0);
  state.areValid = true;
  const { expiries } = state;
  const count = stored.length;
  const settled = own.settle();
  expect(stored.slice(count)).toEqual(['moves']);
  await settled;
  await until(() => stored.length > count + 2);
  expect(state.expiries).toBe(expiries);
  await own.stop();
});
