import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Metadata } from '../../src/catalog/index.ts';
import { type Started, start } from '../../src/main.ts';
import type { Write } from '../cases/live/case.ts';
import { allowed, type ChangesCase, denied, fixture, refused, tables } from '../cases/live/changes.ts';
import { changesWays } from '../cases/live/ways.ts';
import { type Connection, connect } from '../support/connect.ts';
import { freshDatabase, type TestDatabase } from '../support/databases.ts';
import { describeEngines } from '../support/engines.ts';
import { until } from '../support/wait.ts';
import { outboxSetup, Subscriber } from './subscriber.ts';

const secret = 'a secret of some length';
const admin = { 'x-foz-admin-secret': secret };
const own = { owner_id: { _eq: 'X-Foz-User-Id' } };
const columns = ['id', 'team_id', 'owner_id', 'title', 'points'];

const metadata = (source: string): Metadata => ({
  tables: [
    {
      source,
      table: 'change_tasks',
      object_relationships: [{ name: 'team', using: { foreign_key_constraint_on: 'team_id' } }],
      select_permissions: [
        { role: 'member', permission: { columns, filter: own } },
        { role: 'masked', permission: { columns: '*', filter: {}, masks: { secret: own } } },
        { role: 'paying', permission: { columns, filter: { team: { plan: { _eq: 'paid' } } } } },
        { role: 'watching', permission: { columns, filter: {}, subscription_root_fields: ['select'] } },
      ],
    },
    { source, table: 'change_teams' },
    {
      source,
      table: 'change_notes',
      select_permissions: [{ role: 'member', permission: { columns: '*', filter: own } }],
    },
  ],
});

/** The changes that the subscriber has got so far, over all answers. */
function sentTo({ answers }: Subscriber, field: string): unknown[] {
  return answers.flatMap(({ data }) => data?.[field] ?? []);
}

/** The tables that have triggers where there is an outbox. */
const watched = ['change_tasks', 'change_teams', 'change_notes'];

for (const [engine, method] of changesWays) {
  describeEngines([engine], () =>
    describe(method, () => {
      let database: TestDatabase;
      let client: Connection | null = null;
      let foz: Started;

      beforeAll(async () => {
        database = await freshDatabase(engine, 'shop');
        await database.use(async (connection) => {
          for (const text of tables) await connection.execute(text);
          for (const write of fixture) if ('sql' in write) await connection.execute(write.sql);
          if (engine === 'postgres' && method === 'log') {
            await connection.execute('alter table change_tasks replica identity full');
            await connection.execute(
              'create publication foz for table change_tasks, change_teams, change_notes',
            );
          }
        });
        const place = { [engine === 'pglite' || engine === 'sqlite' ? 'path' : 'url']: database.location };
        foz = await start(
          {
            state: mkdtempSync(join(tmpdir(), 'state-')),
            server: { port: 0, graphiql: false },
            auth: { admin_secrets: [secret] },
            sources: [{ name: 'shop', kind: engine, ...place }],
            metadata: metadata('shop'),
          } as Parameters<typeof start>[0],
          { logger: pino({ level: 'silent' }) },
        );
        // PGlite's folder belongs to Foz alone: its own SQL goes through the connector.
        if (engine !== 'pglite') client = await connect(engine, database.location);
        if (engine === 'sqlite') await execute('pragma busy_timeout = 20000');
        if (method === 'outbox') for (const text of await outboxSetup(foz, watched)) await execute(text);
      }, 60_000);
      afterAll(async () => {
        await client?.close();
        await foz?.close(0);
        await database?.drop();
      });

      const execute = async (text: string) => {
        if (client !== null) return void (await client.execute(text));
        const { connector } = foz.attached.registry.named('shop');
        await connector.run({ text, slots: [] }, [], {
          signal: new AbortController().signal,
          timeoutMs: null,
        });
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
      const subscribe = (query: string, as: ChangesCase['as'] = {}, variables: object = {}) =>
        Subscriber.open(foz.url, { query, variables }, { ...admin, ...as });

      test.each([...allowed, ...denied])(
        '$name',
        async ({ query, as, variables, writes, sent }) => {
          const subscriber = await subscribe(query, as, variables);
          const [first] = await subscriber.count(1);
          const [field] = Object.keys(first!.data ?? {});
          expect(first).toEqual({ data: { [field!]: [] } });
          for (const given of writes) await write(given);
          await until(() => sentTo(subscriber, field!).length >= sent.length || subscriber.isOver, 30_000);
          expect(sentTo(subscriber, field!)).toEqual(sent);
          subscriber.close();
        },
        60_000,
      );

      const known = method === 'log' ? engine : null;
      test.each(refused.filter(({ only = known }) => only === known))(
        'refused: $name',
        async ({ query, as, message }) => {
          const subscriber = await subscribe(query, as).catch((error: Error) => error);
          if (subscriber instanceof Error) {
            expect(subscriber.message).toContain(message);
            return;
          }
          const [answer] = await subscriber.count(1);
          expect(answer!.data ?? null).toBeNull();
          expect(answer!.errors![0]!.message).toContain(message);
          await until(() => subscriber.isComplete, 30_000);
        },
        60_000,
      );
    }),
  );
}
