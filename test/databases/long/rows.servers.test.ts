import { connect as connectProduct } from '../../../src/attach.ts';
import { HeldBytes } from '../../../src/core/index.ts';
import { connectPglite } from '../../../src/databases/pglite/index.ts';
import type { Connector, RunContext } from '../../../src/plan/index.ts';
import { type Behind, behind } from '../../faults/front.ts';
import { testEngines } from '../../support/engine/index.ts';
import { describeEngines, engines, isServer } from '../../support/engines.ts';

const patient: RunContext = { signal: new AbortController().signal, timeoutMs: null };
const holding = (limit: number): RunContext => ({ ...patient, held: new HeldBytes(limit) });
const refused = (limit: number) => ({ name: 'FozError', code: 'limit-exceeded', details: { limit } });

describeEngines(engines, (engine) => {
  const { longText, repeated } = testEngines[engine].spelling;
  let database: Behind | null = null;
  let connector: Connector;
  const run = async (text: string, context = patient) =>
    (await connector.run({ text, slots: [] }, [], context)).rows;

  beforeAll(async () => {
    if (engine === 'pglite') connector = connectPglite();
    else {
      database = await behind(engine, []);
      const { pool: _, ...source } = { pool: null, ...database.config };
      connector = await connectProduct({
        ...source,
        ...(isServer(engine) ? { pool: { max: 1 } } : {}),
      } as never);
    }
    await run(`create table paper (id integer primary key, body ${longText} not null)`);
    for (let id = 1; id <= 300; id++) await run(`insert into paper values (${id}, ${repeated(4_000)})`);
  });
  afterAll(async () => {
    await connector.close();
    await database?.close();
  });

  test('rows that are too many bytes are refused while they arrive, and the connection serves on', async () => {
    const held = new HeldBytes(100_000);
    await expect(run('select id, body from paper', { ...patient, held })).rejects.toMatchObject(
      refused(100_000),
    );
    // The first row over the limit ends the count; the rest of the 300 rows is not counted.
    expect(held.bytes).toBeLessThan(1_300_000);
    expect(await run('select count(*) from paper')).toEqual([[expect.anything()]]);
    expect(await run('select id, body from paper', holding(1_300_000))).toHaveLength(300);
  });

  test('one value that is too long is refused, one that is not arrives whole', async () => {
    const query = `select ${repeated(3_000_000)}`;
    await expect(run(query, holding(2_999_000))).rejects.toMatchObject(refused(2_999_000));
    const [[value]] = (await run(query, holding(3_001_000))) as [[string]];
    expect([value.length, /^x+$/.test(value)]).toEqual([3_000_000, true]);
  });

  test('bytes are counted over all statements of a request', async () => {
    const context = holding(2_500_000);
    const query = `select ${repeated(1_000_000)}`;
    await run(query, context);
    await run(query, context);
    await expect(run(query, context)).rejects.toMatchObject(refused(2_500_000));
  });

  test('a transaction in which rows are refused is rolled back', async () => {
    const context = holding(50_000);
    const work = connector.transaction('write', context, async (runner) => {
      await runner.run({ text: "insert into paper values (1000, 'new')", slots: [] }, [], context);
      await runner.run({ text: 'select body from paper', slots: [] }, [], context);
    });
    await expect(work).rejects.toMatchObject(refused(50_000));
    expect(await run('select id from paper where id = 1000')).toEqual([]);
  });

  if (engine !== 'mysql')
    test('a write of its own whose rows are too many bytes is stored, and says so', async () => {
      const text =
        engine === 'mariadb'
          ? `insert into paper select id + 2000, body from paper where id <= 40 returning body`
          : `update paper set body = body where id <= 40 returning body`;
      const { rows, affected, withheld } = await connector.run({ text, slots: [] }, [], holding(20_000));
      expect([rows, affected, withheld?.code]).toEqual([[], 40, 'limit-exceeded']);
      if (engine === 'mariadb')
        expect(String(await run('select count(*) from paper where id > 2000'))).toBe('40');
      expect(await run('select id from paper where id = 7')).toHaveLength(1);
    });

  if (isServer(engine))
    test('a statement whose rows are refused ends on the server', async () => {
      const onPostgres = "select repeat('x', 1000), pg_sleep(0.001) from generate_series(1, 1000000)";
      const endless = {
        postgres: onPostgres,
        kingbase: onPostgres,
        mysql: "select repeat('x', 1000), sleep(0.001) from paper a, paper b, paper c",
        mssql:
          "select replicate('x', 1000) from sys.all_columns a cross join sys.all_columns b cross join sys.all_columns c",
        mariadb: "select repeat('x', 1000), sleep(0.001) from paper a, paper b, paper c",
      }[engine];
      await expect(run(endless, holding(100_000))).rejects.toMatchObject(refused(100_000));
      const activity = `select count(*) from pg_stat_activity where query like '%generate_series(1, 1000000)%' and state = 'active' and pid <> pg_backend_pid()`;
      const left = {
        postgres: activity,
        kingbase: activity,
        mysql: `select count(*) from performance_schema.processlist where info like '%from paper a, paper b, paper c' and id <> connection_id()`,
        mssql: `select count(*) from sys.dm_exec_requests where session_id <> @@spid and status = 'running'`,
        mariadb: `select count(*) from information_schema.processlist where info like '%from paper a, paper b, paper c' and id <> connection_id()`,
      }[engine];
      expect(String(await run(left))).toBe('0');
    });
});
