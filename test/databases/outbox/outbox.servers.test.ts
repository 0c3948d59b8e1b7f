import { connectPostgres } from '../../../src/databases/postgres/index.ts';
import type { ChangeMessage, ChangeStream } from '../../../src/plan/index.ts';
import { connect } from '../../support/connect.ts';
import { describeEngines } from '../../support/engines.ts';
import { startPostgres } from '../../support/servers/index.ts';
import { until } from '../../support/wait.ts';
import { connectTo } from '../mysql/support.ts';
import { everything, patient } from '../postgres/support.ts';
import {
  changesTable,
  databaseOf,
  type Fixture,
  type OutboxEngine,
  outboxEngines,
  readRows,
  setUp,
  type Writer,
} from './fixture.ts';

const follow = { method: 'triggers', keptAs: null } as const;

/** Values that are easily lost, written with settings that change how they are shown. */
const values = {
  postgres: {
    columns: `i8 bigint, n numeric, f4 real, f8 double precision, b boolean, t text, c char(5), by bytea, ts timestamp, tz timestamptz,
      d date, iv interval, u uuid, j json, jb jsonb, ia int[], ta text[], m money, r int4range, p point, twice bigint generated always as (i8 * 2) stored`,
    session: [
      "set timezone = 'America/New_York'",
      "set datestyle = 'SQL, DMY'",
      "set intervalstyle = 'postgres_verbose'",
      "set bytea_output = 'escape'",
      'set extra_float_digits = -5',
    ],
    rows: [
      `1, 4611686018427387903, 1.2300, 0.1, 0.1, true, 'a "quoted", (text) \\ it''s', 'ab', '\\x00ff22', '2024-02-29 23:59:59.123456',
        '2024-06-01 12:00:00.5+02', '0044-03-15 BC', '1 year 2 days 03:04:05.6', '123e4567-e89b-12d3-a456-426655440000', '{"b": 1.50, "a": [1, 2]}',
        '{"b": 1.50, "a": "x"}', '{1,NULL,3}', '{"a b",NULL,"NULL","c\\\\d"}', 12.5, '[1,5)', '(1.5,-2)'`,
      `2, -9007199254740993, 'NaN', 'Infinity', 1e-300, false, '', '', '\\x', 'infinity', '-infinity', 'infinity', '-3 mons',
        null, 'null', '"x"', '{}', '{{a,b},{c,d}}', -0.01, 'empty', '(0,0)'`,
      `3, null, 12345678901234567890123456789.000000000001, null, -0.0, null, E'line\\nand\\ttab', null, null, null, null, null, null, null, null, null,
        null, null, null, null, null`,
    ],
  },
  sqlite: {
    columns: 'i, r, t, b, n',
    session: [],
    rows: [
      `1, 42, 0.1, 'it''s, "x", X''00''', x'00ff2c27', null`,
      `2, 9223372036854775807, 1e308, '', x'', -9007199254740993`,
      `3, -1, 5e-324, 'line' || char(10) || 'é😀', zeroblob(3), 9007199254740991`,
      `4, 1e999, -1e999, 'NULL', 'T00', 123456789.123456789`,
    ],
  },
  mysql: {
    columns: `i8 bigint, n decimal(50, 20), b boolean, t text, l varchar(40) character set latin1, by_ blob, ts timestamp(6) null,
      z timestamp null, dt datetime(3), d date, tm time(2), y year, e enum('a', 'b,c'), j json, twice bigint as (i8 * 2) virtual`,
    session: [
      "set time_zone = '-05:00'",
      "set sql_mode = 'ANSI_QUOTES,PAD_CHAR_TO_FULL_LENGTH'",
      'set character_set_results = latin1',
    ],
    rows: [
      `1, 4611686018427387903, 1.23, true, 'a \\ it''s ~ 3:abc', 'café', x'00ff7e3a22', '2024-02-29 23:59:59.123456', '2024-11-03 01:30:00',
        '2024-02-29 12:00:00.5', '2024-00-00', '-838:59:59', 2024, 'b,c', '{"b": 1.50, "a": [1, "x"]}'`,
      `2, -9007199254740993, -0.00000000000000000001, false, '', '', '', '0000-00-00 00:00:00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', '0000-00-00',
        '00:00:00', 0, 'none', 'null'`,
      `3, null, 12345678901234567890123456789.00000000000000000001, null, null, null, null, null, null, null, null, null, null, null,
        null`,
    ],
  },
} as const;

