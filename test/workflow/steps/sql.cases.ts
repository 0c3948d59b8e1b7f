import { sqlStatements } from '../../../src/app/work/sql-statements.ts';
import { connect } from '../../../src/attach.ts';
import type { SourceName } from '../../../src/core/index.ts';
import type { Connector } from '../../../src/plan/index.ts';
import type { AttachedSource, SqlSteps } from '../../../src/views/index.ts';
import type { SqlRequest } from '../../../src/workflow/index.ts';
import { until } from '../../store/place.ts';
import { freshDatabase, type TestDatabase } from '../../support/databases.ts';
import { type Engine, isServer } from '../../support/engines.ts';

/** How the engines spell the table of these tests. */
const types: Partial<
  Record<Engine, { readonly bytes: string; readonly moment: string; readonly json: string }>
> = {
  mysql: { bytes: 'blob', moment: 'datetime(6)', json: 'json' },
  mariadb: { bytes: 'blob', moment: 'datetime(6)', json: 'json' },
  sqlite: { bytes: 'blob', moment: 'timestamp', json: 'json' },
};
const ofPostgres = { bytes: 'bytea', moment: 'timestamp', json: 'jsonb' };

/** A statement that takes half a minute. */
const slow: Partial<Record<Engine, string>> = {
  postgres: 'select pg_sleep(30), 4711 as slow_one',
  mysql: 'select sleep(30), 4711 as slow_one',
  mariadb: 'select sleep(30), 4711 as slow_one',
  sqlite:
    'with recursive n(i) as (select 1 union all select i + 1 from n where i < 1e12) select count(*) as slow_one from n',
};
/** The statements that a server runs now. */
const running: Partial<Record<Engine, string>> = {
  postgres:
    "select query from pg_stat_activity where state = 'active' and query like '%slow_one%' and query not like '%pg_stat%'",
  mysql:
    "select info from information_schema.processlist where info like '%slow_one%' and info not like '%processlist%'",
  mariadb:
    "select info from information_schema.processlist where info like '%slow_one%' and info not like '%processlist%'",
};

