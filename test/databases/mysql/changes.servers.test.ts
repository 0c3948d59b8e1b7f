import type { ChangeMessage, ChangeStream, FollowOptions } from '../../../src/plan/index.ts';
import { connect } from '../../support/connect.ts';
import { CuttableProxy } from '../../support/cuttable-proxy.ts';
import { describeEngines } from '../../support/engines.ts';
import { until } from '../../support/wait.ts';
import { columnsOf, valuesOf } from './every-type.ts';
import { both, connectTo, dialects, Fixture } from './support.ts';

const never = new AbortController().signal;

/** Numbers between 0 and 1 that depend on the seed alone (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Values that only the server can transform. */
const elsewhere = `insert into v (id, g) values (1, st_geomfromtext('point(500000 6000000)', 32632))`;

describeEngines(both, (engine) => {
  let it: Fixture;
  const streams: ChangeStream[] = [];

  beforeAll(async () => {
    it = await Fixture.open(engine, `create table v (${columnsOf(engine)})`);
    // To find a GTID the server reads a file of the log from its start.
    await it.past.execute('flush binary logs');
  });
  afterEach(async () => {
    await Promise.all(streams.splice(0).map((stream) => stream.close()));
  });
  afterAll(() => it.close());

  const follow = async (options: Partial<FollowOptions> = {}): Promise<ChangeStream> => {
    const stream = await it.connector.changes!.follow({ method: 'replication', keptAs: null, ...options });
    streams.push(stream);
    return stream;
  };
  /** Messages up to the n-th commit, without those of idle times. */
  const read = async (stream: ChangeStream, commits: number): Promise<ChangeMessage[]> => {
    const messages: ChangeMessage[] = [];
    while (messages.filter(({ kind }) => kind === 'commit').length < commits)
      messages.push(...(await stream.next(never)).filter(({ kind }) => kind !== 'idle'));
    return messages;
  };
  const untilRejected = async (stream: ChangeStream): Promise<never> => {
    for (;;) await stream.next(never);
  };
  const rows = (messages: readonly ChangeMessage[]) =>
    messages.flatMap((message) =>
      message.kind === 'row' ? [[message.op, message.old?.values ?? null, message.new?.values ?? null]] : [],
    );
  const commitsOf = (messages: readonly ChangeMessage[]) =>
    messages.flatMap((message) => (message.kind === 'commit' ? [message.position] : []));
  const idsOf = (messages: readonly ChangeMessage[]) =>
    messages.flatMap((message) => (message.kind === 'row' ? [message.new!.values[0]] : []));

  test('every value of a change is what a query of its row reads', async () => {
    const stream = await follow();
    const all = Object.entries(valuesOf(engine));
    let id = 0;
    const statements = all.flatMap(([column, list]) =>
      [...list, 'null'].map((value) => `insert into v (id, ${column}) values (${++id}, ${value})`),
    );
    await it.past.execute(
      `set sql_mode = ''; begin; ${statements.join(';')}; commit; set sql_mode = default`,
    );
    const table = await it.table('v');
    const names = table.columns.map(({ name }) => name);
    const stored = await it.select('v', names);
    const messages = (await read(stream, 1)).filter((message) => message.kind === 'row');
    expect(messages.length).toBe(id);
    messages.forEach(({ new: image }, at) => {
      const reported = names.map((name) => {
        const value = image!.values[image!.columns.indexOf(name)];
        if (value === null || value === undefined) return value;
        const text = dialects[engine].textOf(table.column.get(name)!.type);
        return text === undefined ? String(value) : text(value);
      });
      const shown = (list: readonly unknown[]) =>
        Object.fromEntries(names.map((name, index) => [name, list[index]]));
      expect([statements[at]!.slice(0, 200), shown(reported)]).toEqual([
        statements[at]!.slice(0, 200),
        shown(stored[at]!),
      ]);
    });
  });

  test('inserts, updates, deletes and TRUNCATE arrive in order, by transaction', async () => {
    await it.past.execute('create table items (id int primary key, name text)');
    const stream = await follow();
    const began = Date.now();
    await it.past.execute(
      `begin; insert into items values (1, 'one'), (2, null); update items set name = 'uno' where id = 1; commit;
       delete from items where id = 2; update items set id = 3; truncate items`,
    );
    const messages = await read(stream, 4);
    expect(messages.map(({ kind }) => kind).join(' ')).toBe(
      'begin row row row commit begin row commit begin row commit begin truncate commit',
    );
    expect(rows(messages)).toEqual([
      ['insert', null, [1, 'one']],
      ['insert', null, [2, null]],
      ['update', [1, 'one'], [1, 'uno']],
      ['delete', [2, null], null],
      ['update', [1, 'uno'], [3, 'uno']],
    ]);
    expect(messages.find(({ kind }) => kind === 'truncate')).toEqual({
      kind: 'truncate',
      tables: [{ namespace: it.name, name: 'items' }],
    });
    const begins = messages.flatMap((message) => (message.kind === 'begin' ? [message] : []));
    const ids = begins.map(({ id }) => id);
    expect([...new Set(ids)].sort()).toEqual(ids);
    for (const { at } of begins) expect(Math.abs(at - began)).toBeLessThan(60_000);
    const positions = [stream.start, ...commitsOf(messages)];
    expect([...new Set(positions)].sort()).toEqual(positions);
  });

  test('a stream goes on after every position, with nothing lost or repeated', async () => {
    await it.past.execute('create table resumed (id int primary key)');
    const first = await follow();
    for (let id = 1; id <= 6; id++)
      await it.past.execute(`begin; insert into resumed values (${10 * id}), (${10 * id + 1}); commit`);
    const messages = await read(first, 6);
    const begins = (list: readonly ChangeMessage[]) =>
      list.flatMap((message) => (message.kind === 'begin' ? [[message.id, message.transaction]] : []));
    const positions = [first.start, ...commitsOf(messages)];
    for (let done = 0; done < 6; done++) {
      const again = await read(await follow({ after: positions[done]! }), 6 - done);
      expect(idsOf(again)).toEqual(idsOf(messages).slice(2 * done));
      expect(begins(again)).toEqual(begins(messages).slice(done));
      expect(commitsOf(again)).toEqual(positions.slice(done + 1));
    }
  });

  test('only tables of the database are reported, and writes to others advance the position', async () => {
    const stream = await follow();
    const other = `${it.name}_other`;
    await it.past.execute(
      `create database ${other}; create table ${other}.t (id int primary key); insert into ${other}.t values (1); drop database ${other}`,
    );
    let position = stream.start;
    await until(async () => {
      for (const message of await stream.next(never)) {
        if (message.kind === 'idle') position = message.position;
        else expect(message.kind).toBe('touched');
      }
      return position > stream.start;
    });
  });

  test('a column that is added in mid-stream is part of the rows from then on', async () => {
    await it.past.execute('create table grows (id int primary key)');
    const stream = await follow();
    await it.past.execute(
      `insert into grows values (1); alter table grows add note text; insert into grows values (2, 'two');
       alter table grows drop note, add n bigint first; insert into grows values (9, 3)`,
    );
    const messages = await read(stream, 3);
    expect(messages.flatMap((message) => (message.kind === 'row' ? [message.new] : []))).toEqual([
      { columns: ['id'], values: [1] },
      { columns: ['id', 'note'], values: [2, 'two'] },
      { columns: ['n', 'id'], values: ['9', 3] },
    ]);
  });

  test('rows of a table that is created with them are reported', async () => {
    const stream = await follow();
    await it.past.execute('create table copied (id int primary key) as select 1 as id union select 2');
    expect(idsOf(await read(stream, 1))).toEqual([1, 2]);
  });

  test('tables that are dropped or renamed may have other rows', async () => {
    await it.past.execute(
      'create table old_name (id int primary key); create table gone (id int primary key)',
    );
    const stream = await follow();
    await it.past.execute('rename table old_name to `new name`; drop table if exists gone, `new name`');
    const messages = (await read(stream, 2)).filter(({ kind }) => kind === 'truncate');
    expect(
      messages.map((message) => (message.kind === 'truncate' ? message.tables.map(({ name }) => name) : [])),
    ).toEqual([
      ['old_name', 'new name'],
      ['gone', 'new name'],
    ]);
  });

  test('a statement whose rows are not in the binlog touches the database', async () => {
    await it.past.execute('create table stated (id int primary key)');
    const stream = await follow();
    await it.past.execute(
      "set session binlog_format = 'statement'; insert into stated values (1); set session binlog_format = 'row'",
    );
    const messages = await read(stream, 1);
    expect(messages.map(({ kind }) => kind)).toEqual(['begin', 'touched', 'commit']);
  });

  test('rows of a minimal image have only the columns that the server logged', async () => {
    await it.past.execute(
      'create table partly (id int primary key, a int, b int); insert into partly values (1, 2, 3)',
    );
    const stream = await follow();
    await it.past.execute(
      "set session binlog_row_image = 'minimal'; update partly set b = 4; set session binlog_row_image = 'full'",
    );
    expect(rows(await read(stream, 1))).toEqual([
      ['update', [1, undefined, undefined], [undefined, undefined, 4]],
    ]);
  });

  test('rows of a prepared transaction (XA) are not reported before its commit', async () => {
    await it.past.execute('create table prepared (id int primary key)');
    const stream = await follow();
    await it.past.execute(
      "xa start 'x'; insert into prepared values (1); xa end 'x'; xa prepare 'x'; xa commit 'x'; insert into prepared values (2)",
    );
    const messages = await read(stream, 2);
    expect(messages.map(({ kind }) => kind).join(' ')).toBe('begin touched commit begin row commit');
  });

  test('a connection that is killed or cut ends the stream, which goes on behind its last position', async () => {
    await it.past.execute('create table cut (id int primary key)');
    const proxy = new CuttableProxy(it.url);
    const through = connectTo(engine, { connection: await proxy.open() });
    try {
      const stream = await through.changes!.follow({ method: 'replication', keptAs: null });
      streams.push(stream);
      await it.past.execute('insert into cut values (1)');
      const first = await read(stream, 1);
      await proxy.cut();
      await expect(untilRejected(stream)).rejects.toMatchObject({ code: 'unavailable' });
      await it.past.execute('insert into cut values (2)');
      const second = await follow({ after: commitsOf(first)[0]! });
      expect(idsOf(await read(second, 1))).toEqual([2]);
      const schema = engine === 'mysql' ? 'performance_schema' : 'information_schema';
      const [dump] = await it.past.query(
        `select id from ${schema}.processlist where command like 'Binlog Dump%' and db = database() order by id desc limit 1`,
      );
      await it.past.execute(`kill ${Object.values(dump!)[0]}`);
      await expect(untilRejected(second)).rejects.toMatchObject({ code: 'unavailable' });
    } finally {
      await through.close();
      await proxy.cut();
    }
  });

  test('nothing is lost or repeated when the connection is cut at random moments under writes', async () => {
    const seed = Number(process.env.FOZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
    const random = randomFrom(seed);
    await it.past.execute('create table torn (id int primary key, text text)');
    const proxy = new CuttableProxy(it.url);
    const through = connectTo(engine, { connection: await proxy.open() });
    const transactions = 150;
    const opened = await follow();
    await opened.close();
    const writing = (async () => {
      for (let number = 0; number < transactions; number++) {
        const rows = [0, 1, 2].map(
          (row) => `(${3 * number + row}, repeat('x', ${Math.floor(random() * 3000)}))`,
        );
        await it.past.execute(`insert into torn values ${rows.join(', ')}`);
      }
    })();
    const reported: unknown[] = [];
    let position = opened.start;
    let cuts = 0;
    while (reported.length < 3 * transactions) {
      // A cut comes after some messages, or while they arrive.
      let left = Math.floor(random() * 60);
      let open: unknown[] = [];
      let stream: ChangeStream | null = null;
      let timer: NodeJS.Timeout | undefined;
      try {
        stream = await through.changes!.follow({ method: 'replication', keptAs: null, after: position });
        if (random() < 0.5) timer = setTimeout(() => void proxy.cut(), random() * 40);
        while (reported.length < 3 * transactions) {
          for (const message of await stream.next(never)) {
            if (message.kind === 'begin') open = [];
            if (message.kind === 'row') open.push(message.new!.values[0]);
            if (message.kind === 'commit') reported.push(...open);
            if (message.kind === 'commit' || message.kind === 'idle') position = message.position;
          }
          left -= 1;
          if (left < 0 && cuts < 20) await proxy.cut();
        }
      } catch (error) {
        expect(error).toMatchObject({ code: 'unavailable' });
        cuts += 1;
      }
      clearTimeout(timer);
      await stream?.close();
      await proxy.cut();
      await proxy.open();
    }
    await writing;
    await through.close();
    await proxy.cut();
    expect([seed, reported]).toEqual([seed, Array.from({ length: 3 * transactions }, (_, id) => id)]);
  });

  test('a caller that does not read holds a bounded number of bytes, and gets every row of a long transaction', async () => {
    await it.past.execute('create table many (id int primary key auto_increment, text text)');
    const stream = await follow();
    await it.past.execute(
      engine === 'mysql'
        ? `set cte_max_recursion_depth = 5000; insert into many (text) with recursive n as (select 1 as i union all select i + 1 from n where i < 5000) select repeat('y', 4000) from n`
        : `insert into many (text) select repeat('y', 4000) from seq_1_to_5000`,
    );
    let count = 0;
    let most = 0;
    for (let isOver = false; !isOver; ) {
      // Without a pause for the connection the 20 MB would have arrived by then.
      await new Promise((resolve) => setTimeout(resolve, 20));
      const messages = await stream.next(never);
      most = Math.max(most, messages.length);
      for (const message of messages)
        if (message.kind === 'row') expect(Number(message.new!.values[0])).toBe(++count);
      isOver = messages.some(({ kind }) => kind === 'commit');
    }
    expect(count).toBe(5_000);
    expect(most).toBeLessThan(1_500);
  });

  test('positions of other databases and of the future are refused', async () => {
    const wrong = engine === 'mysql' ? '0-1-5' : '3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5';
    for (const after of ['', 'x', `g0000000000000005:${wrong}`])
      await expect(follow({ after }).then(untilRejected)).rejects.toMatchObject({ code: 'not-found' });
    await expect(follow({ keptAs: 'mine' })).rejects.toMatchObject({ code: 'not-supported' });
  });

  test('rows that foreign keys change are reported, or named as a gap', async () => {
    await it.past.execute(
      `create table parent (id int primary key);
       create table child (id int primary key, parent int, foreign key (parent) references parent (id) on delete cascade);
       insert into parent values (1); insert into child values (10, 1)`,
    );
    const stream = await follow();
    await it.past.execute('delete from parent');
    const messages = await read(stream, 1);
    const reported = messages.flatMap((message) => (message.kind === 'row' ? [message.table.name] : []));
    const tables = ['parent', 'child'].map((name) => ({ namespace: it.name, name }));
    const [offer] = await it.connector.changes!.offers(tables, never);
    expect(offer).toMatchObject({ method: 'replication', grain: 'rows', obstacles: [], setup: [] });
    if (reported.length === 2) expect(offer).toMatchObject({ gaps: [], unseen: [] });
    else {
      expect(reported).toEqual(['parent']);
      expect(offer).toMatchObject({ unseen: [tables[1]] });
      expect(offer!.gaps).toEqual([{ table: tables[1], reason: expect.stringContaining('foreign key') }]);
    }
    expect(reported.length).toBe(engine === 'mysql' ? 2 : 1);
  });

  test('views and tables of other databases are named as unseen', async () => {
    await it.past.execute(
      'create table seen_ (id int primary key); create view seen_view as select * from seen_',
    );
    const tables = [
      { namespace: it.name, name: 'seen_' },
      { namespace: it.name, name: 'seen_view' },
      { namespace: 'mysql', name: 'user' },
    ];
    const [offer] = await it.connector.changes!.offers(tables, never);
    expect(offer).toMatchObject({ gaps: [], unseen: tables.slice(1) });
  });

  test('a query that runs because of a message reads its rows', async () => {
    await it.past.execute('create table visible (id int primary key)');
    const stream = await follow();
    const writers = Array.from({ length: 4 }, (_, writer) =>
      connect(engine, it.url).then(async (connection) => {
        for (let id = 0; id < 150; id++)
          await connection.execute(`insert into visible values (${writer * 1000 + id})`);
        await connection.close();
      }),
    );
    let count = 0;
    while (count < 600) {
      const ids = idsOf(await stream.next(never));
      count += ids.length;
      if (ids.length === 0) continue;
      const [found] = await it.past.query(`select count(*) as n from visible where id in (${ids.join()})`);
      expect(Number(found!.n)).toBe(ids.length);
    }
    await Promise.all(writers);
  });

  test('an offer has the statement that grants missing rights', async () => {
    const name = `foz_plain_${it.name.slice(-6)}`;
    await it.past.execute(
      `create user ${name}@'%' identified by 'x'; grant select on ${it.name}.* to ${name}@'%'`,
    );
    const url = new URL(it.url);
    url.username = name;
    url.password = 'x';
    const connector = connectTo(engine, { connection: url.href });
    try {
      const [before] = await connector.changes!.offers([], never);
      expect(before!.obstacles).toEqual(['The user lacks the right replication slave.']);
      expect(before!.setup).toEqual([`grant replication slave on *.* to '${name}'@'%'`]);
      const refused = connector.changes!.follow({ method: 'replication', keptAs: null }).then(untilRejected);
      await expect(refused).rejects.toMatchObject({ code: 'access-denied' });
      await it.past.execute(before!.setup.join(';'));
      const [after] = await connector.changes!.offers([], never);
      expect(after!.obstacles).toEqual([]);
      const stream = await connector.changes!.follow({ method: 'replication', keptAs: null });
      streams.push(stream);
      await it.past.execute('create table seen (id int primary key); insert into seen values (1)');
      expect(idsOf(await read(stream, 1))).toEqual([1]);
    } finally {
      await connector.close();
      await it.past.execute(`drop user ${name}@'%'`);
    }
  });

  if (engine === 'mariadb')
    test('of a table with system versioning only the present rows are reported', async () => {
      await it.past.execute(`create table versioned (id int primary key, n int) with system versioning;
        create table periods (id int primary key, n int, since timestamp(6) as row start, till timestamp(6) as row end,
          period for system_time (since, till)) with system versioning`);
      for (const table of ['versioned', 'periods']) {
        const stream = await follow();
        await it.past.execute(
          `insert into ${table} (id, n) values (1, 1); update ${table} set n = 2; delete from ${table};
           delete history from ${table}; insert into ${table} (id, n) values (2, 2)`,
        );
        const messages = await read(stream, 4);
        const short = (image: unknown) => (image as readonly unknown[] | null)?.slice(0, 2) ?? null;
        expect(rows(messages).map(([op, old, after]) => [op, short(old), short(after)])).toEqual([
          ['insert', null, [1, 1]],
          ['update', [1, 1], [1, 2]],
          ['delete', [1, 2], null],
          ['insert', null, [2, 2]],
        ]);
      }
    });

  if (engine === 'mysql')
    test('a geometry that only the server can transform is left out', async () => {
      await it.past.execute('truncate v');
      const stream = await follow();
      await it.past.execute(elsewhere);
      const [message] = (await read(stream, 1)).filter((message) => message.kind === 'row');
      expect(message!.new!.values[message!.new!.columns.indexOf('g')]).toBeUndefined();
    });
});
