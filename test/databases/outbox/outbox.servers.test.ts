import type { ChangeStream } from '../../../src/plan/index.ts';
import { describeEngines } from '../../support/engines.ts';
import { until } from '../../support/wait.ts';
import { everything, patient } from '../postgres/support.ts';
import { databaseOf, type Fixture, outboxEngines, readRows, setUp, type Writer } from './fixture.ts';

const follow = { method: 'triggers', keptAs: null } as const;

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
    const table = it.namespace === null ? 'foz_outbox' : 'foz_outbox.changes';
    const { rows } = await it.connector.run(
      { text: `select count(*) from ${table}`, slots: [] },
      [],
      patient,
    );
    return Number(rows[0]![0]);
  };
  const shown = (rows: Awaited<ReturnType<typeof readRows>>) =>
    rows.map(({ op, old, new: after }) =>
      [op, old?.values.map(String).join() ?? '-', after?.values.map(String).join() ?? '-'].join(' '),
    );

  test('inserts, updates and deletes are told with both rows, in order, and deleted once acknowledged', async () => {
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

  test('what was not acknowledged comes again with the same positions, what was does not', async () => {
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

  test('rows that a foreign key deletes are told', async () => {
    await writer.execute(`create table parents (id integer primary key);
      create table children (id integer primary key, parent integer references parents (id) on delete cascade)`);
    await setUp(it, 'parents', 'children');
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

  test('many rows of one transaction come page by page', async () => {
    await writer.execute('create table many (id integer primary key, body text)');
    await setUp(it, 'many');
    const stream = await open();
    const body = 'x'.repeat(1000);
    await writer.execute(
      `insert into many with recursive s(n) as (select 1 union all select n + 1 from s where n < 20000) select n, '${body}' from s`,
    );
    let most = 0;
    let next = 1;
    for (let isOver = false; !isOver; ) {
      const messages = await stream.next(AbortSignal.timeout(30_000));
      most = Math.max(most, messages.length);
      for (const message of messages) {
        if (message.kind === 'row') expect(Number(message.new!.values[0])).toBe(next++);
        if (message.kind !== 'commit') continue;
        stream.acknowledge(message.position);
        isOver = next > 20_000;
      }
    }
    expect(most).toBeLessThan(1100);
  }, 60_000);

  test('outbox and triggers are no part of what is read of the database', async () => {
    const facts = await it.connector.introspect(everything, patient.signal);
    expect(
      facts.tables.filter(({ name, namespace }) => `${namespace}.${name}`.includes('foz_outbox')),
    ).toEqual([]);
    expect(facts.tables.find(({ name }) => name === 'items')!.triggers).toBeUndefined();
    expect(facts.issues.filter((issue) => JSON.stringify(issue).includes('foz_outbox'))).toEqual([]);
  });

  test('a table that changes in mid-stream', async () => {
    await writer.execute('create table grows (id integer primary key, a text)');
    await setUp(it, 'grows');
    const stream = await open();
    await writer.execute(`insert into grows values (1, 'x')`);
    await writer.execute('alter table grows add column b text');
    await writer.execute(`insert into grows values (2, 'y', 'z')`);
    const rows = await readRows(stream, 2);
    expect(rows.map(({ new: after }) => after!.values.map(String).join())).toEqual(
      engine === 'sqlite' ? ['1,x', '2,y'] : ['1,x', '2,y,z'],
    );
    const tables = [{ namespace: it.namespace, name: 'grows' }];
    const offer = async () =>
      (await it.connector.changes!.offers(tables, patient.signal)).find(
        ({ method }) => method === 'triggers',
      )!;
    // The triggers of SQLite name the columns that there were.
    expect((await offer()).unseen).toEqual(engine === 'sqlite' ? tables : []);
    await setUp(it, 'grows');
    expect(await offer()).toMatchObject({ setup: [], unseen: [], obstacles: [] });
    await writer.execute(
      `insert into grows values (3, 'y', 'z'); alter table grows rename to grown; insert into grown values (4, 'y', 'z')`,
    );
    const later = await readRows(stream, 2);
    expect(shown(later)).toEqual(['insert - 3,y,z', 'insert - 4,y,z']);
    expect((await offer()).unseen).toEqual(tables);
  });

  test('everything can be removed, while it is read, too', async () => {
    const stream = await open();
    const left = await it.connector.changes!.leftOvers(patient.signal);
    expect(left.map(({ kind }) => kind)).toEqual(['outbox']);
    for (const text of left.flatMap(({ remove }) => remove))
      await it.connector.run({ text, slots: [] }, [], patient);
    expect(await it.connector.changes!.leftOvers(patient.signal)).toEqual([]);
    await writer.execute(`insert into items values (99, 'after', 1)`);
    await expect(readRows(stream, 1)).rejects.toBeDefined();
    const [offer] = await it.connector.changes!.offers([], patient.signal);
    if (engine !== 'postgres')
      expect(offer!.obstacles).toEqual([expect.stringContaining('There is no outbox')]);
  });
});
