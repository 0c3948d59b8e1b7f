import { pino } from 'pino';
import type { Metadata } from '../../src/catalog/index.ts';
import { type Started, start } from '../../src/main.ts';
import type { Write } from '../cases/live/cases.ts';
import { allowed, type ChangesCase, denied, fixture, refused, tables } from '../cases/live/changes.ts';
import { type Connection, connect } from '../support/connect.ts';
import { freshDatabase, type TestDatabase } from '../support/databases.ts';
import { describeEngines } from '../support/engines.ts';
import { until } from '../support/wait.ts';
import { Subscriber } from './subscriber.ts';

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

/** What the subscriber was told so far, over all answers. */
function toldTo({ answers }: Subscriber, field: string): unknown[] {
  return answers.flatMap(({ data }) => data?.[field] ?? []);
}

for (const engine of ['postgres', 'mysql', 'mariadb'] as const) {
  describeEngines([engine], () => {
    let database: TestDatabase;
    let client: Connection;
    let foz: Started;

    beforeAll(async () => {
      database = await freshDatabase(engine, 'shop');
      client = await connect(engine, database.location);
      for (const text of tables) await client.execute(text);
      for (const write of fixture) if ('sql' in write) await client.execute(write.sql);
      if (engine === 'postgres') {
        await client.execute('alter table change_tasks replica identity full');
        await client.execute('create publication foz for table change_tasks, change_teams, change_notes');
      }
      foz = await start(
        {
          server: { port: 0, graphiql: false },
          auth: { admin_secrets: [secret] },
          sources: [{ name: 'shop', kind: engine, url: database.location }],
          metadata: metadata('shop'),
        } as Parameters<typeof start>[0],
        { logger: pino({ level: 'silent' }) },
      );
    }, 60_000);
    afterAll(async () => {
      await client?.close();
      await foz?.close(0);
      await database?.drop();
    });

    const write = async (given: Write) => {
      if ('sql' in given) return client.execute(given.sql);
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
      async ({ query, as, variables, writes, told }) => {
        const subscriber = await subscribe(query, as, variables);
        const [first] = await subscriber.count(1);
        const [field] = Object.keys(first!.data ?? {});
        expect(first).toEqual({ data: { [field!]: [] } });
        for (const given of writes) await write(given);
        await until(() => toldTo(subscriber, field!).length >= told.length || subscriber.isOver, 30_000);
        expect(toldTo(subscriber, field!)).toEqual(told);
        subscriber.close();
      },
      60_000,
    );

    test.each(refused.filter(({ only = engine }) => only === engine))(
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
  });
}
