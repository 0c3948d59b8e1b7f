import type { Table } from '../../src/catalog/index.ts';
import { RequestEnd } from '../../src/core/index.ts';
import { Feeds } from '../../src/events/feed/feeds.ts';
import type { ChangeStream, Connector } from '../../src/plan/index.ts';
import { until } from '../support/wait.ts';

const table = {
  ...{ id: 'shop.moves', namespace: 'public', name: 'moves', kind: 'table' },
  ...{ source: { name: 'shop' }, columns: [], versionColumn: null },
} as unknown as Table;
const offer = {
  ...{ method: 'replication', grain: 'rows', obstacles: [], setup: [], gaps: [], unseen: [], warnings: [] },
};

/** A database without changes. `open`: the streams of it that are open. */
function database() {
  const state = { open: 0 };
  const stream: ChangeStream = {
    start: 'p1',
    next: (signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('It is over.')))),
    acknowledge: () => {},
    async close() {
      state.open--;
    },
  };
  const changes = {
    offers: async () => [offer],
    async follow() {
      state.open++;
      return stream;
    },
  };
  return { connector: { changes } as unknown as Connector, state };
}

test('the changes of a source end where it is attached anew, and its former database is left', async () => {
  const [first, second] = [database(), database()];
  let attached = first.connector;
  const feeds = new Feeds({ connectorOf: () => attached });
  const watch = () => feeds.watch([table], null, { touch: () => {} });
  const asked = { table, after: null, neededOld: [] } as unknown as Parameters<Feeds['changes']>[0];
  const one = watch();
  await one.ready;
  const reader = await feeds.changes(asked, new RequestEnd());
  expect(await reader.peek(10)).toEqual([]);
  attached = second.connector;
  await expect(reader.peek(10)).rejects.toMatchObject({ code: 'unavailable' });
  one.stop();
  await until(() => first.state.open === 0);

  const other = watch();
  await other.ready;
  await feeds.changes(asked, new RequestEnd());
  other.stop();
  // The source is followed a while longer, unless it is detached.
  feeds.reconsider();
  expect([feeds.states.length, second.state.open]).toEqual([1, 1]);
  attached = first.connector;
  feeds.reconsider();
  expect(feeds.states).toEqual([]);
  await until(() => second.state.open === 0);
  await feeds.close();
});
