// Live queries: many subscribers of a few plans with variables of their own, while rows change, on PostgreSQL by replication. The delay is
// from the moment at which the database has confirmed a commit until the client has the answer.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import pg from 'pg';
import { load } from './data.mjs';
import { work } from './load.mjs';
import { options } from './options.mjs';
import { cpuOf, endProcess, freePort, root, startProcess } from './processes.mjs';
import { findServers } from './servers.mjs';

const require = createRequire(join(root, 'package.json'));
const { WebSocket } = require('ws');

const plans = [
  'items: live_items(where: {user_id: {_eq: $u}}, order_by: {id: asc}) { id value }',
  'items: live_items(where: {user_id: {_eq: $u}}, order_by: {value: desc}, limit: 3) { id value }',
  'items: live_items_aggregate(where: {user_id: {_eq: $u}}) { aggregate { sum { value } } }',
  'items: live_items_aggregate(where: {user_id: {_eq: $u}}) { aggregate { max { value } count } }',
  'items: live_items(where: {user_id: {_eq: $u}, value: {_gte: 0}}) { id value kind }',
  'items: live_items(where: {user_id: {_eq: $u}, kind: {_lt: 9}}) { id kind value }',
  'items: live_items(where: {user_id: {_eq: $u}}, limit: 10, order_by: {id: desc}) { value }',
  'items: live_items(where: {user_id: {_eq: $u}}, order_by: {kind: asc}) { kind value user_id }',
  'items: live_items_aggregate(where: {user_id: {_eq: $u}}) { aggregate { sum { value } avg { value } } }',
  'items: live_items_aggregate(where: {user_id: {_eq: $u}}) { aggregate { sum { value } } nodes { id value } }',
];
const users = Number(options.subscribers) / plans.length;
const seconds = Math.max(5, options.seconds);
const changesPerSecond = 100;
const socketsOf = 50;

const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const memoryOf = (pid) =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

export async function run() {
  const servers = findServers(['postgres']);
  const url = await load('postgres', servers.postgres);
  const database = new pg.Client(url);
  await database.connect();
  await database.query(`drop publication if exists foz; drop table if exists live_items;
    create table live_items (id serial primary key, user_id int not null, kind int not null, value bigint not null);
    insert into live_items (user_id, kind, value) select u, k, 0 from generate_series(1, ${users}) u, generate_series(1, 5) k;
    create index on live_items (user_id); alter table live_items replica identity full; analyze live_items;
    create publication foz for table live_items`);
  const port = await freePort();
  const file = join(work, 'live.yaml');
  const limits = { subscriptions: null };
  writeFileSync(
    file,
    JSON.stringify({
      state: join(work, 'state-live'),
      server: { port, limits },
      sources: [{ name: 'main', kind: 'postgres', url, pool: { max: options.poolSize } }],
    }),
  );
  const foz = await startProcess(
    process.execPath,
    [join(root, 'bin/foz.js'), 'serve', '--config', file],
    'ready',
  );
  try {
    await measure(database, port, foz.pid);
  } finally {
    await endProcess(foz);
    await database.query('drop publication foz; drop table live_items');
    await database.end();
  }
}

/** Opens a WebSocket; `onAnswer` is called with the id of the operation. */
async function open(port, onAnswer) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws');
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  await new Promise((resolve) => {
    socket.on('message', (data) => {
      const text = String(data);
      if (text.startsWith('{"type":"connection_ack"')) return resolve();
      if (text.startsWith('{"type":"ping"')) return socket.send('{"type":"pong"}');
      const id = /"id":"([^"]+)"/.exec(text)?.[1];
      if (/"type":"next"/.test(text)) onAnswer(id, text);
      else if (!/"type":"pong"/.test(text)) console.log(text.slice(0, 300));
    });
    socket.send('{"type":"connection_init"}');
  });
  return socket;
}

async function measure(database, port, pid) {
  let answers = 0;
  /** By user: when its last change was confirmed. */
  const changedAt = new Map();
  const delays = [];
  const onAnswer = (id) => {
    answers++;
    const at = changedAt.get(Number(id.split('-')[0]));
    if (at !== undefined) delays.push(performance.now() - at);
  };
  const sockets = await Promise.all(Array.from({ length: socketsOf }, () => open(port, onAnswer)));
  const total = users * plans.length;
  const started = performance.now();
  for (let user = 1; user <= users; user++)
    for (const [plan, field] of plans.entries()) {
      const payload = { query: `subscription P${plan}($u: Int!) { ${field} }`, variables: { u: user } };
      const message = { id: `${user}-${plan}`, type: 'subscribe', payload };
      sockets[(user * plans.length + plan) % socketsOf].send(JSON.stringify(message));
    }
  while (answers < total) await pause(20);
  console.log(
    `${total} subscribers on ${socketsOf} WebSockets: all first answers after ${((performance.now() - started) / 1000).toFixed(1)} s, Foz uses ${memoryOf(pid).toFixed(0)} MB`,
  );
  await idle(pid, 3);
  await changing(database, pid, { changedAt, delays, answersOf: () => answers });
  for (const socket of sockets) socket.close();
}

async function idle(pid, forSeconds) {
  const before = cpuOf([pid]);
  await pause(forSeconds * 1000);
  console.log(`idle: ${((cpuOf([pid]) - before) / forSeconds / 10).toFixed(1)} % of a core`);
}

async function changing(database, pid, { changedAt, delays, answersOf }) {
  const before = { cpu: cpuOf([pid]), answers: answersOf(), at: performance.now() };
  const changes = seconds * changesPerSecond;
  for (let n = 0; n < changes; n++) {
    const due = before.at + (n * 1000) / changesPerSecond;
    if (performance.now() < due) await pause(due - performance.now());
    const user = 1 + ((n * 7919) % users);
    await database.query(
      'update live_items set value = value + 1 where id = (select min(id) from live_items where user_id = $1)',
      [user],
    );
    changedAt.set(user, performance.now());
  }
  await pause(1000);
  const spent = (performance.now() - before.at) / 1000 - 1;
  delays.sort((a, b) => a - b);
  console.log(
    `${changes} changes in ${spent.toFixed(1)} s (${changesPerSecond}/s wanted), each of which alters ${plans.length} answers: ${answersOf() - before.answers} answers of ${changes * plans.length}`,
  );
  console.log(
    `delay: median ${quantile(delays, 0.5).toFixed(0)} ms, p90 ${quantile(delays, 0.9).toFixed(0)} ms, p99 ${quantile(delays, 0.99).toFixed(0)} ms, longest ${delays.at(-1).toFixed(0)} ms; Foz: ${((cpuOf([pid]) - before.cpu) / (spent + 1) / 10).toFixed(0)} % of a core, ${memoryOf(pid).toFixed(0)} MB`,
  );
}
