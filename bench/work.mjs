// Durable work: runs of three steps per second and deliveries per second of one process, on PostgreSQL (with fsync and synchronous_commit) and on
// the embedded store, beside pg-boss with step records of its own. All work is queued before it is measured, so the rate is that of doing it.
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { options } from './options.mjs';
import { root } from './processes.mjs';
import { findServers } from './servers.mjs';
import { drainWithPgBoss } from './work-pgboss.mjs';

const from = (path) => import(pathToFileURL(join(root, 'dist/src', path)).href);
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const rounds = options.quick ? 1 : 3;
const runs = Number(options.runs);

/** Three steps without an effect outside, and three with one: every effect waits for the commit of what was recorded before. */
const workflows = {
  'three transforms': ['transform', { value: '{% input.n + 1 %}' }],
  'three operations': ['graphql', { document: '{ hello }', role: 'admin' }],
};
const stepsOf = ([kind, settings]) => ['a', 'b', 'c'].map((id) => ({ id, kind, ...settings }));

export async function run() {
  const { postgres } = findServers(['postgres']);
  const admin = new pg.Client(postgres);
  await admin.connect();
  const [{ setting: fsync }] = (await admin.query("select setting from pg_settings where name = 'fsync'"))
    .rows;
  await durable(admin, 'on');
  try {
    for (const name of Object.keys(workflows)) {
      const found = { postgres: [], embedded: [], 'pg-boss': [] };
      for (let round = 0; round < rounds; round++) {
        found.postgres.push(await inStore(admin, postgres, (place) => drainRuns(place, name)));
        found.embedded.push(await inFolder((place) => drainRuns(place, name)));
        if (name === 'three transforms')
          found['pg-boss'].push(await inStore(admin, postgres, ({ url }) => drainWithPgBoss(url, runs)));
      }
      report(`runs of ${name}`, found);
    }
    const sent = { postgres: [], embedded: [] };
    for (let round = 0; round < rounds; round++) {
      sent.postgres.push(await inStore(admin, postgres, drainDeliveries));
      sent.embedded.push(await inFolder(drainDeliveries));
    }
    report('deliveries', sent);
  } finally {
    await durable(admin, fsync);
    await admin.end();
  }
}

function report(what, found) {
  for (const [place, rates] of Object.entries(found))
    if (rates.length > 0)
      console.log(
        `${what}, ${place}: ${Math.round(median(rates))} per second (${rates.map(Math.round).join(', ')})`,
      );
}

async function durable(admin, fsync) {
  await admin.query(`alter system set fsync = ${fsync}`);
  await admin.query('select pg_reload_conf()');
}

/** Calls `measure` with a store in a database of its own. */
async function inStore(admin, server, measure) {
  await admin.query('drop database if exists foz_work with (force)');
  await admin.query('create database foz_work');
  const folder = mkdtempSync(join(tmpdir(), 'foz-work-'));
  try {
    return await measure({ url: new URL('/foz_work', server).href, folder });
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await admin.query('drop database foz_work with (force)');
  }
}

async function inFolder(measure) {
  const folder = mkdtempSync(join(tmpdir(), 'foz-work-'));
  try {
    return await measure({ folder });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs per second. */
async function drainRuns(place, name) {
  const { JobStore, RunStore, openStore } = await from('store/index.js');
  const { JobWorker, Runner } = await from('workflow/index.js');
  const store = openStore(place);
  const jobs = new JobStore(store);
  const records = new RunStore(jobs);
  const worker = new JobWorker({ jobs });
  const services = { graphql: async () => ({ data: { hello: 'you' } }) };
  const runner = new Runner({ runs: records, worker, services });
  await store.open();
  await runner.define({ name: 'bench', steps: stepsOf(workflows[name]) });
  await inParts(runs, (n) => runner.start('bench', { n }));
  await store.run('analyze', []);
  const startedAt = performance.now();
  await worker.start();
  await emptied(store);
  const rate = runs / ((performance.now() - startedAt) / 1000);
  const [{ done }] = await store.run("select count(*)::int as done from foz.runs where state = 'done'", []);
  await worker.stop(0);
  await runner.close();
  await store.close();
  if (done !== runs) throw new Error(`${done} of ${runs} runs have succeeded.`);
  return rate;
}

/** Deliveries per second, to a receiver in a process of its own. */
async function drainDeliveries(place) {
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
  for (let n = 0; n < runs; n += 1000)
    await jobs.transact((transaction) =>
      deliveries.add(
        transaction,
        Array.from({ length: Math.min(1000, runs - n) }, (_, at) => event(n + at)),
      ),
    );
  await store.run('analyze', []);
  const startedAt = performance.now();
  await worker.start();
  await emptied(store);
  const rate = runs / ((performance.now() - startedAt) / 1000);
  receiver.send('count');
  const received = await new Promise((resolve) => receiver.once('message', resolve));
  receiver.kill();
  await worker.stop(0);
  deliverer.close();
  await http.close();
  await store.close();
  if (received !== runs) throw new Error(`${received} requests arrived for ${runs} deliveries.`);
  return rate;
}

/** Calls `add` for each number, some hundreds at the same time. */
async function inParts(count, add) {
  for (let n = 0; n < count; n += 500)
    await Promise.all(Array.from({ length: Math.min(500, count - n) }, (_, at) => add(n + at)));
}

/** Resolves once the store has no jobs. */
async function emptied(store) {
  for (;;) {
    const rows = await store.run('select 1 from foz.jobs limit 1', []);
    if (rows.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
