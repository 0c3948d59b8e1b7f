// Live queries on PostgreSQL by replication: many subscribers of a few queries with variables of their own, while rows change one by one and
// many at once; one change that all see; idle subscribers; and the load of the database against polling. A delay is from the moment at which
// the database has confirmed a commit until the client has the answer.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { load } from './data.mjs';
import { openSocket, subscribe } from './live-clients.mjs';
import { polledLoad } from './live-polls.mjs';
import { work } from './load.mjs';
import { options } from './options.mjs';
import { cpuOf, endProcess, freePort, memoryOf, root, startProcess } from './processes.mjs';
import { findServers, processOf } from './servers.mjs';

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
const subscribers = Number(options.subscribers);
const users = subscribers / plans.length;
const seconds = Math.max(5, options.seconds);
const changesPerSecond = 100;
/** Subscribers per WebSocket: the default limit of a connection. */
const perSocket = 100;

const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const spread = (delays) => {
  delays.sort((a, b) => a - b);
  const [median, p90, p99] = [0.5, 0.9, 0.99].map((q) => quantile(delays, q).toFixed(0));
  return `median ${median} ms, p90 ${p90} ms, p99 ${p99} ms, longest ${delays.at(-1).toFixed(0)} ms`;
};

export async function run() {
  const servers = findServers(['postgres']);
  const url = await load('postgres', servers.postgres);
  const database = new pg.Client(url);
  await database.connect();
  await database.query(`drop publication if exists foz; drop table if exists live_items;
    create table live_items (id serial primary key, user_id int not null, kind int not null, value bigint not null);
    insert into live_items (user_id, kind, value) select u, k, 0 from generate_series(1, ${2 * users}) u, generate_series(1, 5) k;
    create index on live_items (user_id); alter table live_items replica identity full; analyze live_items;
    create publication foz for table live_items`);
  const databasePid = processOf(servers.postgres);
  try {
    for (const scenario of [changing, manyRows, oneChange, idle])
      await withFoz(url, (foz) => scenario(foz, database, databasePid));
    const alone = await changesAlone(database, databasePid);
    console.log(`the changes without Foz: database ${alone.toFixed(0)} % of a core`);
    const polled = await polledLoad(database, users, seconds, databasePid);
    console.log(
      `polled each second, ${subscribers} subscribers in sets of 100: database ${polled.toFixed(0)} % of a core`,
    );
  } finally {
    await database.query('drop publication foz; drop table live_items');
    await database.end();
  }
}

/** Runs a scenario with a Foz of its own, so that the memory is that of the scenario. */
async function withFoz(url, scenario) {
  const port = await freePort();
  const file = join(work, 'live.yaml');
  writeFileSync(
    file,
    JSON.stringify({
      state: join(work, 'state-live'),
      server: { port, limits: { subscriptions: null } },
      sources: [{ name: 'main', kind: 'postgres', url, pool: { max: options.poolSize } }],
    }),
  );
  const args = [join(root, 'bin/foz.js'), 'serve', '--config', file];
  const foz = await startProcess(process.execPath, args, 'ready');
  try {
    await scenario({ port, pid: foz.pid });
  } finally {
    await endProcess(foz);
  }
}

/** Opens the sockets, subscribes, and waits for the first answers. `subscriptionOf`: id, query and variables of the nth subscriber. */
async function subscribed({ port, pid }, count, subscriptionOf) {
  const state = { answers: 0, onAnswer: () => {} };
  const onAnswer = (id) => {
    state.answers++;
    state.onAnswer(id);
  };
  const sockets = await Promise.all(
    Array.from({ length: Math.ceil(count / perSocket) }, () => openSocket(port, onAnswer)),
  );
  const started = performance.now();
  for (let n = 0; n < count; n++) subscribe(sockets[n % sockets.length], ...subscriptionOf(n));
  while (state.answers < count) await pause(20);
  const first = ((performance.now() - started) / 1000).toFixed(1);
  console.log(
    `${count} subscribers on ${sockets.length} WebSockets: all first answers after ${first} s, Foz uses ${memoryOf(pid)} MB`,
  );
  state.close = () => {
    for (const socket of sockets) socket.close();
  };
  return state;
}

/** Query and variables of the nth subscriber, of all queries and users. */
function ofOwnUser(n) {
  const [plan, user] = [n % plans.length, 1 + Math.floor(n / plans.length)];
  return [`${user}-${plan}`, `subscription P${plan}($u: Int!) { ${plans[plan]} }`, { u: user }];
}

