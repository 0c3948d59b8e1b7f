import { connectPostgres } from '../../../src/databases/postgres/index.ts';
import type { RunContext } from '../../../src/plan/index.ts';
import { type Connection, connect } from '../../support/connect.ts';
import { describeEngines } from '../../support/engines.ts';
import { startPostgres } from '../../support/servers/index.ts';
import { ask, onServer, patient } from './support.ts';

type Fixture = Awaited<ReturnType<typeof onServer>>;
const within = (timeoutMs: number): RunContext => ({ ...patient, timeoutMs });

describeEngines(['postgres'], () => {
  let fixture: Fixture;
  let beside: Connection;

  const open = async (options: Parameters<typeof onServer>[0] = {}) => {
    fixture = await onServer(options);
    beside = await connect('postgres', fixture.url);
    await beside.execute(`create table items (id int primary key, name text not null, n int not null default 0);
      insert into items values (1, 'one', 1), (2, 'two', 2)`);
    return fixture.connector;
  };
  afterEach(async () => {
    await beside.close();
    await fixture.drop();
  });

  /** Statements of Foz that are running on the server. */
  const running = async () =>
    (
      await beside.query(`select query from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and state = 'active'`)
    ).map(({ query }) => query);
  const pids = async () =>
    (
      await beside.query(`select pid from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() order by backend_start`)
    ).map(({ pid }) => String(pid));
  const until = async (condition: () => Promise<boolean>) => {
    const end = performance.now() + 30_000;
    while (!(await condition())) {
      if (performance.now() > end) throw new Error('did not come true');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };

  test('rows are arrays of text, NULL is null, writes tell how many rows they touched', async () => {
    const connector = await open();
    expect(await ask(connector, `select id, name, null, id = 1 from items order by id`)).toEqual([
      ['1', 'one', null, 't'],
      ['2', 'two', null, 'f'],
    ]);
    const update = { text: `update items set n = n + $1::int4`, slots: [] };
    expect((await connector.run(update, ['5'], patient)).affected).toBe(2);
    const insert = { text: `insert into items values (3, $1::text) returning id`, slots: [] };
    expect(await connector.run(insert, ['drei 😀'], patient)).toMatchObject({ affected: 1, rows: [['3']] });
    expect((await connector.run({ text: 'select 1', slots: [] }, [], patient)).affected).toBe(0);
  });

  test('the session spells values the same way whatever the database says', async () => {
    const connector = await open();
    await beside.execute(`do $$ begin execute format('alter database %I set timezone = ''Asia/Tokyo''', current_database());
      execute format('alter database %I set datestyle = ''German''', current_database());
      execute format('alter database %I set intervalstyle = ''postgres''', current_database());
      execute format('alter database %I set extra_float_digits = 0', current_database()); end $$`);
    expect(
      await ask(
        connector,
        `select timestamptz '2024-02-29 12:00:00+00', interval '1 day', 0.1::float8 + 0.2, current_setting('application_name')`,
      ),
    ).toEqual([['2024-02-29 12:00:00+00', 'P1D', '0.30000000000000004', 'foz']]);
  });

  test('a timeout cancels the statement on the server, and the connection serves the next one', async () => {
    const connector = await open({ poolSize: 1 });
    const [[before]] = (await ask(connector, 'select pg_backend_pid()')) as [[string]];
    const started = performance.now();
    const slow = ask(connector, `select pg_sleep(30)`, [], within(300));
    await until(async () => (await running()).some((query) => String(query).includes('pg_sleep')));
    await expect(slow).rejects.toMatchObject({ name: 'FozError', code: 'timeout' });
    expect(performance.now() - started).toBeLessThan(3_000);
    expect(await running()).toEqual([]);
    expect(await ask(connector, 'select pg_backend_pid()')).toEqual([[before]]);
  });

  test('a client that leaves has its statement cancelled on the server', async () => {
    const connector = await open();
    const gone = new AbortController();
    const slow = ask(connector, `select pg_sleep(30)`, [], { signal: gone.signal, timeoutMs: null });
    await until(async () => (await running()).length === 1);
    gone.abort();
    await expect(slow).rejects.toMatchObject({ code: 'timeout' });
    expect(await running()).toEqual([]);
    await expect(
      ask(connector, 'select 1', [], { signal: gone.signal, timeoutMs: null }),
    ).rejects.toMatchObject({ code: 'timeout' });
  });

  test('many timeouts at once never hit another statement', async () => {
    const connector = await open({ poolSize: 4 });
    const work = Array.from({ length: 60 }, (_, index) =>
      index % 2 === 0
        ? ask(
            connector,
            `select pg_sleep(0.04), $1::int4`,
            [String(index)],
            within(index % 4 === 0 ? 30 : 5_000),
          )
        : ask(connector, `select $1::int4`, [String(index)]).then((rows) =>
            expect(rows).toEqual([[String(index)]]),
          ),
    );
    const outcomes = await Promise.allSettled(work);
    for (const [index, outcome] of outcomes.entries()) {
      if (index % 4 !== 0) expect([index, outcome.status]).toEqual([index, 'fulfilled']);
      else if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'timeout' });
    }
    expect(connector.pool().waiting).toBe(0);
  });

  test('a statement that is cancelled in a transaction rolls it back', async () => {
    const connector = await open({ poolSize: 1 });
    const work = connector.transaction('write', patient, async (runner) => {
      await ask(runner, `insert into items values (9, 'nine')`);
      await ask(runner, 'select pg_sleep(30)', [], within(100));
    });
    await expect(work).rejects.toMatchObject({ code: 'timeout' });
    expect(await ask(connector, 'select count(*) from items')).toEqual([['2']]);
    expect(connector.pool()).toEqual({ size: 1, idle: 1, waiting: 0 });
  });

  test('a transaction commits as a whole, or not at all', async () => {
    const connector = await open();
    const result = await connector.transaction('write', patient, async (runner) => {
      await Promise.all(
        [3, 4, 5].map((id) => ask(runner, `insert into items values ($1::int4, 'x')`, [String(id)])),
      );
      return 'done';
    });
    expect(result).toBe('done');
    const failing = connector.transaction('write', patient, async (runner) => {
      await ask(runner, `insert into items values (6, 'six')`);
      throw new Error('mine');
    });
    await expect(failing).rejects.toThrow('mine');
    const swallowed = connector.transaction('write', patient, async (runner) => {
      await ask(runner, `insert into items values (7, 'seven')`);
      await ask(runner, `insert into items values (1, 'again')`).catch(() => {});
    });
    await expect(swallowed).rejects.toMatchObject({ code: 'unexpected' });
    expect(
      await ask(connector, 'select string_agg(id::text, $1::text order by id) from items', [',']),
    ).toEqual([['1,2,3,4,5']]);
  });

  test('a constraint that is checked at the commit rejects the transaction', async () => {
    const connector = await open();
    await beside.execute(
      `create table parts (id int primary key, item int references items deferrable initially deferred)`,
    );
    const work = connector.transaction('write', patient, (runner) =>
      ask(runner, 'insert into parts values (1, 77)'),
    );
    await expect(work).rejects.toMatchObject({
      code: 'constraint-violation',
      details: { constraint: 'parts_item_fkey', table: 'parts' },
    });
    expect(await ask(connector, 'select count(*) from parts')).toEqual([['0']]);
  });

  test('a reading transaction is one snapshot and cannot write', async () => {
    const connector = await open();
    const counts = await connector.transaction('read', patient, async (runner) => {
      const first = await ask(runner, 'select count(*) from items');
      await beside.execute(`insert into items values (3, 'three')`);
      return [first, await ask(runner, 'select count(*) from items')];
    });
    expect(counts).toEqual([[['2']], [['2']]]);
    const write = connector.transaction('read', patient, (runner) => ask(runner, `delete from items`));
    await expect(write).rejects.toMatchObject({ code: 'not-supported' });
  });

  test('a transaction that does nothing takes no round trip and harms nobody', async () => {
    const connector = await open();
    expect(await connector.transaction('write', patient, async () => 7)).toBe(7);
  });

  test('a killed connection fails its statement alone', async () => {
    const connector = await open({ poolSize: 2 });
    const slow = ask(connector, 'select pg_sleep(30)');
    const outcome = slow.catch((error: unknown) => error);
    await until(async () => (await running()).length === 1);
    await beside.execute(`select pg_terminate_backend(${(await pids())[0]})`);
    expect(await outcome).toMatchObject({ name: 'FozError', code: 'unavailable' });
    expect(await ask(connector, 'select 1')).toEqual([['1']]);
  });

  test('a connection killed within a transaction makes it unavailable, and nothing is stored', async () => {
    const connector = await open({ poolSize: 1 });
    const work = connector.transaction('write', patient, async (runner) => {
      await ask(runner, `insert into items values (8, 'eight')`);
      await beside.execute(`select pg_terminate_backend(${(await pids())[0]})`);
      await until(async () => (await pids()).length === 0);
      await ask(runner, 'select 1');
    });
    await expect(work).rejects.toMatchObject({ code: 'unavailable' });
    expect(await ask(connector, 'select count(*) from items')).toEqual([['2']]);
  });

  test('a connection killed while it commits says that the outcome is not known', async () => {
    const connector = await open({ poolSize: 1 });
    await beside.execute(`create function linger() returns trigger language plpgsql as
        $$ begin perform pg_sleep(60); return null; end $$;
      create constraint trigger late after insert on items deferrable initially deferred
        for each row execute function linger()`);
    const work = connector.transaction('write', patient, (runner) =>
      ask(runner, `insert into items values (8, 'eight')`),
    );
    const outcome = work.catch((error: unknown) => error);
    await until(async () => (await running()).includes('commit'));
    await beside.execute(`select pg_terminate_backend(${(await pids())[0]})`);
    expect(await outcome).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('may or may not'),
    });
    expect(await ask(connector, 'select count(*) from items')).toEqual([['2']]);
  });

  test('connections killed while idle are replaced', async () => {
    const connector = await open({ poolSize: 3 });
    await Promise.all([1, 2, 3].map(() => ask(connector, 'select pg_sleep(0.05)')));
    expect(connector.pool()).toEqual({ size: 3, idle: 3, waiting: 0 });
    for (const pid of await pids()) await beside.execute(`select pg_terminate_backend(${pid})`);
    await until(async () => connector.pool().size === 0);
    expect(await ask(connector, 'select 1')).toEqual([['1']]);
  });

  test('connections that nobody uses are closed', async () => {
    const connector = await open({ poolSize: 3, idleMs: 100 });
    await Promise.all([1, 2, 3].map(() => ask(connector, 'select pg_sleep(0.05)')));
    await until(async () => (await pids()).length === 0 && connector.pool().size === 0);
    expect(await ask(connector, 'select 1')).toEqual([['1']]);
  });

  test('waiting for a connection ends: with the pool, with the time limit, with the request', async () => {
    const connector = await open({ poolSize: 1, waitMs: 200 });
    const holding = ask(connector, 'select pg_sleep(0.8)');
    // The first statement of a connection looks for a pooler.
    await until(async () => (await running()).some((query) => String(query).includes('pg_sleep')));
    const gone = new AbortController();
    const outcomes = Promise.allSettled([
      ask(connector, 'select 1'),
      ask(connector, 'select 1', [], within(50)),
      ask(connector, 'select 1', [], { signal: gone.signal, timeoutMs: null }),
    ]);
    expect(connector.pool().waiting).toBe(3);
    gone.abort();
    const codes = (await outcomes).map(
      (outcome) => outcome.status === 'rejected' && (outcome.reason as { code: string }).code,
    );
    expect(codes).toEqual(['unavailable', 'timeout', 'timeout']);
    await holding;
    expect(await ask(connector, 'select 1')).toEqual([['1']]);
  });

  test('those who wait are served in turn by few connections', async () => {
    const connector = await open({ poolSize: 2 });
    const rows = await Promise.all(
      Array.from({ length: 200 }, (_, n) => ask(connector, 'select $1::int4 + 1', [String(n)])),
    );
    expect(rows).toEqual(Array.from({ length: 200 }, (_, n) => [[String(n + 1)]]));
    expect((await pids()).length).toBeLessThanOrEqual(2);
  });

  test('statements are prepared once; the least recently used ones are closed', async () => {
    const connector = await open({ poolSize: 1, mostPrepared: 4 });
    const prepared = async () =>
      (await ask(connector, `select statement from pg_prepared_statements order by prepare_time`)).map(
        ([text]) => text,
      );
    for (let round = 0; round < 3; round++) await ask(connector, 'select 1');
    expect((await prepared()).filter((text) => text === 'select 1')).toHaveLength(1);
    for (let n = 0; n < 20; n++)
      expect(await ask(connector, `select ${n}, $1::text`, ['x'])).toEqual([[String(n), 'x']]);
    expect((await prepared()).length).toBeLessThanOrEqual(4);
    for (let n = 0; n < 20; n++)
      expect(await ask(connector, `select ${n}, $1::text`, ['y'])).toEqual([[String(n), 'y']]);
  });

  test('without prepared statements nothing stays on the server', async () => {
    const connector = await open({ poolSize: 1, preparedStatements: false });
    expect(
      await ask(connector, `select $1::int4, timestamptz '2024-01-01 00:00:00+00', interval '1 day'`, ['1']),
    ).toEqual([['1', '2024-01-01 00:00:00+00', 'P1D']]);
    expect(await ask(connector, 'select count(*) from pg_prepared_statements')).toEqual([['0']]);
    await connector.transaction('write', patient, async (runner) => {
      await ask(runner, `insert into items values (3, $1::text)`, ['three']);
      expect(await ask(runner, 'select count(*) from items')).toEqual([['3']]);
    });
    expect(await ask(connector, 'select count(*) from items')).toEqual([['3']]);
  });

  test('a statement whose table changed under it is parsed again', async () => {
    const connector = await open({ poolSize: 1 });
    expect(await ask(connector, 'select * from items where id = 1')).toEqual([['1', 'one', '1']]);
    await beside.execute(`alter table items add column extra text default 'new'`);
    expect(await ask(connector, 'select * from items where id = 1')).toEqual([['1', 'one', '1', 'new']]);
    await beside.execute(`alter table items drop column extra`);
    // The first statement of a transaction is repeated in a new transaction; a later one cannot be, since those before it would be
    // lost.
    const inTransaction = (...before: readonly string[]) =>
      connector.transaction('write', patient, async (runner) => {
        for (const statement of before) await ask(runner, statement);
        return ask(runner, 'select * from items where id = 1');
      });
    expect(await inTransaction()).toEqual([['1', 'one', '1']]);
    await beside.execute(`alter table items add column extra text default 'new'`);
    await expect(inTransaction('select 1')).rejects.toMatchObject({ code: 'conflict' });
    expect(await inTransaction('select 1')).toEqual([['1', 'one', '1', 'new']]);
    await beside.execute(`alter table items drop column extra`);
    expect(await ask(connector, 'select * from items where id = 1')).toEqual([['1', 'one', '1']]);
    await beside.execute(`alter table items rename column name to title`);
    await expect(ask(connector, 'select name from items')).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('refresh'),
    });
    await beside.execute('drop table items');
    await expect(ask(connector, 'select * from items where id = 1')).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  test('a server that forgets prepared statements is told them again', async () => {
    const connector = await open({ poolSize: 1 });
    expect(await ask(connector, 'select 41 + 1')).toEqual([['42']]);
    await ask(connector, 'deallocate all');
    expect(await ask(connector, 'select 41 + 1')).toEqual([['42']]);
  });

  test('a failed statement leaves its connection usable, known and new', async () => {
    const connector = await open({ poolSize: 1 });
    for (let round = 0; round < 3; round++) {
      await expect(ask(connector, 'select 1 / $1::int4', ['0'])).rejects.toMatchObject({
        code: 'data-exception',
      });
      expect(await ask(connector, 'select 1 / $1::int4', ['1'])).toEqual([['1']]);
      await expect(ask(connector, 'selec nonsense')).rejects.toMatchObject({ code: 'unexpected' });
    }
    expect(connector.pool()).toEqual({ size: 1, idle: 1, waiting: 0 });
  });

  test('too many values are refused before they are sent', async () => {
    const connector = await open();
    const values = new Array<string>(65_536).fill('1');
    await expect(ask(connector, 'select 1', values)).rejects.toMatchObject({ code: 'limit-exceeded' });
    expect(await ask(connector, 'select 1')).toEqual([['1']]);
    const most = values.slice(1);
    const text = `select ${most
      .map((_, index) => `$${index + 1}::int4`)
      .slice(0, 1000)
      .join(' + ')}`;
    expect(await ask(connector, text, most.slice(0, 1000))).toEqual([['1000']]);
  });

  test.each([
    [
      `insert into items values (1, 'x')`,
      'constraint-violation',
      { constraint: 'items_pkey', table: 'items' },
    ],
    [`insert into items values (3, null)`, 'constraint-violation', { column: 'name', table: 'items' }],
    [`insert into parts values (77)`, 'constraint-violation', { constraint: 'parts_item_fkey' }],
    [`update items set n = -1 where id = 1`, 'constraint-violation', { constraint: 'positive' }],
    [`select 'x'::int4`, 'data-exception', {}],
    [`select 99999999999::int4`, 'data-exception', {}],
    [`select 1 / 0`, 'data-exception', {}],
    [`select date '2024-02-30'`, 'data-exception', {}],
    [`insert into items values (3, chr(65), 2147483648)`, 'data-exception', {}],
    [`select 'a' ~ '('`, 'data-exception', {}],
    [`select * from nothing`, 'not-found', {}],
    [`select nothing from items`, 'not-found', {}],
    [`select nothing(1)`, 'not-found', {}],
    [`select raise()`, 'constraint-violation', {}],
  ])('%s -> %s', async (text, code, details) => {
    const connector = await open();
    await beside.execute(`alter table items add constraint positive check (n >= 0);
      create table parts (item int references items);
      create function raise() returns int language plpgsql as $$ begin raise exception 'secret %', 42; end $$`);
    const error = await ask(connector, text).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ name: 'FozError', code, details });
    expect((error as Error).message).not.toMatch(/secret|42|\bx\b/);
    expect((error as { internal: string }).internal).toContain('SQLSTATE');
  });

  test('text that is not Unicode, or holds NUL, is a data exception', async () => {
    const connector = await open();
    await expect(ask(connector, 'select $1::text', ['a\0b'])).rejects.toMatchObject({
      code: 'data-exception',
    });
  });

  test('a deadlock is a conflict for one of the two', async () => {
    const connector = await open();
    const cross = (first: number, second: number) =>
      connector.transaction('write', patient, async (runner) => {
        await ask(runner, 'update items set n = n + 1 where id = $1::int4', [String(first)]);
        await ask(runner, 'select pg_sleep(0.2)');
        await ask(runner, 'update items set n = n + 1 where id = $1::int4', [String(second)]);
      });
    const outcomes = await Promise.allSettled([cross(1, 2), cross(2, 1)]);
    const failures = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(failures).toMatchObject([{ reason: { code: 'conflict' } }]);
  });

  test('isolation of writing transactions is an option', async () => {
    const connector = await open({ isolation: 'serializable' });
    const level = await connector.transaction('write', patient, (runner) =>
      ask(runner, 'show transaction_isolation'),
    );
    expect(level).toEqual([['serializable']]);
  });

  test('a user without rights is denied', async () => {
    const connector = await open();
    await beside.execute(`create role foz_nobody_${process.pid} login`);
    const url = new URL(fixture.url);
    url.username = `foz_nobody_${process.pid}`;
    const poor = connectPostgres({ connection: url.href });
    await expect(ask(poor, 'select * from items')).rejects.toMatchObject({ code: 'access-denied' });
    await poor.close();
    await beside.execute(`drop role foz_nobody_${process.pid}`);
    await connector.ping(patient.signal);
  });

  test('closing lets running statements finish and refuses new ones', async () => {
    const connector = await open({ poolSize: 2 });
    const slow = ask(connector, 'select pg_sleep(0.2), 1');
    await until(async () => (await running()).some((text) => String(text).includes('pg_sleep(0.2)')));
    const closed = connector.close();
    await expect(ask(connector, 'select 1')).rejects.toMatchObject({ code: 'unavailable' });
    expect(await slow).toEqual([['', '1']]);
    await closed;
    expect(await pids()).toEqual([]);
  });
});

