import { createConnection } from 'mysql2/promise';
import { Client } from 'pg';
import { describeEngines } from '../engines.ts';
import { type Server, type ServerEngine, serverEngines, starters } from './index.ts';

type Ask = (url: string, text: string) => Promise<string>;

const askPostgres: Ask = async (url, text) => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(text);
    return String(Object.values(rows[0] ?? { none: '' })[0]);
  } finally {
    await client.end();
  }
};

const askMysql: Ask = async (url, text) => {
  const connection = await createConnection(url);
  try {
    const [rows] = await connection.query(text);
    return String(Object.values((rows as Record<string, unknown>[])[0] ?? { none: '' })[0]);
  } finally {
    await connection.end();
  }
};

const facts = {
  postgres: {
    ask: askPostgres,
    version: ['select version()', /^PostgreSQL 1[4-9]/],
    zone: ["select current_setting('TimeZone')", 'UTC'],
    letters: ["select current_setting('server_encoding')", 'UTF8'],
    create: 'create database kept_it',
    count: "select count(*) from pg_database where datname = 'kept_it'",
  },
  mysql: {
    ask: askMysql,
    version: ['select version()', /^9\./],
    zone: ['select @@time_zone', '+00:00'],
    letters: ['select @@character_set_server', 'utf8mb4'],
    create: 'create database kept_it',
    count: "select count(*) from information_schema.schemata where schema_name = 'kept_it'",
  },
  mariadb: {
    ask: askMysql,
    version: ['select version()', /MariaDB/],
    zone: ['select @@time_zone', '+00:00'],
    letters: ['select @@character_set_server', 'utf8mb4'],
    create: 'create database kept_it',
    count: "select count(*) from information_schema.schemata where schema_name = 'kept_it'",
  },
} as const satisfies Record<ServerEngine, unknown>;

describeEngines(serverEngines, (engine) => {
  const { ask, version, zone, letters, create, count } = facts[engine];
  let server: Server;
  beforeAll(async () => {
    server = await starters[engine]({
      settings: { [engine === 'postgres' ? 'max_connections' : 'max-connections']: '17' },
    });
  }, 120_000);
  afterAll(() => server?.stop());

  test('is the real thing, in UTC and UTF-8, with the settings asked for', async () => {
    expect(await ask(server.url, version[0])).toMatch(version[1]);
    expect(await ask(server.url, zone[0])).toBe(zone[1]);
    expect(await ask(server.url, letters[0])).toBe(letters[1]);
    expect(
      await ask(server.url, engine === 'postgres' ? 'show max_connections' : 'select @@max_connections'),
    ).toBe('17');
  });

  test('a killed server refuses connections, and comes back with its data at the same address', async () => {
    await ask(server.url, create);
    await server.kill9();
    await expect(ask(server.url, count)).rejects.toThrow(/ECONNREFUSED/);
    await server.restart();
    expect(await ask(server.url, count)).toBe('1');
  }, 60_000);
});