async function changing(foz, database, databasePid) {
  const state = await subscribed(foz, subscribers, ofOwnUser);
  /** By user: when its last change was confirmed. */
  const changedAt = new Map();
  const delays = [];
  state.onAnswer = (id) => {
    const at = changedAt.get(Number(id.split('-')[0]));
    if (at !== undefined) delays.push(performance.now() - at);
  };
  const before = {
    cpu: cpuOf([foz.pid]),
    database: cpuOf([databasePid]),
    answers: state.answers,
    at: performance.now(),
  };
  const changes = await changeRows(database, (user) => changedAt.set(user, performance.now()));
  await pause(1000);
  const spent = (performance.now() - before.at) / 1000 - 1;
  const core = (now, then) => ((now - then) / (spent + 1) / 10).toFixed(0);
  console.log(
    `${changes} changes in ${spent.toFixed(1)} s (${changesPerSecond}/s wanted), each of which alters ${plans.length} answers: ${state.answers - before.answers} answers of ${changes * plans.length}`,
  );
  console.log(
    `delay: ${spread(delays)}; Foz: ${core(cpuOf([foz.pid]), before.cpu)} % of a core, ${memoryOf(foz.pid)} MB; database with the changes: ${core(cpuOf([databasePid]), before.database)} % of a core`,
  );
  state.close();
}

/** Changes rows of the users in turn; returns how many. `onChange` is called with the user. */
async function changeRows(database, onChange) {
  const changes = seconds * changesPerSecond;
  const started = performance.now();
  for (let n = 0; n < changes; n++) {
    const due = started + (n * 1000) / changesPerSecond;
    if (performance.now() < due) await pause(due - performance.now());
    const user = 1 + ((n * 7919) % users);
    await changeRowOf(database, user);
    onChange(user);
  }
  return changes;
}

/** The processor time of the database for the changes alone, in percent of a core. */
async function changesAlone(database, databasePid) {
  const before = cpuOf([databasePid]);
  const started = performance.now();
  await changeRows(database, () => {});
  return (100 * (cpuOf([databasePid]) - before)) / (performance.now() - started);
}

const changeRowOf = (database, user) =>
  database.query(
    'update live_items set value = value + 1 where id = (select min(id) from live_items where user_id = $1)',
    [user],
  );

/** One statement a second that changes a row of each user, and so the answers of all subscribers. */
async function manyRows(foz, database, databasePid) {
  const state = await subscribed(foz, subscribers, ofOwnUser);
  const delays = [];
  const before = { cpu: cpuOf([foz.pid]), database: cpuOf([databasePid]) };
  const started = performance.now();
  for (let n = 0; n < seconds; n++) {
    const expected = state.answers + subscribers;
    await database.query(`update live_items set value = value + 1 where kind = 1 and user_id <= ${users}`);
    const at = performance.now();
    state.onAnswer = () => delays.push(performance.now() - at);
    while (state.answers < expected) await pause(5);
    await pause(Math.max(0, at + 1000 - performance.now()));
  }
  const core = (now, then) => ((100 * (now - then)) / (performance.now() - started)).toFixed(0);
  console.log(
    `one statement a second that changes a row of each of ${users} users: ${spread(delays)}; Foz: ${core(cpuOf([foz.pid]), before.cpu)} % of a core, ${memoryOf(foz.pid)} MB; database: ${core(cpuOf([databasePid]), before.database)} % of a core`,
  );
  state.close();
}

/** One change a second that alters the answer of every subscriber. */
async function oneChange(foz, database) {
  const query = 'subscription { items: live_items_aggregate { aggregate { sum { value } } } }';
  const state = await subscribed(foz, subscribers, (n) => [String(n), query, {}]);
  const delays = [];
  const before = cpuOf([foz.pid]);
  for (let n = 0; n < seconds; n++) {
    const expected = state.answers + subscribers;
    await changeRowOf(database, 1);
    const at = performance.now();
    state.onAnswer = () => delays.push(performance.now() - at);
    while (state.answers < expected) await pause(5);
    await pause(Math.max(0, at + 1000 - performance.now()));
  }
  console.log(
    `one change a second that ${subscribers} see: ${spread(delays)}; Foz: ${((cpuOf([foz.pid]) - before) / seconds / 10).toFixed(0)} % of a core, ${memoryOf(foz.pid)} MB`,
  );
  state.close();
}

/** Twice as many subscribers, without changes. */
async function idle(foz, _, databasePid) {
  const state = await subscribed(foz, 2 * subscribers, ofOwnUser);
  const before = { cpu: cpuOf([foz.pid]), database: cpuOf([databasePid]) };
  await pause(seconds * 1000);
  const core = (now, then) => ((now - then) / seconds / 10).toFixed(1);
  console.log(
    `idle: Foz ${core(cpuOf([foz.pid]), before.cpu)} % of a core, ${memoryOf(foz.pid)} MB; database ${core(cpuOf([databasePid]), before.database)} % of a core`,
  );
  state.close();
}
