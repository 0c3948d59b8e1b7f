import { pino } from 'pino';
import { connectPostgres } from '../../../src/databases/postgres/index.ts';
import { start } from '../../../src/main.ts';
import type { RunContext } from '../../../src/plan/index.ts';
import type { SourceConfig } from '../../../src/views/index.ts';
import { freshDatabase, type TestDatabase } from '../../support/databases.ts';
import { describeEngines } from '../../support/engines.ts';
import { type Pooler, startPgbouncer } from '../../support/servers/index.ts';
import { until } from '../../support/wait.ts';

const context: RunContext = { signal: new AbortController().signal, timeoutMs: 30_000 };

/** The settings of the database differ from those that Foz expects: date style, interval style, time zone. */
const setUp = `create table durations (id integer primary key, length interval not null, lengths interval[], day date not null, at timestamptz not null);
insert into durations select i, make_interval(days => i, hours => 2), array[make_interval(mins => i)], date '2024-02-28' + i, '2024-02-28 01:02:03+01' from generate_series(1, 9) i;
do $$ begin
  execute format('alter database %I set datestyle = ''German''', current_database());
  execute format('alter database %I set intervalstyle = ''postgres_verbose''', current_database());
  execute format('alter database %I set timezone = ''Asia/Tokyo''', current_database());
end $$;`;

const spelled = (id: number) => ({
  id,
  length: `P${id}DT2H`,
  lengths: [`PT${id}M`],
  day: new Date(Date.UTC(2024, 1, 28 + id)).toISOString().slice(0, 10),
  at: '2024-02-28T00:02:03+00:00',
});
const fields = 'id length lengths day at';

/** Operations on one row, each with its answer: a read by key, a list, several reads of one snapshot, a write in a transaction. */
const operations = [
  (id: number) => [`{ durations_by_pk(id: ${id}) { ${fields} } }`, { durations_by_pk: spelled(id) }],
  (id: number) => [`{ durations(where: {id: {_eq: ${id}}}) { ${fields} } }`, { durations: [spelled(id)] }],
  (id: number) => [
    `{ durations_connection(first: 1, where: {id: {_eq: ${id}}}) { totalCount nodes { id } } }`,
    { durations_connection: { totalCount: 1, nodes: [{ id }] } },
  ],
  (id: number) => [
    `mutation {
      a: update_durations(where: {id: {_eq: ${id}}}, _set: {id: ${id}}) { affected_rows returning { length } }
      b: update_durations(where: {id: {_eq: ${id}}}, _set: {id: ${id}}) { affected_rows }
    }`,
    { a: { affected_rows: 1, returning: [{ length: `P${id}DT2H` }] }, b: { affected_rows: 1 } },
  ],
] as const;

describeEngines(['postgres'], () => {
  let database: TestDatabase;
  let pooler: Pooler;

  beforeAll(async () => {
    database = await freshDatabase('postgres', 'shop');
    await database.use((own) => own.execute(setUp));
    // The pooler has fewer server connections than clients, so the statements of one client reach several of them.
    pooler = await startPgbouncer(database.location, { default_pool_size: '3' });
  }, 120_000);
  afterAll(async () => {
    await pooler?.stop();
    await database?.drop();
  });

  const serving = async (more: Partial<SourceConfig>) => {
    const source: SourceConfig = {
      name: 'shop',
      kind: 'postgres',
      url: pooler.url,
      pool: { max: 8 },
      ...more,
    };
    const server = await start(
      { server: { port: 0, graphiql: false }, sources: [source] },
      { logger: pino({ level: 'silent' }) },
    );
    const ask = async (query: string): Promise<unknown> => {
      const response = await fetch(`${server.url}graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query }),
      });
      return response.json();
    };
    return { server, ask };
  };

  test.each<Partial<SourceConfig>>([{}, { prepared_statements: true }, { prepared_statements: false }])(
    'many clients at once are answered in ISO spelling: %j',
    async (more) => {
      const { server, ask } = await serving(more);
      try {
        await Promise.all(
          Array.from({ length: 12 }, async (_, client) => {
            for (let round = 0; round < 8; round++) {
              const [query, data] = operations[(client + round) % operations.length]!(
                1 + ((client * 5 + round) % 9),
              );
              expect(await ask(query as string)).toEqual({ data });
            }
          }),
        );
      } finally {
        await server.close(0);
      }
    },
    120_000,
  );

  test('a pooler is told among the issues; a server by itself is not taken for one', async () => {
    const outcomeOf = async (connection: string) => {
      const connector = connectPostgres({ connection });
      const all = { include: [], exclude: [] };
      const { issues } = await connector.introspect({ namespaces: all, tables: all }, context.signal);
      await connector.close();
      return issues.filter(({ reason }) => reason.includes('connection pooler')).length;
    };
    expect([await outcomeOf(pooler.url), await outcomeOf(database.location)]).toEqual([1, 0]);
  });

  test('a statement is cancelled through the pooler, and none of those that follow', async () => {
    const connector = connectPostgres({ connection: pooler.url });
    const leaving = new AbortController();
    const slow = connector.run({ text: 'select pg_sleep(60)', slots: [] }, [], {
      signal: leaving.signal,
      timeoutMs: null,
    });
    const asleep = `select count(*) as n from pg_stat_activity where query like 'select pg_sleep%' and state = 'active' and datname = current_database()`;
    const sleeping = () => database.use(async (own) => Number((await own.query(asleep))[0]!.n));
    await until(async () => (await sleeping()) === 1);
    leaving.abort();
    await expect(slow).rejects.toMatchObject({ code: 'timeout' });
    await until(async () => (await sleeping()) === 0);
    const next = Array.from({ length: 20 }, () =>
      connector.run({ text: 'select 1', slots: [] }, [], context),
    );
    expect((await Promise.all(next)).map(({ rows }) => rows[0]![0])).toEqual(next.map(() => '1'));
    await connector.close();
  });
});
