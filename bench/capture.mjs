// Capture alone: how many row changes a second the reader of each engine delivers, and the delay from a commit to its message. The
// changes are written while nothing is read, so the rate is that of the reader and of the database that sends.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { options } from './options.mjs';
import { root } from './processes.mjs';
import { findServers } from './servers.mjs';

const { DatabaseSync } = createRequire(join(root, 'package.json'))('@photostructure/sqlite');
const from = (path) => import(pathToFileURL(join(root, 'dist/src', path)).href);
const never = new AbortController().signal;
const context = { signal: never, timeoutMs: null };
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const rows = Number(options.rows ?? 200_000);
/** Transactions of one row are slower to write than to read. */
const singles = Math.ceil(rows / 4);
const table = `create table capture_rows (id bigint primary key, kind int not null, name varchar(40) not null, amount decimal(10,2) not null,
  written timestamp not null)`;
const columns = '(id, kind, name, amount, written)';
const values = (id) => `(${id}, ${id} % 7, 'name of the row', 12.50, '2024-02-29 12:00:00')`;

/** The databases: how to write to each, and how Foz connects to it. */
const engines = {
  postgres: {
    replication: async (server) => {
      const client = await postgresClient(server);
      await client.query(`${table}; create publication foz for table capture_rows`);
      return postgresDatabase(client, 'replication');
    },
    outbox: async (server) => {
      const client = await postgresClient(server);
      await client.query(table);
      return postgresDatabase(client, 'triggers');
    },
  },
  mysql: { binlog: (server) => mysqlDatabase('mysql', server) },
  mariadb: { binlog: (server) => mysqlDatabase('mariadb', server) },
  sqlite: { outbox: sqliteDatabase },
};

async function postgresClient(server) {
  const admin = new pg.Client(server);
  await admin.connect();
  await admin.query('drop database if exists foz_capture with (force)');
  await admin.query('create database foz_capture');
  await admin.end();
  const client = new pg.Client(new URL('/foz_capture', server).href);
  await client.connect();
  return client;
}

async function postgresDatabase(client, method) {
  const { connectPostgres } = await from('databases/postgres/index.js');
  const url = new URL(`postgres://${client.host}`);
  Object.assign(url, { port: client.port, pathname: '/foz_capture', username: client.user });
  if (client.password) url.password = client.password;
  await client.query(`create or replace procedure capture_loop(first bigint, last bigint) language plpgsql as $$ begin
    for n in first..last loop
      insert into capture_rows ${columns} values ${values('n')};
      commit;
    end loop; end $$`);
  return {
    method,
    namespace: 'public',
    connector: connectPostgres({ connection: url.href }),
    many: (first, last) =>
      client.query(`insert into capture_rows ${columns} select n, n % 7, 'name of the row', 12.50, '2024-02-29 12:00:00'
        from generate_series(${first}, ${last}) n`),
    single: (first, last) => client.query(`call capture_loop(${first}, ${last})`),
    one: (id) => client.query(`insert into capture_rows ${columns} values ${values(id)}`),
    async drop() {
      const { host, port, user, password } = client;
      await client.end();
      const admin = new pg.Client({ host, port, user, password, database: 'postgres' });
      await admin.connect();
      await admin.query('drop database if exists foz_capture with (force)');
      await admin.end();
    },
  };
}

async function mysqlDatabase(engine, server) {
  const name = engine === 'mysql' ? 'mysql' : 'mariadb';
  const module = await from(`databases/${name}/index.js`);
  const connectTo = engine === 'mysql' ? module.connectMysql : module.connectMariadb;
  const admin = await mysql.createConnection({ uri: server, multipleStatements: true });
  await admin.query('drop database if exists foz_capture; create database foz_capture; use foz_capture');
  await admin.query(table);
  await admin.query(`create procedure capture_loop(first bigint, last bigint) begin
    declare n bigint default first;
    while n <= last do
      insert into capture_rows ${columns} values ${values('n')};
      set n = n + 1;
    end while; end`);
  const digit =
    '(select 0 d union all select 1 union all select 2 union all select 3 union all select 4 union all select 5 union all select 6 union all select 7 union all select 8 union all select 9)';
  const numbers = `select a.d + 10 * b.d + 100 * c.d + 1000 * d.d + 10000 * e.d + 100000 * f.d as n from
    ${'abcdef'
      .split('')
      .map((alias) => `${digit} ${alias}`)
      .join(', ')}`;
  return {
    method: 'replication',
    namespace: 'foz_capture',
    connector: connectTo({ connection: new URL('/foz_capture', server).href }),
    many: (first, last) =>
      admin.query(`insert into capture_rows ${columns} select ${first} + n, n % 7, 'name of the row', 12.50, '2024-02-29 12:00:00'
        from (${numbers}) numbers where n <= ${last - first}`),
    // Several sessions, since each commit waits for the disk.
    async single(first, last) {
      const step = Math.ceil((last - first + 1) / 8);
      await Promise.all(
        Array.from({ length: 8 }, async (_, part) => {
          const low = first + part * step;
          const session = await mysql.createConnection(new URL('/foz_capture', server).href);
          await session.query(`call capture_loop(${low}, ${Math.min(last, low + step - 1)})`);
          await session.end();
        }),
      );
    },
    one: (id) => admin.query(`insert into capture_rows ${columns} values ${values(id)}`),
    async drop() {
      await admin.query('drop database foz_capture');
      await admin.end();
    },
  };
}

