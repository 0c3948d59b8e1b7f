import type { Table } from '../../src/catalog/index.ts';
import { never } from '../../src/core/index.ts';
import { SourceFeed, type WatchedRows } from '../../src/events/feed/source-feed.ts';
import type { Connector } from '../../src/plan/index.ts';
import type { ChangeLogStore } from '../../src/store/index.ts';
import { until } from '../support/wait.ts';

const watched = (name: string): WatchedRows => ({
  table: { namespace: 'public', name },
  isBase: true,
  rows: null,
});

const offer = {
  ...{ method: 'replication', grain: 'rows', obstacles: [], setup: [], gaps: [], unseen: [], warnings: [] },
};
const connector = {
  changes: { offers: async () => [offer], follow: () => new Promise(() => {}) },
} as unknown as Connector;

test('live queries run again once their tables are confirmed, also if the first attempt fails', async () => {
  const state = { isAway: false, watches: 0, failures: 0 };
  const store = {
    lead: async () => null,
    read: async () => ({
      ...{ identity: 'a', method: 'replication', position: 'p5', keptAfter: 'p0', number: 3, tables: [] },
    }),
    segments: async () => [],
    async watch() {
      state.watches++;
      if (state.isAway) throw new Error('The store is away.');
    },
    unwatch: async () => {},
    areSeen: async () => true,
    listen: () => () => {},
  } as unknown as ChangeLogStore;
  const feed = new SourceFeed(connector, 'auto', () => state.failures++, {
    ...{ store, source: 'shop' as never, identity: 'a', bounds: { seconds: 60, bytes: 1_000_000 } },
    onFailure: () => {},
  });
  let touches = 0;
  const watcher = { touch: () => void touches++ };
  feed.watch([watched('moves')], watcher);
  await feed.ready([watched('moves')]);
  await until(() => touches > 0);
  state.isAway = true;
  feed.watch([watched('notes')], watcher);
  const [attempts, reported] = [state.watches, state.failures];
  await feed.ready([watched('notes')]);
  expect(state.watches).toBeGreaterThan(attempts);
  expect(state.failures).toBe(reported + 1);
  touches = 0;
  // The next attempt succeeds.
  state.isAway = false;
  await until(() => touches > 0);
  await feed.close();
});

test('any number of subscribers may wait for a stream', async () => {
  const warnings: Error[] = [];
  const warn = (warning: Error) => void warnings.push(warning);
  process.on('warning', warn);
  const feed = new SourceFeed(connector);
  const table = { source: { name: 'shop' } } as unknown as Table;
  const waiting = Array.from({ length: 20 }, () => feed.requireRows(table, [], never));
  await new Promise((resolve) => setTimeout(resolve, 5));
  await feed.close();
  const ended = { status: 'rejected', reason: expect.objectContaining({ code: 'unavailable' }) };
  expect(await Promise.allSettled(waiting)).toEqual(Array.from({ length: 20 }, () => ended));
  process.off('warning', warn);
  expect(warnings).toEqual([]);
});
