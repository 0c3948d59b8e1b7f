import type { Column, Table } from '../../../src/catalog/index.ts';
import type { FozError } from '../../../src/core/index.ts';
import type { Assignment, OnConflict, Predicate, Write } from '../../../src/plan/index.ts';
import { cleanUp, constant, type Fixture, fixture, run, say } from './support.ts';

afterAll(cleanUp);

const cell = (column: Column, value: unknown) => constant(value, column.type, { column });
const write = (made: Fixture, wanted: Write) => run(made.connector, made.connector.compileWrite(wanted));
const column = (table: Table, name: string) => table.column.get(name)!;

function insert(
  table: Table,
  rows: readonly Readonly<Record<string, unknown>>[],
  more: { onConflict?: OnConflict; returning?: readonly string[] } = {},
): Write {
  const columns = Object.keys(rows[0] ?? {}).map((name) => column(table, name));
  return {
    kind: 'insert',
    table,
    columns,
    rows: rows.map((row) => columns.map((each) => cell(each, row[each.name]))),
    onConflict: more.onConflict ?? null,
    returning: (more.returning ?? []).map((name) => column(table, name)),
  };
}

test('every type is stored as its column would store it, and read back', async () => {
  const made =
    await fixture(`create table t (id INTEGER PRIMARY KEY, b BOOLEAN, s SMALLINT, i INTEGER, g BIGINT, n DECIMAL(12,2),
    f DOUBLE, x TEXT, u UUID, d DATE, h TIME, m TIMESTAMP, z TIMESTAMPTZ, j JSON, y BLOB)`);
  const table = made.table('t');
  const row = {
    id: 1,
    b: true,
    s: -5,
    i: 2147483647,
    g: '9007199254740993',
    n: '12.50',
    f: 1e-20,
    x: "it's \\ %",
    u: '6F9619FF-8B86-D011-B42D-00C04FC964FF',
    d: '2024-02-29',
    h: '23:59:59.5',
    m: '2024-02-29T23:59:59.5',
    z: '2024-03-01T01:00:00+02:00',
    j: { a: [1, null, 'x'] },
    y: 'AP8=',
  };
  const result = await write(made, insert(table, [row], { returning: ['id', 'g', 'y'] }));
  expect(result).toMatchObject({ affected: 1, rows: [[1, 9007199254740993n, 'AP8=']] });
  const stored = await say(made.connector, 'select b, s, i, g, n, f, x, u, d, h, m, z, j, hex(y) from t');
  expect(stored.rows).toEqual([
    [
      1,
      -5,
      2147483647,
      9007199254740993n,
      12.5,
      1e-20,
      "it's \\ %",
      '6f9619ff-8b86-d011-b42d-00c04fc964ff',
      '2024-02-29',
      '23:59:59.5',
      '2024-02-29 23:59:59.5',
      '2024-02-29 23:00:00',
      '{"a":[1,null,"x"]}',
      '00FF',
    ],
  ]);
});

test('a decimal that a float cannot hold is refused, not changed', async () => {
  const made = await fixture('create table t (n NUMERIC)');
  const put = (value: string) => write(made, insert(made.table('t'), [{ n: value }]));
  for (const value of [
    '0.1',
    '-0',
    '9223372036854775807',
    '123456789012345.6',
    '0012.50',
    '1000000000000000000000',
  ])
    expect((await put(value)).affected).toBe(1);
  for (const value of ['12345678901234567890.12', '0.12345678901234567890', '9223372036854775809'])
    await expect(put(value)).rejects.toMatchObject({
      code: 'data-exception',
    });
  expect((await say(made.connector, 'select count(*) from t')).rows).toEqual([[6]]);
});

test('rows without values take all defaults', async () => {
  const made = await fixture("create table t (id INTEGER PRIMARY KEY, v TEXT default 'd')");
  await write(made, { ...insert(made.table('t'), []), rows: [[]] } as Write);
  expect((await say(made.connector, 'select id, v from t')).rows).toEqual([[1, 'd']]);
});

describe('upsert', () => {
  const setup = () =>
    fixture(
      `create table t (id INTEGER PRIMARY KEY, code TEXT unique, n INTEGER); insert into t values (1, 'a', 1), (2, 'b', 2)`,
    );

  test('updates, leaves alone, or updates some', async () => {
    const made = await setup();
    const table = made.table('t');
    const key = table.keys.find(({ name }) => name === 't_code_key')!;
    const [code, n] = ['code', 'n'].map((name) => column(table, name)) as [Column, Column];
    const rows = [
      { code: 'a', n: 10 },
      { code: 'c', n: 30 },
    ];
    const updated = await write(
      made,
      insert(table, rows, { onConflict: { key, update: [n], where: null }, returning: ['id', 'n'] }),
    );
    expect(updated).toMatchObject({
      affected: 2,
      rows: [
        [1, 10],
        [3, 30],
      ],
    });
    const ignored = await write(
      made,
      insert(table, rows, { onConflict: { key, update: [], where: null }, returning: ['id'] }),
    );
    expect(ignored).toMatchObject({ affected: 0, rows: [] });
    const where: Predicate = { kind: 'compare', column: n, op: '_lt', value: constant(5, n.type) };
    const some = await write(
      made,
      insert(
        table,
        [
          { code: 'a', n: 99 },
          { code: 'b', n: 99 },
        ],
        { onConflict: { key, update: [n], where }, returning: ['id'] },
      ),
    );
    expect(some).toMatchObject({ affected: 1, rows: [[2]] });
    const any = await write(
      made,
      insert(table, [{ code: 'a', n: 7 }], { onConflict: { key: null, update: [], where: null } }),
    );
    expect(any.affected).toBe(0);
    expect((await say(made.connector, 'select code, n from t order by id')).rows).toEqual([
      ['a', 10],
      ['b', 99],
      ['c', 30],
    ]);
    expect(code.nullable).toBe(true);
  });
});

