import { startCleaning } from '../../../src/app/work/cleaning.ts';
import { HookStore, JobStore, TriggerStore } from '../../../src/store/index.ts';
import { openStore, type Store } from '../../../src/store/store.ts';
import { type StorePlace, storePlace, until } from '../../store/place.ts';

let place: StorePlace;
let store: Store;
beforeAll(async () => {
  place = await storePlace('pglite');
  store = openStore({ url: place.url, folder: place.folder });
  await store.open();
}, 120_000);
afterAll(async () => {
  await store.close();
  await place.drop();
});

test('what cannot be removed keeps nothing else from being removed', async () => {
  const done: string[] = [];
  const warnings: string[] = [];
  const stop = startCleaning({
    store,
    runs: { removeOld: async () => Promise.reject(new Error('too slow')) },
    calls: { removeOld: async () => void done.push('calls') },
    deliveries: { removeEnded: async () => done.push('deliveries') },
    registry: { sources: [] },
    settings: {},
    log: { warn: ((_: object, text: string) => warnings.push(text)) as never },
  });
  await until(() => done.length === 2);
  stop();
  expect([done, warnings]).toEqual([['deliveries', 'calls'], ['old runs stay for now']]);
});

test('large calls of webhooks are removed within several transactions, all of them', async () => {
  const jobs = new JobStore(store);
  const calls = new HookStore(jobs);
  await store.run(
    `insert into foz.hook_calls (id, hook, at, method, query, headers, body, status, outcome)
     select 'large ' || n, 'h', now() - interval '2 days', 'POST', '', '{}',
       convert_to(repeat('x', 30 * 1024 * 1024), 'UTF8'), 202, 'accepted' from generate_series(1, 5) n`,
    [],
  );
  const removed: number[] = [];
  const { transact } = jobs;
  jobs.transact = ((body: Parameters<JobStore['transact']>[0]) =>
    transact.call(jobs, (transaction) =>
      body({
        ...transaction,
        run: async (text, values) => {
          const rows = await transaction.run(text, values);
          if (text.includes('hook_calls')) removed.push(rows.length);
          return rows;
        },
      }),
    )) as JobStore['transact'];
  await calls.removeOld(86_400);
  // Two calls of 30 MB end within the 64 MB of a transaction, and a third one begins there.
  expect(removed).toEqual([3, 2, 0]);
}, 120_000);

test('triggers are forgotten a day after the last use, but neither those of the metadata nor those with pending deliveries', async () => {
  const triggers = new TriggerStore(store);
  await triggers.use('shop', ['gone', 'faulty', 'pending']);
  await triggers.use('crm', ['used']);
  const states = async () => (await triggers.list()).map(({ name }) => name);
  await store.run(
    `update foz.event_triggers set seen_at = now() - interval '25 hours' where source = 'shop'`,
    [],
  );
  await new JobStore(store).transact(({ add }) => add([{ id: 'pending/1', queue: 'deliver:pending' }]));
  await store.run(`insert into foz.trigger_sources (source) values ('shop'), ('old')`, []);
  await triggers.removeUnused(['faulty']);
  expect(await states()).toEqual(['faulty', 'pending', 'used']);
  const sources = await store.run('select source from foz.trigger_sources', []);
  expect(sources).toEqual([{ source: 'shop' }]);
});