async function sqliteDatabase() {
  const folder = mkdtempSync(join(tmpdir(), 'foz-capture-'));
  const file = join(folder, 'capture.db');
  const database = new DatabaseSync(file, { timeout: 20_000 });
  database.exec(`pragma journal_mode = wal; pragma synchronous = off; ${table}`);
  const { connectSqlite } = await from('databases/sqlite/index.js');
  const loop = (first, last) =>
    `with recursive r(n) as (select ${first} union all select n + 1 from r where n < ${last})
     insert into capture_rows ${columns} select n, n % 7, 'name of the row', 12.50, '2024-02-29 12:00:00' from r`;
  return {
    method: 'triggers',
    namespace: null,
    connector: connectSqlite({ file, wal: true }),
    many: async (first, last) => database.exec(loop(first, last)),
    async single(first, last) {
      const insert = database.prepare(
        `insert into capture_rows ${columns} values (?, ?, 'name of the row', 12.50, '2024-02-29 12:00:00')`,
      );
      for (let n = first; n <= last; n++) insert.run(n, n % 7);
    },
    one: async (id) => database.exec(`insert into capture_rows ${columns} values ${values(id)}`),
    async drop() {
      database.close();
      rmSync(folder, { recursive: true });
    },
  };
}

export async function run() {
  const wanted = chosen(options.engines);
  const servers = findServers(wanted.filter((engine) => engine !== 'sqlite'));
  const lines = [];
  for (const engine of wanted)
    for (const [way, open] of Object.entries(engines[engine] ?? {})) {
      const database = await open(servers[engine]);
      try {
        const line = `| ${engine}, ${way} | ${(await measure(database)).join(' | ')} |`;
        console.log(line);
        lines.push(line);
      } finally {
        await database.connector.close();
        await database.drop();
      }
    }
  console.log(`
| | one transaction of ${rows} rows: rows/s by the clock; of Foz's processor | ${singles} transactions of one row: rows/s by the clock; of Foz's processor | delay of 500 single rows at 100/s: median, p99 |
|---|---|---|---|
${lines.join('\n')}`);
}

/** SQLite is measured where no engine was chosen. */
function chosen(given) {
  const known = given.filter((engine) => engine in engines);
  return options.engine === undefined ? [...known, 'sqlite'] : known;
}

async function measure(database) {
  const { connector, method, namespace } = database;
  const tables = [{ namespace, name: 'capture_rows' }];
  if (method === 'triggers') {
    const offers = await connector.changes.offers(tables, never);
    for (const text of offers.find((offer) => offer.method === method).setup)
      await connector.run({ text, slots: [] }, [], context);
  }
  let next = 1;
  const backlog = async (count, write) => {
    const stream = await connector.changes.follow({ method, keptAs: null });
    try {
      await write(next, next + count - 1);
      next += count;
      return await drain(stream, count);
    } finally {
      await stream.close();
    }
  };
  const many = await backlog(rows, database.many);
  const single = await backlog(singles, database.single);
  const delays = await delaysOf(database, () => next++);
  return [many, single, delays];
}

/** Reads so many rows; returns the rates. */
async function drain(stream, count) {
  const [started, before] = [performance.now(), process.cpuUsage()];
  let read = 0;
  while (read < count)
    for (const message of await stream.next(never)) {
      if (message.kind === 'row') read++;
      if (message.kind === 'commit') stream.acknowledge(message.position);
    }
  const { user, system } = process.cpuUsage(before);
  const rate = (ms) => Math.round((count * 1000) / ms).toLocaleString('en');
  return `${rate(performance.now() - started)}; ${rate((user + system) / 1000)}`;
}

async function delaysOf({ connector, method, one }, nextId) {
  const stream = await connector.changes.follow({ method, keptAs: null });
  const committed = new Map();
  const arrived = new Map();
  const count = 500;
  try {
    const reading = (async () => {
      while (arrived.size < count)
        for (const message of await stream.next(never)) {
          if (message.kind === 'row') arrived.set(Number(message.new.values[0]), performance.now());
          if (message.kind === 'commit') stream.acknowledge(message.position);
        }
    })();
    const started = performance.now();
    for (let n = 0; n < count; n++) {
      const due = started + n * 10;
      if (performance.now() < due) await pause(due - performance.now());
      const id = nextId();
      await one(id);
      committed.set(id, performance.now());
    }
    await reading;
  } finally {
    await stream.close();
  }
  // A change may arrive before its client has the confirmation of the commit.
  const delays = [...committed].map(([id, at]) => Math.max(0, arrived.get(id) - at)).sort((a, b) => a - b);
  return `${delays[count / 2].toFixed(1)} ms, ${delays[Math.floor(count * 0.99)].toFixed(1)} ms`;
}