describe('JSON', () => {
  let made: Fixture;
  beforeAll(async () => {
    made = await fixture('create table t (j JSONB)');
  });
  const update = async (stored: string, kind: Exclude<Assignment['kind'], 'set'>, value: unknown) => {
    const table = made.table('t');
    const j = column(table, 'j');
    await say(made.connector, 'delete from t');
    await say(made.connector, 'insert into t values (?)', [stored]);
    await write(made, {
      kind: 'update',
      table,
      set: [{ kind, column: j, value: constant(value, j.type) } as Assignment],
      where: { kind: 'and', of: [] },
      returning: [],
    });
    return (await say(made.connector, 'select cast(j as text) from t')).rows[0]![0];
  };

  test.each([
    ['{"a":1,"b":{"x":1}}', 'append', { b: { y: 2 }, c: null }, '{"a":1,"b":{"y":2},"c":null}'],
    ['{"a":12345678901234567890.10}', 'append', { b: 1 }, '{"a":12345678901234567890.10,"b":1}'],
    ['{"a":1}', 'prepend', { a: 2, b: 3 }, '{"a":1,"b":3}'],
    ['[1, {"a": "],["}]', 'append', [2], '[1,{"a": "],["},2]'],
    ['[1]', 'append', { a: 1 }, '[1,{"a":1}]'],
    ['[1]', 'prepend', 'x', '["x",1]'],
    ['{"a":1}', 'append', 5, '[{"a":1},5]'],
    ['1', 'append', 2, '[1,2]'],
    ['[]', 'append', [], '[]'],
    ['{"a":1,"b\\"c":2}', 'delete_key', 'b"c', '{"a":1}'],
    ['["a","b",{"a":1},"a"]', 'delete_key', 'a', '["b",{"a":1}]'],
    ['[1,2,3]', 'delete_elem', 1, '[1,3]'],
    ['[1,2,3]', 'delete_elem', -1, '[1,2]'],
    ['[1,2,3]', 'delete_elem', 7, '[1,2,3]'],
    ['{"a":[1,{"b":2,"c":3}]}', 'delete_at_path', ['a', '1', 'b'], '{"a":[1,{"c":3}]}'],
    ['{"a":[1,2]}', 'delete_at_path', ['a', '-1'], '{"a":[1]}'],
    ['{"a":1}', 'delete_at_path', ['x', 'y'], '{"a":1}'],
    ['{"0":1}', 'delete_at_path', ['0'], '{}'],
    ['{"a":1}', 'delete_at_path', [], '{"a":1}'],
  ] as const)('%s %s %j', async (stored, kind, value, expected) => {
    expect(await update(stored, kind, value)).toBe(expected);
  });

  test.each([
    ['5', 'delete_key', 'a'],
    ['{"a":1}', 'delete_elem', 0],
    ['"x"', 'delete_at_path', ['a']],
    ['[1]', 'delete_at_path', ['a']],
    ['no json', 'append', {}],
  ] as const)('%s %s %j is refused', async (stored, kind, value) => {
    await expect(update(stored, kind, value)).rejects.toMatchObject({ code: 'data-exception' });
  });

  test('paths lead into objects and arrays', async () => {
    const made = await fixture(`create table t (j JSON);
      insert into t values ('{"a":{"0":"key","k\\"q":[10,{"x":null}]},"list":["zero"]}'), (jsonb('{"list":["binary"]}')), (null);`);
    const table = made.table('t');
    const j = column(table, 'j');
    const at = async (...jsonPath: string[]) => {
      const select = {
        table,
        where: { kind: 'and', of: [] } as const,
        orderBy: [],
        distinctOn: [],
        limit: null,
        offset: null,
        fields: [{ kind: 'column', key: 'v', column: j, jsonPath } as const],
      };
      const flat = await run(made.connector, made.connector.compileFetch({ kind: 'rows', select }));
      const nested = await run(
        made.connector,
        made.connector.compileFetch({ kind: 'roots', roots: [{ kind: 'list', key: 'r', select }] }),
      );
      const values = flat.rows.map(([value]) => value);
      expect(nested.rows[0]![0]).toBe(`[${values.map((value) => `{"v":${value ?? 'null'}}`)}]`);
      return values;
    };
    expect(await at('a', '0')).toEqual(['"key"', null, null]);
    expect(await at('list', '0')).toEqual(['"zero"', '"binary"', null]);
    expect(await at('list', '-1')).toEqual(['"zero"', '"binary"', null]);
    expect(await at('a', 'k"q', '1', 'x')).toEqual(['null', null, null]);
    expect(await at('a', 'k"q', '1')).toEqual(['{"x":null}', null, null]);
    expect(await at("'; drop table t; --")).toEqual([null, null, null]);
  });
});

