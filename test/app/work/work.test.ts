import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { type Started, start } from '../../../src/main.ts';
import { DeliveryStore, JobStore, type NewDelivery, vacuumEmbedded } from '../../../src/store/index.ts';
import { openStore, type Store } from '../../../src/store/store.ts';
import { until } from '../../store/place.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-work-'));
const config = {
  state: folder,
  server: { port: 0 },
  auth: { admin_secrets: ['an-admin-secret-of-a-test'] },
  sources: [],
};
const logger = pino({ level: 'silent' });
const event = (id: string): NewDelivery => ({
  ...{ event: id, endpoint: 'billing', type: 'orders.insert', source: '/sources/shop/orders' },
  ...{ time: '2026-01-02T03:04:05Z', payload: '{}', key: null },
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a body on the store of the server, while no server has it open. */
async function withStore<T>(
  body: (jobs: JobStore, deliveries: DeliveryStore, store: Store) => Promise<T>,
): Promise<T> {
  const store = openStore({ folder });
  try {
    await store.open();
    const jobs = new JobStore(store);
    return await body(jobs, new DeliveryStore(store, jobs), store);
  } finally {
    await store.close();
  }
}

async function metrics({ url }: Started): Promise<string> {
  return (await fetch(`${url}metrics`)).text();
}

test('a server counts the jobs of its store, removes old deliveries, and leaves pending ones until their endpoint is known', async () => {
  await withStore(async (jobs, deliveries, store) => {
    await deliveries.storeEndpoints([{ name: 'billing', concurrency: null }]);
    await jobs.transact((transaction) => deliveries.add(transaction, [event('old'), event('new')]));
    await store.run(
      `update foz.deliveries set state = 'delivered', ended_at = now() - interval '15 days' where event = 'old'`,
      [],
    );
    await store.run(`delete from foz.jobs where id = 'billing/old'`, []);
  });
  const server = await start(config, { logger });
  try {
    const counted = async () =>
      /^foz_jobs\{kind="deliver",state="(?:due|waiting)"\} 1$/m.test(await metrics(server));
    await until(counted);
    expect(await metrics(server)).toMatch(/^foz_job_oldest_seconds\{kind="deliver"\} \d/m);
    const deliveries = new DeliveryStore(server.plane!.store, new JobStore(server.plane!.store));
    await until(async () => (await deliveries.list({})).length === 1);
    // The worker does not claim what it cannot deliver yet.
    await until(async () => (await server.plane!.store.run('select 1 from foz.job_workers', [])).length > 0);
    expect(await deliveries.list({})).toMatchObject([{ event: 'new', state: 'pending', attempts: 0 }]);
  } finally {
    await server.close(0);
  }
}, 120_000);

test('a server that is not enabled claims nothing', async () => {
  await withStore((jobs) => jobs.transact(({ run }) => run('update foz.jobs set due = now()', [])));
  const server = await start({ ...config, workflow: { enabled: false } }, { logger });
  try {
    const { store } = server.plane!;
    expect(await store.run('select 1 from foz.job_workers', [])).toEqual([]);
    expect(await metrics(server)).toMatch(/^foz_jobs\{kind="deliver",state="due"\} 1$/m);
  } finally {
    await server.close(0);
  }
}, 120_000);

test('an embedded store is vacuumed where many rows are dead', async () => {
  const sizes = await withStore(async (_jobs, _deliveries, store) => {
    const size = async () =>
      Number((await store.run("select pg_relation_size('foz.delivery_attempts') as size", []))[0]!.size);
    await store.run(
      `insert into foz.delivery_attempts (delivery, number, milliseconds, request_headers)
       select 'billing/new', n, 0, '{}' from generate_series(1, 20000) n`,
      [],
    );
    await store.run('delete from foz.delivery_attempts', []);
    const before = await size();
    await until(async () => (await vacuumEmbedded(store)).includes('delivery_attempts'));
    return [before > 0, await size(), await vacuumEmbedded(store)];
  });
  expect(sizes).toEqual([true, 0, []]);
}, 120_000);
