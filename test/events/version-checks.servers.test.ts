import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { pino } from 'pino';
import type { Metadata } from '../../src/catalog/index.ts';
import { VersionChecks } from '../../src/events/feed/version-checks.ts';
import { type Started, start } from '../../src/main.ts';
import type { Connector } from '../../src/plan/index.ts';
import { freshDatabase, type TestDatabase } from '../support/databases.ts';
import { describeEngines } from '../support/engines.ts';
import { until } from '../support/wait.ts';
import { Subscriber } from './subscriber.ts';

const secret = 'a secret of some length';
const never = new AbortController().signal;
const metadata: Metadata = {
  tables: [
    { source: 'shop', table: 'counted', changes: { version_column: 'version' } },
    {
      source: 'shop',
      table: 'stamped',
      configuration: { column_config: { updated_at: { hidden: true } } },
      changes: { version_column: 'updated_at' },
    },
    { source: 'shop', table: 'plain', changes: { version_column: 'versoin' } },
  ],
};

describeEngines(['postgres', 'pglite', 'mysql', 'mariadb', 'sqlite'], (engine) => {
  let database: TestDatabase;
  let foz: Started;
  let connector: Connector;

  beforeAll(async () => {
    database = await freshDatabase(engine, 'shop');
    await database.use(async (client) => {
      await client.execute('create table counted (id integer primary key, version bigint not null)');
      await client.execute('create table stamped (id integer primary key, updated_at timestamp null)');
      await client.execute('create table plain (id integer primary key, version integer)');
    });
    const place = engine === 'pglite' || engine === 'sqlite' ? 'path' : 'url';
    foz = await start(
      {
        state: mkdtempSync(join(tmpdir(), 'state-')),
        server: { port: 0, graphiql: false },
        auth: { admin_secrets: [secret] },
        sources: [{ name: 'shop', kind: engine, [place]: database.location, changes: 'polling' }],
        metadata,
      } as Parameters<typeof start>[0],
      { logger: pino({ level: 'silent' }) },
    );
    ({ connector } = foz.attached.registry.named('shop'));
  }, 120_000);
  afterAll(async () => {
    await foz?.close(0);
    await database?.drop();
  });

  const execute = (text: string) =>
    connector.run({ text, slots: [] }, [], { signal: never, timeoutMs: null });
  const tableOf = (name: string) =>
    [...foz.attached.graphs.catalog.sources.values()][0]!.tables.find((table) => table.name === name)!;

  test.each([
    ['counted', 'version = 5', 'version = 6'],
    ['stamped', "updated_at = '2024-02-29 10:00:00'", "updated_at = '2024-02-29 10:00:01'"],
  ])(
    'queries of %s run again only where its greatest version changed, and every 30 polls',
    async (name, first, then) => {
      const table = tableOf(name);
      let done = 0;
      const checks = new VersionChecks(
        {
          compileFetch: (fetch) => connector.compileFetch(fetch),
          run: (...given) => connector.run(...given).finally(() => done++),
        },
        never,
      );
      checks.watch(table);
      const poll = async () => {
        const before = done;
        let touched = 0;
        checks.poll([table], () => touched++);
        await until(() => touched > 0 || done > before);
        await setImmediate();
        return touched;
      };
      const set = name === 'counted' ? '5' : 'null';
      await execute(`insert into ${name} values (1, ${set}), (2, ${set})`);
      await execute(`update ${name} set ${first} where id = 1`);
      expect([await poll(), await poll(), await poll()]).toEqual([1, 0, 0]);
      await execute(`update ${name} set ${then} where id = 2`);
      expect([await poll(), await poll()]).toEqual([1, 0]);
      await execute(`delete from ${name} where id = 1`);
      const later: number[] = [];
      for (let count = 0; count < 26; count++) later.push(await poll());
      expect(later).toEqual([...Array(24).fill(0), 1, 0]);
      await execute(`drop table ${name}`);
      expect(await poll()).toBe(1);
      await execute(
        `create table ${name} (id integer primary key, ${name === 'counted' ? 'version bigint not null' : 'updated_at timestamp null'})`,
      );
    },
    60_000,
  );

  test('a subscriber gets an answer after a greater version, and a wrong name is reported', async () => {
    const subscriber = await Subscriber.open(
      foz.url,
      { query: 'subscription { stamped { id } }' },
      { 'x-foz-admin-secret': secret },
    );
    await subscriber.count(1);
    await execute(`insert into stamped values (7, '2024-03-01 10:00:00')`);
    await until(() => subscriber.texts.length > 1 || subscriber.isOver, 60_000);
    expect(subscriber.answers[1]).toEqual({ data: { stamped: [{ id: 7 }] } });
    subscriber.close();
    expect(tableOf('plain').versionColumn).toBeNull();
    expect(foz.attached.graphs.issues).toContainEqual(
      expect.objectContaining({
        severity: 'error',
        where: expect.stringMatching(/plain\.versoin$/),
        reason: expect.stringContaining('version'),
      }),
    );
  }, 90_000);
});