export function sqlCases(engine: Engine): void {
  let database: TestDatabase;
  let connector: Connector;
  let allowed: SqlSteps | undefined = 'write';
  const registry = {
    find: (name: string) =>
      name === 'shop'
        ? ({
            ...{ name: 'shop' as SourceName, connector },
            config: { name: 'shop', kind: engine, ...(allowed !== undefined && { sql_steps: allowed }) },
          } as AttachedSource)
        : undefined,
    get sources() {
      return [this.find('shop')!];
    },
  };
  const statements = sqlStatements({ registry, audit: null });
  const run = (statement: string, params: SqlRequest['params'] = {}, more: Partial<SqlRequest> = {}) =>
    statements({
      caller: { workflow: 'w', run: 'r', path: 's' },
      ...{ role: null, source: 'shop', statement, params, mostRows: 1_000, maxBytes: 1_000_000 },
      ...{ timeoutMs: 60_000, signal: new AbortController().signal, ...more },
    });

  beforeAll(async () => {
    database = await freshDatabase(engine, 'shop');
    const where = isServer(engine) ? { url: database.location } : { path: database.location };
    connector = await connect({ name: 'shop', kind: engine, ...where });
    const { bytes, moment, json } = types[engine] ?? ofPostgres;
    const text = `create table typed (id bigint primary key, small smallint, amount decimal(30, 10), ratio double precision, flag boolean, label varchar(200), day date, moment ${moment}, doc ${json}, picture ${bytes})`;
    const context = { signal: new AbortController().signal, timeoutMs: null };
    await connector.run({ text, slots: [] }, [], context);
  }, 120_000);
  afterAll(async () => {
    await connector?.close();
    await database?.drop();
  });
  beforeEach(() => {
    allowed = 'write';
  });

  const insert =
    'insert into typed (id, small, amount, ratio, flag, label, day, moment, doc) values (:id, :small, :amount, :ratio, :flag, :label, :day, :moment, :doc)';

  test('values go in as parameters, and come out as fields of the API have them', async () => {
    const label = `it's "quoted" \\ ?:id $1 /* ' -- ☃ 𝒳`;
    const params = {
      ...{
        id: '9007199254740993',
        small: -7,
        amount: '12345678901234567890.0123456789',
        ratio: 0.1,
        flag: true,
      },
      ...{ label, day: '2024-02-29', moment: '2024-02-29 23:59:59.5', doc: { a: [1, null, 'x'] } },
    };
    // SQLite keeps decimals as doubles.
    if (engine === 'sqlite') params.amount = '1234567.5';
    expect(await run(insert, params)).toEqual({ rows: [], affected: 1 });
    const { rows } = await run('select * from typed where id = :id;', { id: '9007199254740993' });
    const isText = engine === 'mariadb';
    expect(rows).toEqual([
      {
        ...params,
        moment: '2024-02-29T23:59:59.5',
        ...(engine === 'sqlite' && { amount: '1234567.5000000000' }),
        doc: isText ? '{"a":[1,null,"x"]}' : params.doc,
        picture: null,
      },
    ]);
    const computed = await run(
      'select 1 as one, null as none, :text as text, count(*) as number from typed where label = :text',
      { text: label },
    );
    expect(computed.rows).toEqual([
      {
        one: engine === 'mysql' ? '1' : 1,
        none: null,
        text: label,
        number: engine === 'sqlite' ? 1 : '1',
      },
    ]);
  });

  test('a list stands for its values, and an absent value for null', async () => {
    for (const id of [1, 2, 3])
      await run('insert into typed (id, label) values (:id, :label)', { id, label: null });
    const { rows } = await run('select id from typed where id in (:ids) and label is null order by id', {
      ids: [1, 3, 4],
    });
    expect(rows).toEqual([{ id: '1' }, { id: '3' }]);
    await expect(run('select id from typed where id in (:ids)', { ids: [] })).rejects.toMatchObject({
      code: 'data-exception',
    });
    expect(await run('delete from typed where id in (:ids)', { ids: [1, 2, 3] })).toEqual({
      rows: [],
      affected: 3,
    });
  });

  test('what looks like a parameter within texts, names and comments is none', async () => {
    const quote = engine.startsWith('m') && engine !== 'mssql' ? '`' : '"';
    const { rows } = await run(
      `-- :no ' ?\nselect ':no ?' as a, /* :no ? ' */ 'it''s :no' as ${quote}b:no?${quote} -- :no\n, :yes as c`,
      { yes: 'y' },
    );
    expect(rows).toEqual([{ a: ':no ?', 'b:no?': "it's :no", c: 'y' }]);
  });

  test.each([
    ['select 1; select 2', {}, /several statements/],
    ['select :a', {}, /":a", which has no value/],
    ['select 1', { a: 1 }, /no parameter ":a"/],
    ['select :constructor', {}, /":constructor", which has no value/],
    ['begin', {}, /begins with "BEGIN"/],
    ['set x = 1', {}, /begins with "SET"/],
    ['/* x */ create table t (a int)', {}, /begins with "CREATE"/],
    ['drop table typed', {}, /begins with "DROP"/],
    ["select 'x", {}, /no end/],
    ["select set_config('app.tenant', '7', false)", {}, /outlive the step/],
    ["select set_config('a.b', 'c', true), pg_catalog.set_config('a.b', 'c', 1 = 2)", {}, /outlive the step/],
    ['select pg_advisory_lock(1)', {}, /use pg_advisory_xact_lock/],
    ['select pg_try_advisory_lock_shared(1)', {}, /use pg_try_advisory_xact_lock_shared/],
    ["select get_lock('x', 0)", {}, /outlive the step/],
    ['  -- nothing', {}, /no statement/],
    ['select 1 as a, 2 as a', {}, /called "a"/],
  ])('%s is refused', async (statement, params, message) => {
    await expect(run(statement, params)).rejects.toMatchObject({
      code: 'validation-failed',
      message: expect.stringMatching(message),
    });
  });

  test('the setting of the source says what is allowed', async () => {
    const read = 'select count(*) as n from typed where id = -1';
    const write = 'delete from typed where id = -1';
    allowed = undefined;
    await expect(run(read)).rejects.toMatchObject({ code: 'access-denied', message: /"off"/ });
    allowed = 'read';
    expect((await run(read)).rows).toHaveLength(1);
    for (const statement of [write, `with x as (select 1) ${write}`])
      await expect(run(statement)).rejects.toMatchObject({ code: 'access-denied' });
    // A write that is called a read does not become one.
    await expect(run(write, {}, { mode: 'read' })).rejects.toMatchObject({ code: 'validation-failed' });
    await expect(run(read, {}, { source: 'shpo' })).rejects.toMatchObject({
      code: 'not-found',
      message: /shop/,
    });
  });

  test('rows and bytes are bounded, and a write beyond the bound is rolled back', async () => {
    const many = 'select 1 as n union all select 2 union all select 3';
    await expect(run(many, {}, { mostRows: 2 })).rejects.toMatchObject({ code: 'limit-exceeded' });
    const long = 'x'.repeat(20_000);
    await expect(run('select :long as a', { long }, { maxBytes: 10_000 })).rejects.toMatchObject({
      code: 'limit-exceeded',
    });
    if (engine === 'mysql') return;
    const returning = 'insert into typed (id) values (71), (72) returning id';
    await expect(run(returning, {}, { mostRows: 1 })).rejects.toMatchObject({ code: 'limit-exceeded' });
    expect((await run('select id from typed where id in (71, 72)')).rows).toEqual([]);
    expect(await run(returning)).toEqual({ rows: [{ id: '71' }, { id: '72' }], affected: 2 });
  });

  const [statement, listed] = [slow[engine], running[engine]];
  if (statement === undefined) return;
  test.each(['time', 'signal'])('the end of its %s cancels a statement at the server', async (how) => {
    const stop = new AbortController();
    const begun = performance.now();
    const answer = run(statement, {}, { signal: stop.signal, timeoutMs: how === 'time' ? 300 : 60_000 });
    if (how === 'signal') {
      if (listed !== undefined) await until(async () => (await run(listed)).rows.length === 1);
      stop.abort();
    }
    await expect(answer).rejects.toMatchObject({ code: 'timeout' });
    expect(performance.now() - begun).toBeLessThan(25_000);
    if (listed !== undefined) await until(async () => (await run(listed)).rows.length === 0);
    expect((await run('select 1 as a')).rows).toHaveLength(1);
  });
}
