import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Metadata } from '../../src/catalog/index.ts';
import { Feeds } from '../../src/events/index.ts';
import { type Started, start } from '../../src/main.ts';
import { cases, fixture, type LiveCase, tables, type Write } from '../cases/live/cases.ts';
import { outboxEngines, setUp } from '../databases/outbox/fixture.ts';
import { type Connection, connect } from '../support/connect.ts';
import { freshDatabase, type TestDatabase } from '../support/databases.ts';
import { describeEngines, engines } from '../support/engines.ts';
import { until } from '../support/wait.ts';
import { Subscriber } from './subscriber.ts';

const secret = 'a secret of some length';
const admin = { 'x-foz-admin-secret': secret };

const metadata = (source: string): Metadata => ({
  tables: [
    {
      source,
      table: 'live_books',
      select_permissions: [
        {
          role: 'writer',
          permission: { columns: ['id', 'title'], filter: { author_id: { _eq: 'X-Foz-User-Id' } } },
        },
      ],
    },
  ],
});

/** PostgreSQL is followed by replication where a publication exists; without one, as other engines without a log, by polling. */
const methods = [
  ...engines.map((engine) => [engine, 'by itself'] as const),
  ['postgres', 'published'] as const,
  ...outboxEngines.map((engine) => [engine, 'outbox'] as const),
];

/** Ends the connections that send the changes of the database. */
const killSenders = `select pg_terminate_backend(active_pid) from pg_replication_slots
  where active_pid is not null and database = current_database()`;

for (const [engine, method] of methods) {
  describeEngines([engine], () => {
    let database: TestDatabase;
    let own: Connection | null = null;
    let foz: Started;

    beforeAll(async () => {
      database = await freshDatabase(engine, 'shop');
      await database.use(async (connection) => {
        for (const text of tables) await connection.execute(text);
        for (const write of fixture) if ('sql' in write) await connection.execute(write.sql);
        if (method === 'published')
          await connection.execute('create publication foz for table live_authors, live_books');
      });
      const place =
        engine === 'sqlite' || engine === 'pglite' ? { path: database.location } : { url: database.location };
      foz = await start(
        {
          state: mkdtempSync(join(tmpdir(), 'state-')),
          server: { port: 0, graphiql: false },
          auth: { admin_secrets: [secret] },
          sources: [
            { name: 'shop', kind: engine, ...(method === 'outbox' ? { changes: 'triggers' } : {}), ...place },
          ],
          metadata: metadata('shop'),
        } as Parameters<typeof start>[0],
        { logger: pino({ level: 'silent' }) },
      );
      if (method === 'outbox') {
        const { connector } = foz.attached.registry.named('shop');
        const { namespace } = database;
        await setUp(
          { connector, namespace: engine === 'sqlite' ? null : namespace },
          'live_authors',
          'live_books',
        );
      }
      // PGlite's folder belongs to Foz alone: its own SQL goes through the connector.
      if (engine !== 'pglite') own = await connect(engine, database.location);
      // Foz writes to the file, too: it deletes what it has read of the outbox.
      if (engine === 'sqlite') await own!.execute('pragma busy_timeout = 5000');
    }, 60_000);
    afterAll(async () => {
      await own?.close();
      await foz?.close(0);
      await database?.drop();
    });

    const execute = async (text: string) => {
      if (own !== null) return void (await own.execute(text));
      const { connector } = foz.attached.registry.named('shop');
      const context = { signal: new AbortController().signal, timeoutMs: null };
      await connector.run({ text, slots: [] }, [], context);
    };
    const write = async (given: Write) => {
      if ('sql' in given) return execute(given.sql);
      const response = await fetch(new URL('graphql', foz.url), {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...admin },
        body: JSON.stringify({ query: given.mutation }),
      });
      expect(await response.json()).not.toHaveProperty('errors');
    };
    const subscribe = ({ query, variables = {}, as = {} }: Pick<LiveCase, 'query' | 'variables' | 'as'>) =>
      Subscriber.open(foz.url, { query, variables }, { ...admin, ...as });

    describe(method, () => {
      test.each(cases)(
        '$name',
        async ({ first, writes, ...asked }) => {
          const subscriber = await subscribe(asked);
          const expected = [first];
          await subscriber.last(first);
          for (const [given, answer] of writes) {
            await write(given);
            if (answer === null) continue;
            expected.push(answer);
            await subscriber.last(answer);
          }
          expect(subscriber.answers).toEqual(expected.map((data) => ({ data })));
          subscriber.close();
        },
        60_000,
      );

      if (method !== 'published') return;
      test('a long transaction of others delays no answer', async () => {
        const { connector } = foz.attached.registry.named('shop');
        const other = await connect(engine, database.location);
        const feeds = new Feeds({ connectorOf: () => connector });
        try {
          await other.execute('begin; update live_authors set name = name where id = 120');
          const { tables } = foz.attached.graphs.catalog.sources.get(foz.attached.registry.sources[0]!.name)!;
          const books = tables.filter(({ name }) => name === 'live_books');
          let touched = 0;
          const watch = feeds.watch(books, null, { touch: () => touched++ });
          await watch.ready;
          expect(feeds.states).toMatchObject([{ polled: [{ name: 'live_books' }] }]);
          await until(() => touched > 1);
          await other.execute('commit');
          await until(() => feeds.states[0]!.polled.length === 0);
          touched = 0;
          await execute(`update live_books set title = title where id = 100`);
          await execute(`insert into live_books values (9999, 10, 'seen', 1)`);
          await until(() => touched > 0);
          await execute('delete from live_books where id = 9999');
          watch.stop();
        } finally {
          await other.close();
          await feeds.close();
        }
      }, 60_000);

      test('a lost stream is opened again; changes in the gap are seen', async () => {
        const subscriber = await subscribe({
          query: 'subscription { live_authors_by_pk(id: 10) { name } }',
        });
        await subscriber.last({ live_authors_by_pk: { name: 'author 10' } });
        for (const name of ['a', 'b', 'author 10']) {
          await execute(killSenders);
          await execute(`update live_authors set name = '${name}' where id = 10`);
          await subscriber.last({ live_authors_by_pk: { name } });
        }
        subscriber.close();
      }, 60_000);
    });
  });
}
