import { pino } from 'pino';
import { type Started, start } from '../../../src/main.ts';
import { type FozProcess, fozOver, fozProgram } from '../../control/edit/processes.ts';
import { secret } from '../../control/sources/runtime.ts';
import { onServer, type StorePlace, storePlace } from '../../store/place.ts';
import { type Connection, connect } from '../../support/connect.ts';
import { freshDatabase, type TestDatabase } from '../../support/databases.ts';
import { describeEngines } from '../../support/engines.ts';
import { until } from '../../support/wait.ts';
import { type Client, open } from './client.ts';

/** A view that takes longer to read than any test lasts, and the number of statements that are reading it. */
const slow = {
  postgres: {
    setUp: `create table numbers (id integer primary key, n integer not null);
      insert into numbers select i, i % 7 from generate_series(1, 20000) i;
      create view slow as select count(*) as n from numbers a, numbers b, numbers c where a.n + b.n = c.n * 3;`,
    running: `select count(*) as n from pg_stat_activity where state = 'active' and datname = current_database() and query like '%slow%' and pid <> pg_backend_pid()`,
  },
  mysql: {
    setUp: `create table numbers (id integer primary key, n integer not null);
      set session cte_max_recursion_depth = 30000;
      insert into numbers with recursive r (i) as (select 1 union all select i + 1 from r where i < 20000) select i, i % 7 from r;
      create view slow as select count(*) as n from numbers a, numbers b, numbers c where a.n + b.n = c.n * 3;`,
    running: `select count(*) as n from performance_schema.processlist where info like '%slow%' and id <> connection_id()`,
  },
  mariadb: {
    setUp: `create table numbers (id integer primary key, n integer not null);
      insert into numbers select seq, seq % 7 from seq_1_to_20000;
      create view slow as select count(*) as n from numbers a, numbers b, numbers c where a.n + b.n = c.n * 3;`,
    running: `select count(*) as n from information_schema.processlist where info like '%slow%' and id <> connection_id()`,
  },
} as const;

for (const engine of ['postgres', 'mysql', 'mariadb'] as const) {
  describeEngines([engine], () => {
    let database: TestDatabase;
    let own: Connection;
    let foz: Started;
    beforeAll(async () => {
      database = await freshDatabase(engine, 'shop');
      own = await connect(engine, database.location);
      await own.execute(slow[engine].setUp);
      foz = await start(
        {
          server: { port: 0, graphiql: false },
          sources: [{ name: 'shop', kind: engine, url: database.location, pool: { max: 4 } }],
        },
        { logger: pino({ level: 'silent' }) },
      );
    }, 60_000);
    afterAll(async () => {
      await foz?.close(0);
      await own?.close();
      await database?.drop();
    });
    const running = async () => Number((await own.query(slow[engine].running))[0]!.n);

    test.each<readonly [name: string, end: (client: Client) => void]>([
      ['a complete', (client) => client.send({ type: 'complete', id: 'slow' })],
      ['a client that closes', (client) => client.socket.close()],
      ['a client that is gone', (client) => client.socket.terminate()],
      ['a message that closes the connection', (client) => client.send('no JSON')],
    ])(
      '%s ends the statement on the server',
      async (_, end) => {
        const client = await (await open(foz.url)).init();
        client.begin('slow', '{ slow { n } }');
        await until(async () => (await running()) === 1);
        end(client);
        await until(async () => (await running()) === 0);
        const next = await (await open(foz.url)).init();
        expect((await next.ask('1', '{ numbers_by_pk(id: 1) { n } }'))[0]).toContain(
          '{"data":{"numbers_by_pk":{"n":1}}}',
        );
        next.socket.close();
        client.socket.terminate();
      },
      60_000,
    );
  });
}

describeEngines(['postgres'], () => {
  let program: Awaited<ReturnType<typeof fozProgram>>;
  let place: StorePlace;
  let shop: StorePlace;
  let both: readonly FozProcess[] = [];
  beforeAll(async () => {
    program = await fozProgram();
    place = await storePlace('postgres');
    shop = await storePlace('postgres');
    await onServer(shop.url!, slow.postgres.setUp);
    const one = (state: string) =>
      fozOver(program.file, place, state, {
        auth: { admin_secrets: [secret] },
        sources: [{ name: 'shop', kind: 'postgres', url: shop.url! }],
        metadata: {
          tables: ['numbers', 'slow'].map((table) => ({
            source: 'shop',
            table,
            select_permissions: [{ role: 'clerk', permission: { columns: '*', filter: {} } }],
          })),
        },
      });
    both = [await one('a'), await one('b')];
  }, 120_000);
  afterAll(async () => {
    for (const foz of both) await foz.end();
    await shop?.drop();
    await place?.drop();
    program?.remove();
  }, 60_000);

  test('a key that is revoked through one process closes its connections to both within 2 s, and ends what runs', async () => {
    const ask = async (query: string) => {
      const response = await fetch(`${both[0]!.url}control/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-foz-admin-secret': secret },
        body: JSON.stringify({ query }),
      });
      return (await response.json()) as { readonly data: Record<string, Record<string, unknown>> };
    };
    const { data } = await ask(
      'mutation { createKey(input: {name: "till", roles: ["clerk"]}) { text key { id } } }',
    );
    const made = data.createKey as unknown as {
      readonly text: string;
      readonly key: { readonly id: string };
    };
    const clients = await Promise.all(
      both.map(async ({ url }) => (await open(url)).init({ headers: { 'X-API-Key': made.text } })),
    );
    const running = () =>
      onServer(
        shop.url!,
        `select 1 from pg_stat_activity where state = 'active' and datname = current_database() and query like '%slow%' and pid <> pg_backend_pid()`,
      );
    for (const client of clients) client.begin('slow', '{ slow { n } }');
    await until(async () => (await running()).length === 2);
    await ask(`mutation { revokeKey(id: "${made.key.id}") { id } }`);
    const revoked = performance.now();
    const ends = await Promise.all(clients.map((client) => client.end()));
    expect(performance.now() - revoked).toBeLessThan(2_000);
    for (const end of ends) expect(end).toEqual({ code: 4403, reason: 'The API key was revoked.' });
    await until(async () => (await running()).length === 0);
  }, 60_000);
});
