import { pino } from 'pino';
import { parseSourceName } from '../../src/core/index.ts';
import { type Started, start } from '../../src/main.ts';
import { type Connection, connect } from '../support/connect.ts';
import { freshDatabase, type TestDatabase } from '../support/databases.ts';
import { describeEngines, type Engine } from '../support/engines.ts';

const engines = ['postgres', 'mysql', 'mariadb'] as const satisfies readonly Engine[];
type Server = (typeof engines)[number];

/** Creates rows whose cross join with themselves takes longer to count than a request may last. */
const setUp: Record<Server, string> = {
  postgres: `create table numbers (id integer primary key, n integer not null);
    insert into numbers select i, i % 7 from generate_series(1, 20000) i;
    create view slow as select count(*) as n from numbers a, numbers b, numbers c where a.n + b.n = c.n * 3;
    create view divided as select id, 100 / (n - 3) as part from numbers;
    create table counters (id integer primary key, n integer not null);
    -- It looks for deadlocks after a second otherwise, which is as long as a request may take here.
    do $$ begin execute format('alter database %I set deadlock_timeout = ''50ms''', current_database()); end $$;`,
  mysql: `create table numbers (id integer primary key, n integer not null);
    set session cte_max_recursion_depth = 30000;
    insert into numbers with recursive r (i) as (select 1 union all select i + 1 from r where i < 20000) select i, i % 7 from r;
    create view slow as select count(*) as n from numbers a, numbers b, numbers c where a.n + b.n = c.n * 3;
    create view divided as select id, cast(concat('x', n) as json) as part from numbers;
    create table counters (id integer primary key, n integer not null);`,
  mariadb: `create table numbers (id integer primary key, n integer not null);
    insert into numbers select seq, seq % 7 from seq_1_to_20000;
    create view slow as select count(*) as n from numbers a, numbers b, numbers c where a.n + b.n = c.n * 3;
    create view divided as select id, pow(10, 300 * n) as part from numbers;
    create table counters (id integer primary key, n integer not null);`,
};

const running: Record<Server, string> = {
  postgres: `select count(*) as n from pg_stat_activity where state = 'active' and datname = current_database() and query like '%slow%' and pid <> pg_backend_pid()`,
  mysql: `select count(*) as n from performance_schema.processlist where info like '%slow%' and id <> connection_id()`,
  mariadb: `select count(*) as n from information_schema.processlist where info like '%slow%' and id <> connection_id()`,
};

for (const engine of engines) {
  describeEngines([engine], () => {
    let database: TestDatabase;
    let own: Connection;
    let server: Started;

    beforeAll(async () => {
      database = await freshDatabase(engine, 'shop');
      own = await connect(engine, database.location);
      await own.execute(setUp[engine]);
      server = await start(
        {
          server: { port: 0, graphiql: false, limits: { time_ms: 1500 } },
          sources: [{ name: 'shop', kind: engine, url: database.location, pool: { max: 4 } }],
        },
        { logger: pino({ level: 'silent' }) },
      );
    }, 60_000);
    afterAll(async () => {
      await server?.close(0);
      await own?.close();
      await database?.drop();
    });

    const ask = async (query: string, signal?: AbortSignal) => {
      const response = await fetch(`${server.url}graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query }),
        ...(signal === undefined ? {} : { signal }),
      });
      const answer = (await response.json()) as {
        data?: Record<string, unknown> | null;
        errors?: { message: string; extensions: { code: string } }[];
      };
      return { ...answer, code: answer.errors?.[0]?.extensions.code };
    };
    const statements = async () => Number((await own.query(running[engine]))[0]!.n);
    async function until(count: number): Promise<void> {
      for (let tries = 0; tries < 300 && (await statements()) !== count; tries++)
        await new Promise((resolve) => setTimeout(resolve, 10));
      expect(await statements()).toBe(count);
    }
    const works = async () =>
      expect((await ask('{ numbers(where: {id: {_eq: 1}}) { n } }')).data).toEqual({ numbers: [{ n: 1 }] });

    test('a client that leaves takes its statement with it, on the server', async () => {
      const abort = new AbortController();
      const asked = ask('{ slow { n } }', abort.signal).catch(() => 'left');
      await until(1);
      abort.abort();
      expect(await asked).toBe('left');
      await until(0);
      await works();
    }, 20_000);

    test('the time limit ends the statement on the server', async () => {
      const asked = ask('{ slow { n } }');
      await until(1);
      expect((await asked).code).toBe('timeout');
      await until(0);
      await works();
    }, 20_000);

    test('an error inside a computed column is told with its code, and the next request works', async () => {
      expect((await ask('{ divided(order_by: {id: asc}) { id part } }')).code).toBe('data-exception');
      await works();
    });

    test('writes that lock each other out are tried again: all are done, or told as conflict', async () => {
      await own.execute('delete from counters');
      await own.execute('insert into counters (id, n) values (1, 0), (2, 0)');
      const add = (first: number, second: number) =>
        ask(
          `mutation { a: update_counters(where: {id: {_eq: ${first}}}, _inc: {n: 1}) { affected_rows returning { n } } b: update_counters(where: {id: {_eq: ${second}}}, _inc: {n: 1}) { affected_rows returning { n } } }`,
        );
      const rounds = 10;
      let done = 0;
      for (let round = 0; round < rounds; round++) {
        const answers = await Promise.all([add(1, 2), add(2, 1), add(1, 2), add(2, 1)]);
        for (const { code } of answers) {
          if (code === undefined) done++;
          else expect(['conflict', 'timeout']).toContain(code);
        }
      }
      expect(done).toBeGreaterThanOrEqual(rounds);
      const rows = await own.query('select n from counters order by id');
      expect(rows.map(({ n }) => Number(n))).toEqual([done, done]);
      await works();
    }, 60_000);

    test('a table that is gone is out of the graph at the first request that misses it, and comes back', async () => {
      const query = '{ gone { id } }';
      await own.execute('create table gone (id integer primary key)');
      const shop = parseSourceName('shop')!;
      await server.attached.registry.refresh(shop);
      expect(await ask(query)).toMatchObject({ data: { gone: [] } });
      await own.execute('drop table gone');
      const lost = await ask(query);
      expect(lost.code).toBe('validation-failed');
      expect(lost.errors![0]!.message).toContain('Cannot query field "gone"');
      await own.execute('create table gone (id integer primary key, note integer)');
      await server.attached.registry.refresh(shop);
      expect(await ask('{ gone { id note } }')).toMatchObject({ data: { gone: [] } });
      await own.execute('drop table gone');
      await works();
    });

    test('a column that changed its type under a prepared statement is read as it is now', async () => {
      await own.execute('create table changing (id integer primary key, v integer)');
      await own.execute('insert into changing values (1, 5)');
      await server.attached.registry.refresh(parseSourceName('shop')!);
      const query = '{ changing_by_pk(id: 1) { v } }';
      for (let times = 0; times < 3; times++)
        expect(await ask(query)).toMatchObject({ data: { changing_by_pk: { v: 5 } } });
      await own.execute(
        engine === 'postgres'
          ? 'alter table changing alter v type bigint'
          : 'alter table changing modify v bigint',
      );
      const after = await ask(query);
      expect(after.errors).toBeUndefined();
      await server.attached.registry.refresh(parseSourceName('shop')!);
      expect(await ask(query)).toMatchObject({ data: { changing_by_pk: { v: '5' } } });
    });
  });
}