describeEngines(['postgres'], () => {
  test('a server that is not there is unavailable', async () => {
    const nowhere = connectPostgres({
      connection: { host: '127.0.0.1', port: 1, user: 'foz', database: 'none' },
    });
    await expect(nowhere.ping(patient.signal)).rejects.toMatchObject({ code: 'unavailable' });
    await nowhere.close();
  });

  test('a server that dies is unavailable, and found again when it is back', async () => {
    const server = await startPostgres();
    const connector = connectPostgres({ connection: server.url, poolSize: 3 });
    try {
      await Promise.all([1, 2, 3].map(() => ask(connector, 'select pg_sleep(0.05)')));
      const slow = ask(connector, 'select pg_sleep(30)').catch((error: unknown) => error);
      await new Promise((resolve) => setTimeout(resolve, 100));
      await server.kill9();
      expect(await slow).toMatchObject({ code: 'unavailable' });
      const refused = await Promise.allSettled([1, 2, 3, 4, 5].map(() => ask(connector, 'select 1')));
      for (const outcome of refused) expect(outcome).toMatchObject({ reason: { code: 'unavailable' } });
      await server.restart();
      expect(await ask(connector, 'select 1')).toEqual([['1']]);
    } finally {
      await connector.close();
      await server.stop();
    }
  }, 60_000);

  test('a server without free connections is unavailable, unless one of ours becomes free', async () => {
    const server = await startPostgres({
      settings: { max_connections: '4', superuser_reserved_connections: '0' },
    });
    const connector = connectPostgres({ connection: server.url, poolSize: 10 });
    const late = connectPostgres({ connection: server.url });
    try {
      const all = await Promise.all(
        Array.from({ length: 20 }, () => ask(connector, 'select pg_sleep(0.1), 1')),
      );
      expect(all).toEqual(all.map(() => [['', '1']]));
      await expect(ask(late, 'select 1')).rejects.toMatchObject({ code: 'unavailable' });
    } finally {
      await connector.close();
      await late.close();
      await server.stop();
    }
  }, 60_000);
});
