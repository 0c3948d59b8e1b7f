// Deliveries of queued events to a receiver in a process of its own, and the delay from a commit to the request about it.
import { fork } from 'node:child_process';
import { createServer } from 'node:http';
import { join } from 'node:path';
import pg from 'pg';
import { root } from './processes.mjs';
import { from, pause, spread, until, withFoz } from './work-place.mjs';
import { emptied } from './work-runs.mjs';

/** Deliveries per second. */
export async function drainDeliveries(place, count) {
  const { DeliveryStore, JobStore, openStore } = await from('store/index.js');
  const { Deliverer, JobWorker, SigningSecret, eventId } = await from('workflow/index.js');
  const { HttpClient } = await from('outbound/index.js');
  const receiver = fork(join(root, 'bench/work-receiver.mjs'));
  const port = await new Promise((resolve) => receiver.once('message', resolve));
  const store = openStore(place);
  const jobs = new JobStore(store);
  const deliveries = new DeliveryStore(store, jobs);
  const worker = new JobWorker({ jobs });
  const http = new HttpClient({ author: 'anyone', config: { allow: ['127.0.0.1'] } });
  const endpoint = {
    ...{ name: 'bench', url: `http://127.0.0.1:${port}/`, headers: {}, secretHeaders: {}, form: 'payload' },
    ...{ timeoutMs: 10_000, signing: [SigningSecret.read(SigningSecret.make())] },
  };
  const deliverer = new Deliverer({ deliveries, http, endpoint: () => endpoint });
  deliverer.join(worker);
  await store.open();
  await deliveries.storeEndpoints([{ name: 'bench', concurrency: null }]);
  const event = (n) => ({
    ...{ event: eventId('bench', 'shop', String(n)), endpoint: 'bench', type: 'orders.insert', key: null },
    ...{ source: '/sources/shop/orders', time: new Date().toISOString() },
    payload: JSON.stringify({ event: { op: 'INSERT', data: { old: null, new: { id: n, total: '12.50' } } } }),
  });
  for (let n = 0; n < count; n += 1000)
    await jobs.transact((transaction) =>
      deliveries.add(
        transaction,
        Array.from({ length: Math.min(1000, count - n) }, (_, at) => event(n + at)),
      ),
    );
  await store.run('analyze', []);
  const startedAt = performance.now();
  await worker.start();
  await emptied(store);
  const rate = count / ((performance.now() - startedAt) / 1000);
  receiver.send('count');
  const received = await new Promise((resolve) => receiver.once('message', resolve));
  receiver.kill();
  await worker.stop(0);
  deliverer.close();
  await http.close();
  await store.close();
  if (received !== count) throw new Error(`${received} requests arrived for ${count} deliveries.`);
  return rate;
}

/** Clients that write at the same time, each with one row per transaction. */
const writers = 8;

/** The delay from the confirmation of a commit to the request about it, while rows are inserted one by one at this rate. Resolves with a sentence. */
export async function delaysOfDeliveries(table, storeUrl, perSecond, seconds) {
  await table.query(`create table measured (id integer primary key, note text not null);
    alter table measured replica identity full; create publication foz for table measured`);
  const url = `postgres://${table.user}@${table.host}:${table.port}/${table.database}`;
  const arrived = new Map();
  const server = createServer((request, response) => {
    const now = performance.now();
    let body = '';
    request.setEncoding('utf8').on('data', (text) => {
      body += text;
    });
    request.on('end', () => {
      const { id } = JSON.parse(body).event.data.new;
      if (!arrived.has(id)) arrived.set(id, now);
      response.writeHead(204).end();
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const trigger = {
    ...{ name: 'bench', definition: { insert: {} }, concurrency: 100 },
    webhook: `http://127.0.0.1:${server.address().port}/`,
  };
  const config = {
    store: { url: storeUrl },
    outbound: { allow: ['127.0.0.1'] },
    sources: [{ name: 'shop', kind: 'postgres', url }],
    metadata: { tables: [{ source: 'shop', table: 'measured', event_triggers: [trigger] }] },
  };
  const clients = await Promise.all(
    Array.from({ length: writers }, async () => {
      const client = new pg.Client(url);
      await client.connect();
      return client;
    }),
  );
  try {
    return await withFoz(config, async () => {
      const insert = (client, id) =>
        client.query({ name: 'i', text: 'insert into measured values ($1, $2)', values: [id, 'a note'] });
      let first = -1;
      await until(async () => {
        await insert(clients[0], first--);
        await pause(200);
        return arrived.size > 0;
      }, 60_000);
      const committed = new Map();
      const count = perSecond * seconds;
      const startedAt = performance.now();
      let next = 0;
      await Promise.all(
        clients.map(async (client) => {
          for (let id = next++; id < count; id = next++) {
            const due = startedAt + (id * 1000) / perSecond - performance.now();
            if (due > 0) await pause(due);
            await insert(client, id);
            committed.set(id, performance.now());
          }
        }),
      );
      const written = (count * 1000) / (performance.now() - startedAt);
      await until(() => [...committed.keys()].every((id) => arrived.has(id)), 120_000);
      const delays = [...committed].map(([id, at]) => Math.max(0, arrived.get(id) - at));
      return `${Math.round(written)} events per second: ${spread(delays)}`;
    });
  } finally {
    for (const client of clients) await client.end();
    server.close();
  }
}
