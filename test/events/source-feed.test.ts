import type { Table } from '../../src/catalog/index.ts';
import { FozError, never } from '../../src/core/index.ts';
import { SourceFeed, type WatchedRows } from '../../src/events/feed/source-feed.ts';
import type { ChangeStream, Connector, FollowOptions } from '../../src/plan/index.ts';
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

/** A database that has the changes after `has` and later, and says so only when a stream is read. `asked`: after which positions it was asked. */
function purged(has: string, asked: (string | undefined)[]): Connector {
  const follow = async (options: FollowOptions): Promise<ChangeStream> => {
    const { after } = options;
    asked.push(after);
    const isGone = after !== undefined && after < has;
    return {
      start: after ?? has,
      next: (signal) =>
        isGone
          ? Promise.reject(new FozError('not-found', 'The binlog was purged.'))
          : new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('ended')))),
      acknowledge: () => {},
      close: async () => {},
    };
  };
  return { changes: { offers: async () => [offer], follow } } as unknown as Connector;
}

test('a stored position that the database refuses only when it is read is not tried again', async () => {
  const asked: (string | undefined)[] = [];
  const tables = [{ namespace: 'public', name: 'moves', since: 'p1', forMs: 60_000, shape: '' }];
  const stored = { identity: 'a', method: 'replication', position: 'p5', keptAfter: 'p0', number: 3, tables };
  const lead = {
    ...{
      ended: new Promise(() => {}),
      read: async () => stored,
      cut: async () => 0,
      append: async () => true,
    },
    ...{ want: async () => {}, watches: async () => [], see: async () => {}, trim: async () => {} },
    release: async () => {},
  };
  const store = {
    lead: async () => lead,
    read: async () => stored,
    listen: () => () => {},
    unwatch: async () => {},
  };
  const feed = new SourceFeed(purged('p9', asked), 'auto', () => {}, {
    ...{ store: store as unknown as ChangeLogStore, source: 'shop' as never, identity: 'a' },
    ...{ bounds: { seconds: 60, bytes: 1_000_000 }, onFailure: () => {} },
  });
  feed.watch([watched('moves')], { touch: () => {} });
  await feed.ready([watched('moves')]);
  await until(() => asked.length >= 2);
  expect(asked).toEqual(['p5', undefined]);
  const table = { source: { name: 'shop' }, namespace: 'public', name: 'moves' } as unknown as Table;
  await feed.requireRows(table, [], never);
  await feed.close();
});
