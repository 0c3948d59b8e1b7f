import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import { FozError } from '../../../src/core/index.ts';
import type { RunContext, Runner, Statement } from '../../../src/plan/index.ts';
import { connect } from '../../support/connect.ts';
import { describeEngines, serverUrl } from '../../support/engines.ts';
import { both, connectTo, Fixture, patient } from './support.ts';

const tables = `
  create table t (id int primary key, n int);
  insert into t values (1, 1), (2, 2), (3, 3);
  create table slow (id int auto_increment primary key, x int);
  insert into slow (x) values (1), (2), (3), (4), (5), (6), (7), (8), (9), (10)`;

const statement = (text: string): Statement => ({ text, slots: [] });
/** Runs for minutes unless it is killed. */
const endless = statement(
  'select count(*), sum(sleep(0.001 * a.x * b.x * c.x * d.x)) from slow a, slow b, slow c, slow d',
);
const soon = (ms: number): RunContext => ({ signal: new AbortController().signal, timeoutMs: ms });
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 2_000; attempt++) {
    if (await holds()) return;
    await wait(20);
  }
  throw new Error('it did not come to pass');
}

describeEngines(both, (engine) => {
  let it: Fixture;
  beforeAll(async () => {
    it = await Fixture.open(engine, tables, { poolSize: 2 });
  });
  afterAll(() => it.close());

  const run = (text: string, runner: Runner = it.connector, context = patient) =>
    runner.run(statement(text), [], context);
  const running = async (text: string) =>
    (await it.past.query('show full processlist')).filter(
      ({ db, Info, Command }) => db === it.name && Command !== 'Sleep' && String(Info).startsWith(text),
    );
  const ids = async (command?: string) =>
    (await it.past.query('show processlist'))
      .filter(({ db, Command }) => db === it.name && (command ?? Command) === Command)
      .map(({ Id }) => String(Id));
  const idleIds = () => ids('Sleep');
  const kill = (id: string) =>
    it.past.execute(`kill ${id}`).catch((error: unknown) => {
      // It may have gone since it was listed.
      if (!/Unknown thread/.test(String(error))) throw error;
    });

  test('the session is what statements rely on', async () => {
    const { rows } = await run(
      'select @@time_zone, @@sql_mode, @@character_set_client, @@character_set_results, @@autocommit',
    );
    expect(rows[0]![0]).toBe('+00:00');
    expect(String(rows[0]![1])).toContain('STRICT_ALL_TABLES');
    expect(String(rows[0]![1])).not.toContain('ANSI_QUOTES');
    expect(rows[0]!.slice(2)).toEqual(
      ['utf8mb4', 'utf8mb4', engine === 'mysql' ? '1' : 1].map((value) =>
        typeof value === 'string' && value.length > 1 ? value : expect.anything(),
      ),
    );
  });

  test('a time limit kills the statement on the server, and the connection goes on', async () => {
    const started = performance.now();
    const failure = it.connector.run(endless, [], soon(150));
    await until(async () => (await running('select count')).length === 1);
    await expect(failure).rejects.toMatchObject({ name: 'FozError', code: 'timeout' });
    expect(performance.now() - started).toBeLessThan(3000);
    expect(await running('select count')).toEqual([]);
    for (let again = 0; again < 20; again++)
      expect((await run('select n from t where id = 1')).rows).toEqual([[1]]);
  });

  test('a client that leaves kills the statement on the server', async () => {
    const caller = new AbortController();
    const failure = it.connector.run(endless, [], { signal: caller.signal, timeoutMs: null });
    await until(async () => (await running('select count')).length === 1);
    caller.abort();
    await expect(failure).rejects.toMatchObject({ code: 'timeout' });
    expect(await running('select count')).toEqual([]);
  });

  test('a request that has ended already runs nothing', async () => {
    await expect(
      it.connector.run(statement('select 1'), [], { signal: AbortSignal.abort(), timeoutMs: null }),
    ).rejects.toMatchObject({ code: 'timeout' });
    await expect(
      it.connector.transaction('read', { signal: AbortSignal.abort(), timeoutMs: null }, async () => 1),
    ).rejects.toMatchObject({ code: 'timeout' });
  });

  test('a kill that comes late hits no other statement', async () => {
    let killed = 0;
    const lane = async (from: number) => {
      for (let index = from; index < from + 30; index++) {
        // The statement ends at about its time limit, so some kills arrive when it has already finished.
        const ms = 15 + (index % 10);
        await it.connector
          .run(statement(`select sleep(${ms / 1000})`), [], soon(18))
          .catch((error: FozError) => {
            expect(error.code).toBe('timeout');
            killed++;
          });
        // These two have no time limit, so a kill of the statement before must not hit them.
        expect((await run('select n from t where id = 3')).rows).toEqual([[3]]);
        expect((await run('select sleep(0.002)')).rows.map(([woken]) => String(woken))).toEqual(['0']);
      }
    };
    await Promise.all([lane(0), lane(5)]);
    expect(killed).toBeGreaterThan(0);
  });

  test('the wait for a connection is bounded', async () => {
    const small = connectTo(engine, { connection: it.url, poolSize: 2, waitMs: 400 });
    // On a busy machine connecting itself may take longer than a caller waits.
    const both = () => Promise.allSettled([1, 2].map(() => run('select sleep(0.02)', small)));
    await until(async () => (await both()) && small.pool().size === 2);
    const caller = new AbortController();
    let ended = 0;
    const held = [1, 2].map(() =>
      small.run(endless, [], { signal: caller.signal, timeoutMs: null }).catch((error: FozError) => {
        ended++;
        return error.code;
      }),
    );
    await until(async () => small.pool().idle === 0);
    await expect(run('select 1', small)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('pool holds 2'),
    });
    expect(ended).toBe(0);
    expect(small.pool()).toEqual({ size: 2, idle: 0, waiting: 0 });
    await expect(small.run(statement('select 1'), [], soon(100))).rejects.toMatchObject({ code: 'timeout' });
    caller.abort();
    expect(await Promise.all(held)).toEqual(['timeout', 'timeout']);
    expect((await run('select 1', small)).rows).toHaveLength(1);
    await small.close();
  });

  test('killed connections are replaced: idle, in a statement, in a transaction', async () => {
    await Promise.all([run('select sleep(0.01)'), run('select sleep(0.01)')]);
    // A server answers a statement a moment before it lists the connection as idle, so it may take several looks.
    await until(async () => {
      for (const id of await idleIds()) await kill(id);
      return it.connector.pool().size === 0;
    });
    expect((await run('select n from t where id = 2')).rows).toEqual([[2]]);

    const failure = run('select sleep(100) as broken');
    await until(async () => (await running('select sleep(100)')).length === 1);
    await kill(String((await running('select sleep(100)'))[0]!.Id));
    await expect(failure).rejects.toMatchObject({ name: 'FozError', code: 'unavailable' });
    expect((await run('select n from t where id = 2')).rows).toEqual([[2]]);

    const broken = it.connector.transaction('write', patient, async (runner) => {
      await run('update t set n = 77 where id = 1', runner);
      const { rows } = await run('select connection_id()', runner);
      await kill(String(rows[0]![0]));
      await until(async () => !(await ids()).includes(String(rows[0]![0])));
      await run('select 1', runner);
    });
    await expect(broken).rejects.toMatchObject({ code: 'unavailable' });
    expect((await run('select n from t where id = 1')).rows).toEqual([[1]]);
  }, 60_000);

  test('transactions: all or nothing, one after the other', async () => {
    await it.connector.transaction('write', patient, async (runner) => {
      await Promise.all([
        run('update t set n = n + 10 where id = 1', runner),
        run('update t set n = n * 2 where id = 1', runner),
      ]);
      expect((await run('select n from t where id = 1', runner)).rows).toEqual([[22]]);
      expect((await run('select n from t where id = 1')).rows).toEqual([[1]]);
    });
    expect((await run('select n from t where id = 1')).rows).toEqual([[22]]);
    const failed = it.connector.transaction('write', patient, async (runner) => {
      await run('update t set n = 1 where id = 1', runner);
      await run('insert into t values (2, 2)', runner);
    });
    await expect(failed).rejects.toMatchObject({ code: 'constraint-violation' });
    expect((await run('select n from t where id = 1')).rows).toEqual([[22]]);
    await run('update t set n = 1 where id = 1');
  });

  test('a time limit inside a transaction rolls it back', async () => {
    const failed = it.connector.transaction('write', patient, async (runner) => {
      await run('update t set n = 5 where id = 1', runner);
      await runner.run(endless, [], soon(100));
    });
    await expect(failed).rejects.toMatchObject({ code: 'timeout' });
    expect((await run('select n from t where id = 1')).rows).toEqual([[1]]);
  });

  test('an aborted request is rolled back though its statements went well', async () => {
    const caller = new AbortController();
    const failed = it.connector.transaction(
      'write',
      { signal: caller.signal, timeoutMs: null },
      async (runner) => {
        await run('update t set n = 6 where id = 1', runner);
        caller.abort();
      },
    );
    await expect(failed).rejects.toMatchObject({ code: 'timeout' });
    expect((await run('select n from t where id = 1')).rows).toEqual([[1]]);
  });

  test('a reading transaction is one snapshot, and writes nothing', async () => {
    await it.connector.transaction('read', patient, async (runner) => {
      expect((await run('select n from t where id = 2', runner)).rows).toEqual([[2]]);
      await run('update t set n = 20 where id = 2');
      expect((await run('select n from t where id = 2', runner)).rows).toEqual([[2]]);
      await expect(run('update t set n = 0', runner)).rejects.toMatchObject({ code: 'not-supported' });
    });
    expect((await run('select n from t where id = 2')).rows).toEqual([[20]]);
    await run('update t set n = 2 where id = 2');
  });

  test('a deadlock is a conflict, and so is a lock that is not had in time', async () => {
    let meet = () => {};
    const met = new Promise<void>((resolve) => {
      meet = resolve;
    });
    let first = true;
    const cross = (one: number, other: number) =>
      it.connector.transaction('write', patient, async (runner) => {
        await run(`update t set n = n where id = ${one}`, runner);
        if (first) first = false;
        else meet();
        await met;
        await run(`update t set n = n where id = ${other}`, runner);
      });
    const results = await Promise.allSettled([cross(1, 2), cross(2, 1)]);
    const codes = results.map((result) =>
      result.status === 'fulfilled' ? 'ok' : (result.reason as FozError).code,
    );
    expect(codes.sort()).toEqual(['conflict', 'ok']);

    await it.past.execute('start transaction; update t set n = n where id = 3');
    const waiting = it.connector.transaction('write', patient, async (runner) => {
      await run('set innodb_lock_wait_timeout = 1', runner);
      await run('update t set n = n where id = 3', runner);
    });
    await expect(waiting).rejects.toMatchObject({ code: 'conflict' });
    await it.past.execute('rollback');
  });

  test('errors name what was broken, and keep what the database said to themselves', async () => {
    await it.past.execute(`create table p (id int primary key, code varchar(60), constraint codes unique (code));
      create table c (id int primary key, p_id int, n int, must int not null, constraint to_p foreign key (p_id) references p (id),
        constraint positive check (n > 0));
      insert into p values (1, 'secret-value for key ''other''')`);
    const failing: readonly (readonly [string, string, Readonly<Record<string, unknown>>])[] = [
      [
        "insert into p values (2, 'secret-value for key ''other''')",
        'constraint-violation',
        { constraint: 'codes' },
      ],
      ['insert into `p` values (1, null)', 'constraint-violation', { table: 'p', constraint: 'p_pkey' }],
      ['insert into c values (1, 99, 1, 1)', 'constraint-violation', { constraint: 'to_p' }],
      ['insert into c values (1, 1, -1, 1)', 'constraint-violation', { constraint: 'positive' }],
      ['insert into c values (1, 1, 1, null)', 'constraint-violation', { column: 'must' }],
      ['insert into c (id) values (1)', 'constraint-violation', { column: 'must' }],
      ['select nothing from p', 'not-found', {}],
      ['select * from nowhere', 'not-found', {}],
      ['select * from nowhere_db.t', 'not-found', {}],
      ['selec', 'unexpected', {}],
      ["insert into p (id) values ('secret-value')", 'data-exception', {}],
      ['select 18446744073709551615 + 1', 'data-exception', {}],
      ["select 'a' regexp '('", 'data-exception', {}],
    ];
    for (const [text, code, details] of failing) {
      const error: FozError = await run(text).then(
        () => {
          throw new Error(`not refused: ${text}`);
        },
        (reason) => reason,
      );
      expect([text, error.code]).toEqual([text, code]);
      expect(error).toBeInstanceOf(FozError);
      expect(error.details).toMatchObject(details);
      expect(error.message).not.toContain('secret-value');
      expect(error.internal).toContain('error');
    }
    const gone = await run('insert into c values (1, 1, 1, 1)').then(() =>
      run('delete from p').catch((error: FozError) => error),
    );
    expect(gone).toMatchObject({ code: 'constraint-violation', details: { constraint: 'to_p' } });
  });

  test('a dropped table is told apart, and the connection goes on', async () => {
    await it.past.execute('create table going (id int)');
    await run('select id from going');
    await it.past.execute('drop table going');
    await expect(run('select id from going')).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('refresh'),
    });
    expect((await run('select 1')).rows).toHaveLength(1);
  });

  test('ping', async () => {
    await it.connector.ping(patient.signal);
    await expect(it.connector.ping(AbortSignal.abort())).rejects.toMatchObject({ code: 'timeout' });
  });

  describe('servers that are not to be had', () => {
    const attempt = async (
      connection:
        | string
        | { host: string; port: number; user?: string; password?: string; database?: string },
    ) => {
      const connector = connectTo(engine, { connection, connectMs: 2000, waitMs: 3000 });
      try {
        return await connector.ping(patient.signal).catch((error: FozError) => error);
      } finally {
        await connector.close();
      }
    };
    const { hostname: host, port } = { hostname: '127.0.0.1', port: '' };
    const address = () => {
      const url = new URL(serverUrl(engine));
      return { host: url.hostname || host, port: Number(url.port || port) };
    };
    test('nobody listens', async () => {
      expect(await attempt({ host: '127.0.0.1', port: 1 })).toMatchObject({
        name: 'FozError',
        code: 'unavailable',
      });
    });
    test('a wrong password', async () => {
      const error = await attempt({ ...address(), user: 'foz_nobody', password: 'hidden' });
      expect(error).toMatchObject({ code: 'unavailable', message: expect.stringContaining('password') });
      expect((error as FozError).message).not.toContain('hidden');
    });
    test('a database that is not there', async () => {
      expect(await attempt(new URL('/foz_not_there', serverUrl(engine)).href)).toMatchObject({
        code: 'unavailable',
      });
    });
    test('a URL that is none', () => {
      expect(() => connectTo(engine, { connection: 'postgres://x' })).toThrow(TypeError);
      expect(() => connectTo(engine, { connection: 'mysql://x/y?sslmode=1' })).toThrow(/sslmode/);
    });
    test('TLS that the server does not have, or not from an authority', async () => {
      const connector = connectTo(engine, { connection: it.url, tls: true });
      await expect(connector.ping(patient.signal)).rejects.toMatchObject({ code: 'unavailable' });
      await connector.close();
    });
  });

  describe('a network that fails', () => {
    /** A TCP proxy between Foz and the server that can freeze and cut connections. */
    const between = async () => {
      const target = new URL(serverUrl(engine));
      const sockets = new Set<Socket>();
      let frozen = false;
      const server = createServer((client) => {
        const upstream = createConnection(Number(target.port), target.hostname);
        for (const [from, to] of [
          [client, upstream],
          [upstream, client],
        ] as const) {
          sockets.add(from);
          from.on('data', (data) => frozen || to.write(data));
          from.on('close', () => to.destroy());
          from.on('error', () => {});
        }
      });
      const listen = (port: number) =>
        new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
      await listen(0);
      const { port } = server.address() as AddressInfo;
      const cut = () => {
        for (const socket of sockets) socket.destroy();
        sockets.clear();
        return new Promise((resolve) => server.close(resolve));
      };
      const freeze = (is: boolean) => {
        frozen = is;
      };
      const url = new URL(it.url);
      url.port = String(port);
      return { url: url.href, cut, back: () => listen(port), freeze };
    };

    test('a server that goes away is unavailable, and used again when it is back', async () => {
      const network = await between();
      const connector = connectTo(engine, { connection: network.url, connectMs: 2000 });
      const ask = () => connector.run(statement('select n from t where id = 3'), [], patient);
      expect((await ask()).rows).toEqual([[3]]);
      const open = connector
        .run(statement('select sleep(2)'), [], patient)
        .catch((error: FozError) => error.code);
      await wait(30);
      await network.cut();
      expect(await open).toBe('unavailable');
      await expect(ask()).rejects.toMatchObject({ code: 'unavailable' });
      await expect(
        connector.transaction('write', patient, (runner) => run('select 1', runner)),
      ).rejects.toMatchObject({ code: 'unavailable' });
      await network.back();
      expect((await ask()).rows).toEqual([[3]]);
      await connector.close();
      await network.cut();
    });

    test('a server that falls silent is given up', async () => {
      const network = await between();
      const connector = connectTo(engine, { connection: network.url, connectMs: 2000 });
      await connector.ping(patient.signal);
      network.freeze(true);
      const started = performance.now();
      await expect(connector.run(statement('select 1'), [], soon(100))).rejects.toMatchObject({
        code: 'timeout',
      });
      expect(performance.now() - started).toBeLessThan(12_000);
      await expect(connector.ping(patient.signal)).rejects.toMatchObject({
        code: expect.stringMatching(/^(?:unavailable|timeout)$/),
      });
      network.freeze(false);
      await connector.ping(patient.signal);
      await connector.close();
      await network.cut();
    }, 40_000);
  });

  test('close waits for what runs and refuses the rest', async () => {
    const connector = connectTo(engine, { connection: it.url });
    await connector.ping(patient.signal);
    const last = connector.run(statement('select sleep(0.2), 5'), [], patient);
    await wait(50);
    const closed = connector.close();
    await expect(connector.run(statement('select 1'), [], patient)).rejects.toMatchObject({
      code: 'unavailable',
    });
    expect((await last).rows[0]![1]).toEqual(engine === 'mysql' ? '5' : 5);
    await closed;
    expect(connector.pool()).toEqual({ size: 0, idle: 0, waiting: 0 });
  });

  test('unused connections are closed', async () => {
    const connector = connectTo(engine, { connection: it.url, idleMs: 60 });
    await connector.run(statement('select 1'), [], patient);
    expect(connector.pool().size).toBe(1);
    await until(async () => connector.pool().size === 0);
    await connector.run(statement('select 1'), [], patient);
    await connector.close();
  });

  test('statements and values must fit each other', async () => {
    await expect(it.connector.run(statement('select ?'), [], patient)).rejects.toMatchObject({
      code: 'unexpected',
    });
    await expect(it.connector.run(statement("select '?', `id` from t"), [1], patient)).rejects.toMatchObject({
      code: 'unexpected',
    });
    expect((await it.connector.run(statement("select '?''?' as `?`, ?"), ['x?'], patient)).rows).toEqual([
      ["?'?", 'x?'],
    ]);
  });

  test('other connections see a clean server', async () => {
    const admin = await connect(engine, serverUrl(engine));
    const open = await admin.query(
      "select count(*) as n from information_schema.innodb_trx where trx_query like '%slow%'",
    );
    expect(Number(open[0]!.n)).toBe(0);
    await admin.close();
  });
});