/** The values of an engine. */
const valuesOf: Readonly<Record<OutboxEngine, keyof typeof values>> = {
  postgres: 'postgres',
  pglite: 'postgres',
  sqlite: 'sqlite',
  mysql: 'mysql',
  mariadb: 'mysql',
};

/** Engines whose triggers name the columns that there were, and see nothing of what foreign keys do. */
const isMysql = (engine: OutboxEngine) => engine === 'mysql' || engine === 'mariadb';

describeEngines(['postgres'], () => {
  test('transactions can be prepared, and their changes are read', async () => {
    const server = await startPostgres({ settings: { max_prepared_transactions: '2' } });
    const connector = connectPostgres({ connection: server.url });
    try {
      const client = await connect('postgres', server.url);
      await client.execute('create table items (id integer primary key)');
      await setUp({ connector, namespace: 'public' }, 'items');
      const stream = await connector.changes!.follow(follow);
      await client.execute(`begin; insert into items values (1); prepare transaction 'one'`);
      await client.execute(`commit prepared 'one'`);
      expect((await readRows(stream, 1))[0]!.new!.values).toEqual(['1']);
      await stream.close();
      await client.close();
    } finally {
      await connector.close();
      await server.stop();
    }
  }, 60_000);
});

describeEngines(outboxEngines, (engine) => {
  let it: Fixture;
  let writer: Writer;
  const streams: ChangeStream[] = [];

  beforeAll(async () => {
    it = await databaseOf(engine);
    writer = await it.writer();
    await writer.execute('create table items (id integer primary key, name varchar(40), n integer)');
    await setUp(it, 'items');
  }, 60_000);
  afterEach(async () => {
    await Promise.all(streams.splice(0).map((stream) => stream.close()));
  });
  afterAll(async () => {
    await writer.close();
    await it.drop();
  });

  const open = async (options: { readonly after?: string } = {}) => {
    const stream = await it.connector.changes!.follow({ ...follow, ...options });
    streams.push(stream);
    return stream;
  };
  const count = async () => {
    const { rows } = await it.connector.run(
      { text: `select count(*) from ${changesTable(it)}`, slots: [] },
      [],
      patient,
    );
    return Number(rows[0]![0]);
  };
  const shown = (rows: Awaited<ReturnType<typeof readRows>>) =>
    rows.map(({ op, old, new: after }) =>
      [op, old?.values.map(String).join() ?? '-', after?.values.map(String).join() ?? '-'].join(' '),
    );

  test('inserts, updates and deletes are reported with both rows, in order, and leave the outbox once acknowledged', async () => {
    const stream = await open();
    await writer.execute(`insert into items values (1, 'one', 1), (2, null, 2)`);
    await writer.execute(
      `begin; update items set name = 'it''s, "x"' where id = 1; delete from items where id = 2; commit`,
    );
    await writer.execute(`begin; insert into items values (3, 'never', 3); rollback`);
    const rows = await readRows(stream, 4);
    expect(shown(rows)).toEqual([
      'insert - 1,one,1',
      'insert - 2,null,2',
      `update 1,one,1 1,it's, "x",1`,
      'delete 2,null,2 -',
    ]);
    expect(rows[0]!.table).toEqual({ namespace: it.namespace, name: 'items' });
    expect(rows[0]!.new!.columns).toEqual(['id', 'name', 'n']);
    await until(async () => (await count()) === 0);
  });

  test('unacknowledged changes are returned again with the same positions, acknowledged ones are not', async () => {
    const first = await open();
    await writer.execute(`insert into items values (10, 'a', 1)`);
    const begins: unknown[] = [];
    const read = async (stream: ChangeStream) => {
      for (;;) {
        const messages = await stream.next(AbortSignal.timeout(20_000));
        begins.push(...messages.filter(({ kind }) => kind === 'begin'));
        const commit = messages.find(({ kind }) => kind === 'commit');
        if (commit?.kind === 'commit') return commit.position;
      }
    };
    const one = await read(first);
    await writer.execute(`insert into items values (11, 'b', 1)`);
    const two = await read(first);
    expect(two > one).toBe(true);
    await first.close();
    const second = await open();
    expect([await read(second), await read(second)]).toEqual([one, two]);
    expect(begins.slice(2)).toEqual(begins.slice(0, 2));
    await second.close();
    const third = await open({ after: one });
    expect(await read(third)).toBe(two);
    third.acknowledge(two);
    await third.close();
    expect(await count()).toBe(0);
    await expect(open({ after: one })).rejects.toMatchObject({ code: 'not-found' });
    const fourth = await open({ after: two });
    expect(fourth.start).toBe(two);
  });

  test('a table counts as truncated when triggers are created for it, as for one that was created again', async () => {
    const create = 'create table again (id integer primary key)';
    await writer.execute(create);
    await setUp(it, 'again');
    const stream = await open();
    const seen: string[] = [];
    const readTo = async (last: string) => {
      while (seen.at(-1) !== last)
        for (const message of await stream.next(AbortSignal.timeout(30_000))) {
          if (message.kind === 'truncate') seen.push(`truncate ${message.tables[0]!.name}`);
          if (message.kind === 'row') seen.push(`${message.op} ${message.new!.values[0]}`);
          if (message.kind === 'commit') stream.acknowledge(message.position);
        }
    };
    await writer.execute('insert into again values (1)');
    await readTo('insert 1');
    await writer.execute('drop table again');
    await writer.execute(create);
    await writer.execute('insert into again values (2)');
    await setUp(it, 'again');
    await writer.execute('insert into again values (3)');
    await readTo('insert 3');
    expect(seen).toEqual(['truncate again', 'insert 1', 'truncate again', 'insert 3']);
    await writer.execute('drop table again');
  });

  test('only one reader at a time', async () => {
    await open();
    await expect(open()).rejects.toMatchObject({ code: 'conflict' });
    if (it.second === undefined) return;
    const other = it.second();
    await expect(other.changes!.follow(follow)).rejects.toMatchObject({ code: 'conflict' });
    await streams.shift()!.close();
    streams.push(await other.changes!.follow(follow));
    await streams.shift()!.close();
    await other.close();
  });

  if (engine === 'postgres')
    test('a reader that has lost its lock deletes nothing, and its stream ends', async () => {
      const stream = await open();
      await writer.execute(`insert into items values (20, 'a', 1)`);
      let position = '';
      while (position === '')
        for (const message of await stream.next(AbortSignal.timeout(30_000)))
          if (message.kind === 'commit') position = message.position;
      const holders = `from pg_locks where locktype = 'advisory'
        and database = (select oid from pg_database where datname = current_database())`;
      const held = { text: `select pg_terminate_backend(pid)::text ${holders}`, slots: [] };
      await until(async () => (await it.connector.run(held, [], patient)).rows.length === 0);
      stream.acknowledge(position);
      await expect(stream.next(AbortSignal.timeout(30_000))).rejects.toMatchObject({ code: 'unavailable' });
      await stream.close();
      expect(await count()).toBe(1);
      expect(shown(await readRows(await open(), 1))).toEqual(['insert - 20,a,1']);
      await until(async () => (await count()) === 0);
    });

  test('names of any kind', async () => {
    const table = `it's a "table" \\ with $1 ? and ; --`;
    const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
    await writer.execute(
      `create table ${quoted(table)} (${quoted("id'")} integer primary key, ${quoted('a"b, (c)')} text)`,
    );
    await setUp(it, table);
    const stream = await open();
    await writer.execute(`insert into ${quoted(table)} values (1, '(x,y) "z" \\ ')`);
    await writer.execute(`update ${quoted(table)} set ${quoted('a"b, (c)')} = ''`);
    const rows = await readRows(stream, 2);
    expect(shown(rows)).toEqual(['insert - 1,(x,y) "z" \\ ', 'update 1,(x,y) "z" \\  1,']);
    expect(rows[0]!.table.name).toBe(table);
    expect(rows[0]!.new!.columns).toEqual(["id'", 'a"b, (c)']);
  });

  test('rows that a foreign key deletes are reported, or the table is said to be incomplete', async () => {
    await writer.execute(`create table parents (id integer primary key);
      create table children (id integer primary key, parent integer references parents (id) on delete cascade)`);
    await setUp(it, 'parents', 'children');
    if (isMysql(engine)) {
      const children = { namespace: it.namespace, name: 'children' };
      const offers = await it.connector.changes!.offers([children], patient.signal);
      const offer = offers.find(({ method }) => method === 'triggers')!;
      expect(offer.unseen).toEqual([children]);
      expect(offer.gaps[0]!.reason).toContain('with a row of "parents" fire no triggers');
      return;
    }
    const stream = await open();
    await writer.execute(
      'insert into parents values (1); insert into children values (5, 1); delete from parents',
    );
    const rows = await readRows(stream, 4);
    expect(rows.map(({ op, table }) => `${op} ${table.name}`).sort()).toEqual([
      'delete children',
      'delete parents',
      'insert children',
      'insert parents',
    ]);
  });

  if (engine === 'sqlite')
    test('rows that INSERT OR REPLACE deletes are told as deleted, those that stay are not', async () => {
      await writer.execute('create table places (id integer primary key, code text unique, n integer)');
      await setUp(it, 'places');
      await writer.execute(`insert into places values (1, 'a', 1), (2, 'b', 2), (3, 'c', 3)`);
      const stream = await open();
      await readRows(stream, 3);
      // Conflicts with the primary key, with the unique column, and with both; the last one deletes two rows for one.
      await writer.execute(`replace into places values (1, 'a', 10)`);
      await writer.execute(`insert or replace into places values (4, 'b', 20)`);
      await writer.execute(`replace into places values (1, 'c', 30)`);
      // Nothing is replaced here.
      await writer.execute(`insert or ignore into places values (1, 'x', 40)`);
      await writer.execute(`insert into places values (1, 'y', 50) on conflict (id) do update set n = 60`);
      await writer.execute(`replace into places values (9, 'z', 70)`);
      const rows = shown(await readRows(stream, 9));
      expect(rows.slice(0, 4)).toEqual([
        'delete 1,a,1 -',
        'insert - 1,a,10',
        'delete 2,b,2 -',
        'insert - 4,b,20',
      ]);
      expect(rows.slice(4, 6).sort()).toEqual(['delete 1,a,10 -', 'delete 3,c,3 -']);
      expect(rows.slice(6)).toEqual(['insert - 1,c,30', 'update 1,c,30 1,c,60', 'insert - 9,z,70']);
    });

  if (engine === 'sqlite')
    test('a row and the row that replaces it are not divided between two batches', async () => {
      const other = await databaseOf(engine);
      const client = await other.writer();
      await client.execute('create table lots (id integer primary key, n integer)');
      await setUp(other, 'lots');
      await client.execute(`begin;
        insert into lots with recursive s(n) as (select 1 union all select n + 1 from s where n < 9999) select n, n from s;
        replace into lots values (1, 0);
        insert into lots values (10000, 1);
        commit`);
      const stream = await other.connector.changes!.follow(follow);
      const messages: ChangeMessage[] = [];
      while (messages.filter(({ kind }) => kind === 'commit').length < 2)
        for (const message of await stream.next(AbortSignal.timeout(30_000))) {
          messages.push(message);
          if (message.kind === 'commit') stream.acknowledge(message.position);
        }
      const shape = messages.slice(-6).map((message) => (message.kind === 'row' ? message.op : message.kind));
      expect(shape).toEqual(['delete', 'insert', 'commit', 'begin', 'insert', 'commit']);
      await stream.close();
      await client.close();
      await other.drop();
    }, 60_000);

  if (engine === 'mysql' || engine === 'mariadb') {
    test('rows that REPLACE and ON DUPLICATE KEY UPDATE change, once each', async () => {
      await writer.execute(
        'create table places (id integer auto_increment primary key, code varchar(9) unique, n integer) auto_increment = 500',
      );
      await setUp(it, 'places');
      const stream = await open();
      await writer.execute(`insert into places values (1, 'a', 1), (2, 'b', 2)`);
      await writer.execute(`replace into places values (1, 'b', 3)`);
      await writer.execute(`insert into places values (1, 'x', 4) on duplicate key update n = 5`);
      // Nothing changes here.
      await writer.execute(`insert into places values (1, 'x', 4) on duplicate key update n = 5`);
      await writer.execute(`insert ignore into places values (1, 'x', 4)`);
      await writer.execute('update places set n = 5');
      await writer.execute(`insert into places (code) values ('z')`);
      const rows = shown(await readRows(stream, 7));
      expect(rows.slice(0, 2)).toEqual(['insert - 1,a,1', 'insert - 2,b,2']);
      expect(rows.slice(2, 4).sort()).toEqual(['delete 1,a,1 -', 'delete 2,b,2 -']);
      expect(rows.slice(4)).toEqual([
        'insert - 1,b,3',
        'update 1,b,3 1,b,5',
        expect.stringMatching(/^insert - 5\d\d,z,null$/),
      ]);
    });

    test('a write whose row cannot be stored succeeds, and is reported without values', async () => {
      const { rows } = await it.connector.run(
        { text: 'select @@max_allowed_packet', slots: [] },
        [],
        patient,
      );
      await writer.execute('create table large (id integer primary key, n integer, a longblob, b longblob)');
      await setUp(it, 'large');
      const stream = await open();
      const most = Number(rows[0]![0]);
      await writer.execute(`insert into large values (1, 1, repeat('x', ${most - 100}), repeat('y', 200))`);
      await writer.execute('delete from large');
      await writer.execute('alter table large drop column n');
      await writer.execute(`insert into large values (2, null, 'b')`);
      const found = await readRows(stream, 3);
      const none = { columns: [], values: [] };
      expect(found.map(({ op, old, new: after }) => [op, old, after])).toEqual([
        ['insert', null, none],
        ['delete', none, null],
        ['insert', null, none],
      ]);
    }, 60_000);

    test('an open transaction holds up neither other changes nor their removal, and is read after its commit', async () => {
      await writer.execute('create table slow (id integer primary key)');
      await setUp(it, 'slow');
      const stream = await open();
      const other = await it.writer();
      await other.execute('begin; insert into slow values (1)');
      await writer.execute('insert into slow values (2)');
      expect(shown(await readRows(stream, 1))).toEqual(['insert - 2']);
      await until(async () => (await count()) === 0);
      await other.execute('insert into slow values (3); commit');
      expect(shown(await readRows(stream, 2))).toEqual(['insert - 1', 'insert - 3']);
      await other.close();
    });

    test('a user who may not create triggers is told the way out', async () => {
      const other = await databaseOf(engine);
      const admin = await other.writer();
      const user = `${other.namespace}_user`.slice(-30);
      await admin.execute(`create user '${user}'@'%' identified by 'secret'`);
      await admin.execute(
        `grant all on ${other.namespace}.* to '${user}'@'%'; create table t (id integer primary key)`,
      );
      const connection = Object.assign(new URL(other.location), { username: user, password: 'secret' }).href;
      const connector = connectTo(engine, { connection });
      const offers = await connector.changes!.offers(
        [{ namespace: other.namespace, name: 't' }],
        patient.signal,
      );
      const offer = offers.find(({ method }) => method === 'triggers')!;
      expect(offer.obstacles[1]).toContain('log_bin_trust_function_creators = 1');
      const made = offer.setup.map((text) => connector.run({ text, slots: [] }, [], patient));
      await expect(made.at(-1)).rejects.toMatchObject({
        code: 'access-denied',
        message: expect.stringContaining('log_bin_trust_function_creators = 1'),
      });
      await Promise.allSettled(made);
      await connector.close();
      await admin.execute(`drop user '${user}'@'%'`);
      await admin.close();
      await other.drop();
    });

    test('a source of all databases has an outbox of its own', async () => {
      await writer.execute('create table everywhere (id integer primary key)');
      await setUp(it, 'everywhere');
      const connector = connectTo(engine, { connection: new URL('/', it.location).href });
      await setUp({ connector, namespace: it.namespace }, 'everywhere');
      const [one, other] = [await open(), await connector.changes!.follow(follow)];
      await writer.execute('insert into everywhere values (1)');
      for (const stream of [one, other]) expect(shown(await readRows(stream, 1))).toEqual(['insert - 1']);
      await other.close();
      const remove = (await connector.changes!.leftOvers(patient.signal)).flatMap((left) => left.remove);
      expect(remove.filter((text) => text.startsWith('drop trigger'))).toHaveLength(3);
      for (const text of remove) await connector.run({ text, slots: [] }, [], patient);
      expect(await connector.changes!.leftOvers(patient.signal)).toEqual([]);
      await connector.close();
      const tables = [{ namespace: it.namespace, name: 'everywhere' }];
      const offers = await it.connector.changes!.offers(tables, patient.signal);
      expect(offers[0]).toMatchObject({ method: 'triggers', setup: [], unseen: [] });
    });

    test('a table without transactions is said to be incomplete', async () => {
      await writer.execute('create table plain (id integer primary key) engine = MyISAM');
      const plain = { namespace: it.namespace, name: 'plain' };
      const offers = await it.connector.changes!.offers([plain], patient.signal);
      expect(offers.find(({ method }) => method === 'triggers')!.gaps[0]!.reason).toContain(
        'no transactions',
      );
    });
  }

  test('many rows of one transaction come page by page, in batches of bounded size', async () => {
    await writer.execute('create table many (id integer primary key, body text)');
    await setUp(it, 'many');
    const stream = await open();
    const body = 'x'.repeat(1000);
    await writer.execute(
      `insert into many with recursive s(n) as (select 1 union all select n + 1 from s where n < 20000) select n, '${body}' from s`,
    );
    let most = 0;
    let rows = 0;
    let mostTogether = 0;
    let next = 1;
    for (let isOver = false; !isOver; ) {
      const messages = await stream.next(AbortSignal.timeout(30_000));
      most = Math.max(most, messages.length);
      for (const message of messages) {
        if (message.kind === 'begin') rows = 0;
        if (message.kind === 'row') {
          expect(Number(message.new!.values[0])).toBe(next++);
          mostTogether = Math.max(mostTogether, ++rows);
        }
        if (message.kind !== 'commit') continue;
        stream.acknowledge(message.position);
        isOver = next > 20_000;
      }
    }
    expect(most).toBeLessThan(1100);
    expect(mostTogether).toBeLessThan(20_000);
  }, 60_000);

  if (!isMysql(engine))
    test('a row of more than 64 MB is written, and reported without values', async () => {
      await writer.execute('create table huge (id integer primary key, body text)');
      await setUp(it, 'huge');
      const stream = await open();
      const body =
        engine === 'sqlite' ? `replace(hex(zeroblob(20000000)), '00', 'xxxx')` : `repeat('x', 80000000)`;
      await writer.execute(`insert into huge values (1, ${body})`);
      await writer.execute(`update huge set body = 'short'`);
      const none = { columns: [], values: [] };
      expect(
        (await readRows(stream, 2)).map(({ op, old, new: after }) => [op, old, after?.values.map(String)]),
      ).toEqual([
        ['insert', null, []],
        ['update', none, ['1', 'short']],
      ]);
      await writer.execute('drop table huge');
    }, 60_000);

  test('introspection does not return the outbox and its triggers', async () => {
    const facts = await it.connector.introspect(everything, patient.signal);
    expect(
      facts.tables.filter(({ name, namespace }) => `${namespace}.${name}`.includes('foz_outbox')),
    ).toEqual([]);
    expect(facts.tables.find(({ name }) => name === 'items')!.triggers).toBeUndefined();
    expect(facts.issues.filter((issue) => JSON.stringify(issue).includes('foz_outbox'))).toEqual([]);
  });

  test('a row is reported with the values that a query reads, whichever session has written it', async () => {
    const { columns, rows, session } = values[valuesOf[engine]];
    await writer.execute(`create table v (id integer primary key, ${columns})`);
    await setUp(it, 'v');
    const stream = await open();
    // PGlite has one session, which reads, too.
    if (engine !== 'pglite') for (const text of session) await writer.execute(text);
    const ignore = isMysql(engine) ? 'ignore' : '';
    for (const row of rows)
      await writer.execute(`insert ${ignore} into v values (${row}${isMysql(engine) ? ', default' : ''})`);
    const reported = (await readRows(stream, rows.length)).map((row) => row.new!.values);
    const read = await it.connector.run({ text: 'select * from v order by id', slots: [] }, [], patient);
    // Integers of an outbox of SQLite are bigint.
    const asRead = (all: readonly (readonly unknown[])[]) =>
      all.map((row) =>
        row.map((value) =>
          Number.isSafeInteger(value) && engine === 'sqlite' ? BigInt(value as number) : value,
        ),
      );
    expect(asRead(reported)).toEqual(asRead(read.rows));
    await writer.execute('update v set id = id + 100');
    const updated = await readRows(stream, rows.length);
    expect(asRead(updated.map((row) => row.old!.values))).toEqual(asRead(read.rows));
  });

  if (engine === 'sqlite')
    test.each(['UTF-16le', 'UTF-16be'])('a text with NUL in a database in %s', async (encoding) => {
      const other = await databaseOf(engine, `pragma encoding = '${encoding}'`);
      const client = await other.writer();
      await client.execute('create table t (id integer primary key, a text)');
      await setUp(other, 't');
      const stream = await other.connector.changes!.follow(follow);
      await client.execute(`insert into t values (1, 'é' || char(0) || '😀')`);
      expect((await readRows(stream, 1))[0]!.new!.values).toEqual([1n, 'é\0😀']);
      await stream.close();
      await client.close();
      await other.drop();
    });

  test('a table that is altered in mid-stream', async () => {
    // These triggers name the columns that there were.
    const names = engine === 'sqlite' || isMysql(engine);
    await writer.execute('create table grows (id integer primary key, a text)');
    await setUp(it, 'grows');
    const stream = await open();
    await writer.execute(`insert into grows values (1, 'x')`);
    await writer.execute('alter table grows add column b text');
    await writer.execute(`insert into grows values (2, 'y', 'z')`);
    const rows = await readRows(stream, 2);
    expect(rows.map(({ new: after }) => after!.values.map(String).join())).toEqual(
      names ? ['1,x', '2,y'] : ['1,x', '2,y,z'],
    );
    const tables = [{ namespace: it.namespace, name: 'grows' }];
    const offer = async () =>
      (await it.connector.changes!.offers(tables, patient.signal)).find(
        ({ method }) => method === 'triggers',
      )!;
    expect((await offer()).unseen).toEqual(names ? tables : []);
    await setUp(it, 'grows');
    expect(await offer()).toMatchObject({ setup: [], unseen: [], obstacles: [] });
    await writer.execute(
      `insert into grows values (3, 'y', 'z'); alter table grows rename to grown; insert into grown values (4, 'y', 'z')`,
    );
    const later = await readRows(stream, 2);
    expect(shown(later)).toEqual(['insert - 3,y,z', 'insert - 4,y,z']);
    expect((await offer()).unseen).toEqual(tables);
  });

  test('the outbox can be removed, also while it is read', async () => {
    const stream = await open();
    const left = await it.connector.changes!.leftOvers(patient.signal);
    expect(left.map(({ kind }) => kind)).toEqual(['outbox']);
    for (const text of left.flatMap(({ remove }) => remove))
      await it.connector.run({ text, slots: [] }, [], patient);
    expect(await it.connector.changes!.leftOvers(patient.signal)).toEqual([]);
    await writer.execute(`insert into items values (99, 'after', 1)`);
    await expect(readRows(stream, 1)).rejects.toBeDefined();
    const offers = await it.connector.changes!.offers([], patient.signal);
    const offer = offers.find(({ method }) => method === 'triggers');
    if (engine !== 'postgres')
      expect(offer!.obstacles).toEqual([expect.stringContaining('There is no outbox')]);
  });
});
