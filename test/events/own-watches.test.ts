import { OwnWatches } from '../../src/events/log/own-watches.ts';
import type { ChangeLogStore, WatchedTable } from '../../src/store/index.ts';
import { until } from '../support/wait.ts';

const [moves, notes] = ['moves', 'notes'].map(
  (name): WatchedTable => ({ namespace: null, name, rows: false, columns: [] }),
) as [WatchedTable, WatchedTable];

/** Watches of tables, and the names of those that were stored each time. The reading process confirms them at once. */
function watchesOf(watched: readonly WatchedTable[]) {
  const stored: string[] = [];
  const state = { isFailing: false, failures: 0 };
  const store = {
    async watch(_source: string, _process: string, tables: readonly WatchedTable[]) {
      if (!state.isFailing) return void stored.push(tables.map(({ name }) => name).join());
      state.failures++;
      throw new Error('The store is away.');
    },
    areSeen: async () => true,
    unwatch: async () => {},
  } as unknown as ChangeLogStore;
  return { own: new OwnWatches(store, 'shop' as never, () => [...watched], 2), stored, state };
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