describe('what the database refuses', () => {
  let made: Fixture;
  beforeAll(async () => {
    made =
      await fixture(`create table p (id INTEGER PRIMARY KEY, code TEXT not null constraint p_code unique, n INTEGER constraint positive check (n > 0),
        m INTEGER check (m < 100), a TEXT, b TEXT, unique (a, b));
      create table c (id INTEGER PRIMARY KEY, p INTEGER references p (id));
      create table strict_one (n INT) strict;
      create table two (a TEXT, b TEXT, primary key (a, b)) without rowid;
      create trigger no_two before insert on two when new.a = 'no' begin select raise(abort, 'a secret of the trigger'); end;
      insert into p (id, code, a, b) values (1, 'x', 'a', 'b'); insert into c values (1, 1); insert into two values ('a', 'b');`);
  });

  test.each([
    [
      "insert into p (code) values ('x')",
      'constraint-violation',
      { kind: 'unique', table: 'p', columns: ['code'], constraint: 'p_code' },
    ],
    [
      "insert into p (code, a, b) values ('y', 'a', 'b')",
      'constraint-violation',
      { kind: 'unique', columns: ['a', 'b'], constraint: 'p_a_b_key' },
    ],
    [
      "insert into p (id, code) values (1, 'y')",
      'constraint-violation',
      { kind: 'primary key', columns: ['id'], constraint: 'p_pkey' },
    ],
    [
      "insert into two values ('a', 'b')",
      'constraint-violation',
      { kind: 'primary key', columns: ['a', 'b'], constraint: 'two_pkey' },
    ],
    [
      'insert into p (code) values (null)',
      'constraint-violation',
      { kind: 'not null', table: 'p', columns: ['code'] },
    ],
    [
      "insert into p (code, n) values ('y', 0)",
      'constraint-violation',
      { kind: 'check', constraint: 'positive' },
    ],
    ["insert into p (code, m) values ('y', 100)", 'constraint-violation', { kind: 'check' }],
    ['insert into c values (2, 99)', 'constraint-violation', { kind: 'foreign key' }],
    ['delete from p', 'constraint-violation', { kind: 'foreign key' }],
    ["insert into two values ('no', 'x')", 'constraint-violation', { kind: 'trigger' }],
    [
      "insert into strict_one values ('x')",
      'data-exception',
      { kind: 'type', table: 'strict_one', columns: ['n'] },
    ],
    ["insert into p (id, code) values ('abc', 'y')", 'data-exception', undefined],
    ['select sum(x) from (select 9223372036854775807 as x union all select 1)', 'data-exception', undefined],
    ["select json('{')", 'data-exception', undefined],
    ['select * from gone', 'not-found', undefined],
    ['select gone from p', 'not-found', undefined],
    ['insert into p (gone) values (1)', 'not-found', undefined],
    ['selec 1', 'unexpected', undefined],
  ])('%s', async (text, code, details) => {
    const error = await say(made.connector, text).then(
      () => undefined,
      (thrown: FozError) => thrown,
    );
    expect(error).toMatchObject({ code, ...(details === undefined ? {} : { details }) });
    expect(error?.internal).toBeTruthy();
    expect(error?.message).not.toMatch(/secret|gone|'x'|abc|foz-test/);
    if (code === 'not-found') expect(error?.message).toContain('refresh the source');
    expect((await say(made.connector, 'select count(*) from p')).rows).toEqual([[1]]);
  });

  test('a statement with too many values', async () => {
    const values = Array.from({ length: 33_000 }, () => 1);
    await expect(
      say(made.connector, `select ${values.map(() => '?').join('+')}`, values),
    ).rejects.toMatchObject({ code: 'limit-exceeded' });
  });

  test('a text longer than SQLite can keep', async () => {
    await expect(say(made.connector, 'select length(zeroblob(2000000000))')).rejects.toMatchObject({
      code: 'limit-exceeded',
    });
  });

  test('a disk that is full: nothing is written, and the next statement works', async () => {
    const full = await fixture('create table t (v TEXT); insert into t values (1)');
    await expect(
      full.connector.transaction(
        'write',
        { signal: new AbortController().signal, timeoutMs: null },
        async (runner) => {
          await say(runner, 'pragma max_page_count = 3');
          await say(runner, 'insert into t values (?)', ['x'.repeat(100_000)]);
        },
      ),
    ).rejects.toMatchObject({ code: 'unavailable' });
    expect((await say(full.connector, 'select count(*) from t')).rows).toEqual([[1]]);
    await say(full.connector, 'delete from t');
    expect((await say(full.connector, 'select count(*) from t')).rows).toEqual([[0]]);
  });
});
