import { type Operator, operators } from '../../../src/catalog/index.ts';
import { FozError } from '../../../src/core/index.ts';
import type { Predicate } from '../../../src/plan/index.ts';
import { render, sql } from '../../../src/sql/index.ts';
import { ask, cleanUp, constant, dialect, type Fixture, fixture, idsWhere, say, script } from './support.ts';

afterAll(cleanUp);

type Compared = Exclude<Operator, '_is_null' | '_between'>;
const lists: readonly string[] = ['_in', '_nin', '_has_keys_any', '_has_keys_all'];

function condition(made: Fixture, column: string, op: string, value: unknown): Predicate {
  const found = made.table('t').column.get(column)!;
  const { operand } = operators[op as Operator];
  const type =
    operand === 'text' || operand === 'text list' ? ({ scalar: 'text', array: false } as const) : found.type;
  const shape = lists.includes(op) ? 'list' : 'value';
  return { kind: 'compare', column: found, op: op as Compared, value: constant(value, type, { shape }) };
}

const ids = (made: Fixture, column: string, op: string, value: unknown) =>
  idsWhere(made, made.table('t'), condition(made, column, op, value));

describe('text', () => {
  let made: Fixture;
  const texts = [
    'apple',
    'Apple',
    'ÄPFEL',
    'a%b',
    'a_b',
    'a*b',
    'a?b',
    'a[b',
    'a]b',
    'a\\b',
    "it's",
    '',
    'a\nb',
    '😀x',
  ];
  beforeAll(async () => {
    made = await fixture('create table t (id INTEGER PRIMARY KEY, v TEXT)');
    for (const [index, text] of texts.entries()) {
      await say(made.connector, 'insert into t values (?, ?)', [index, text]);
    }
    await say(made.connector, 'insert into t values (99, null)');
  });
  const found = async (op: string, value: unknown) =>
    (await ids(made, 'v', op, value)).map((id) => texts[id] ?? null);

  test.each([
    ['_eq', 'apple', ['apple']],
    ['_neq', 'apple', texts.filter((text) => text !== 'apple')],
    ['_is_distinct_from', 'apple', [...texts.filter((text) => text !== 'apple'), null]],
    ['_in', ['apple', "it's", 'nothing'], ['apple', "it's"]],
    ['_nin', texts.slice(1), ['apple']],
    ['_in', [], []],
    ['_nin', [], [...texts, null]],
    ['_like', 'a%', ['apple', 'a%b', 'a_b', 'a*b', 'a?b', 'a[b', 'a]b', 'a\\b', 'a\nb']],
    ['_like', 'A%', ['Apple']],
    ['_like', 'a\\%b', ['a%b']],
    ['_like', 'a\\_b', ['a_b']],
    ['_like', 'a\\\\b', ['a\\b']],
    ['_like', 'a*b', ['a*b']],
    ['_like', 'a?b', ['a?b']],
    ['_like', 'a[b', ['a[b']],
    ['_like', 'a]b', ['a]b']],
    ['_like', '_x', ['😀x']],
    ['_like', 'a_b', ['a%b', 'a_b', 'a*b', 'a?b', 'a[b', 'a]b', 'a\\b', 'a\nb']],
    ['_nlike', '%', []],
    ['_ilike', 'APP%', ['apple', 'Apple']],
    ['_ilike', 'äp%', ['ÄPFEL']],
    ['_nilike', '%', []],
    ['_contains', 'pp', ['apple', 'Apple']],
    ['_contains', 'PP', []],
    ['_contains', '%', ['a%b']],
    ['_contains', '', texts],
    ['_icontains', 'PP', ['apple', 'Apple']],
    ['_icontains', 'äPF', ['ÄPFEL']],
    ['_starts_with', 'a*', ['a*b']],
    ['_starts_with', 'A', ['Apple']],
    ['_istarts_with', 'AP', ['apple', 'Apple']],
    ['_ends_with', '?b', ['a?b']],
    ['_ends_with', 'E', []],
    ['_iends_with', 'PLE', ['apple', 'Apple']],
    ['_regex', '^a.b$', ['a%b', 'a_b', 'a*b', 'a?b', 'a[b', 'a]b', 'a\\b', 'a\nb']],
    ['_nregex', '^a', ['Apple', 'ÄPFEL', "it's", '', '😀x']],
    ['_iregex', '^äp', ['ÄPFEL']],
    ['_niregex', '.', ['']],
  ])('%s %j', async (op, value, expected) => {
    expect(await found(op, value)).toEqual(expected);
  });

  test.each([
    ['_like', 'ends with \\'],
    ['_regex', '(unclosed'],
    ['_regex', '(a)\\1'],
    ['_eq', 'nul \0'],
    ['_eq', 'half \ud800'],
    ['_like', `%${'a%'.repeat(60_000)}`],
  ])('%s refuses what makes no sense as data', async (op, value) => {
    await expect(ids(made, 'v', op, value)).rejects.toMatchObject({ code: 'data-exception' });
    await expect(ids(made, 'v', op, value)).rejects.toBeInstanceOf(FozError);
  });

  test('a pattern that would run for ever elsewhere is answered at once', async () => {
    const started = Date.now();
    await say(made.connector, 'insert into t values (100, ?)', [`${'a'.repeat(3000)}!`]);
    expect(await ids(made, 'v', '_regex', '^(a+)+$')).toEqual([]);
    await say(made.connector, 'delete from t where id = 100');
    expect(Date.now() - started).toBeLessThan(3000);
  });
});

const samples: Readonly<
  Record<
    string,
    { declared: string; rows: readonly string[]; expected: readonly (readonly [string, unknown, number[]])[] }
  >
> = {
  boolean: {
    declared: 'BOOLEAN',
    rows: ['1', '0', "'true'", "'false'", 'null'],
    expected: [
      ['_eq', true, [1, 3]],
      ['_neq', true, [2, 4]],
      ['_in', [true], [1, 3]],
      ['_in', [true, false], [1, 2, 3, 4]],
      ['_is_distinct_from', true, [2, 4, 5]],
    ],
  },
  int: {
    declared: 'INTEGER',
    rows: ['1', '2', '3000000000', 'null'],
    expected: [
      ['_eq', 2, [2]],
      ['_gt', 1, [2, 3]],
      ['_in', [1, 2], [1, 2]],
      ['_nin', [1], [2, 3]],
    ],
  },
  bigint: {
    declared: 'BIGINT',
    rows: ['9223372036854775807', '9223372036854775806', '9007199254740993', '-9223372036854775808'],
    expected: [
      ['_eq', '9223372036854775807', [1]],
      ['_eq', '9007199254740992', []],
      ['_lt', '9223372036854775807', [2, 3, 4]],
      ['_in', ['9223372036854775806', '-9223372036854775808'], [2, 4]],
      ['_in', ['9007199254740992'], []],
    ],
  },
  numeric: {
    declared: 'DECIMAL(10,2)',
    rows: ['12.5', '12', '0.1 + 0.2', '-3.25'],
    expected: [
      ['_eq', '12.50', [1]],
      ['_eq', '12.00', [2]],
      ['_gte', '12', [1, 2]],
      ['_in', ['12.50', '-3.25', '0012'], [1, 2, 4]],
    ],
  },
  float: {
    declared: 'DOUBLE',
    rows: ['0.1', '2', '1e-20', '9e999'],
    expected: [
      ['_eq', 0.1, [1]],
      ['_eq', 1e-20, [3]],
      ['_gt', 1, [2, 4]],
      ['_in', [0.1, 1e-20], [1, 3]],
    ],
  },
  uuid: {
    declared: 'UUID',
    rows: [
      "'6f9619ff-8b86-d011-b42d-00c04fc964ff'",
      "'6F9619FF-8B86-D011-B42D-00C04FC964FF'",
      "x'6f9619ff8b86d011b42d00c04fc964ff'",
      "'00000000-0000-0000-0000-000000000001'",
    ],
    expected: [
      ['_eq', '6f9619ff-8b86-d011-b42d-00c04fc964ff', [1, 2, 3]],
      ['_neq', '6f9619ff-8b86-d011-b42d-00c04fc964ff', [4]],
      ['_in', ['6f9619ff-8b86-d011-b42d-00c04fc964ff'], [1, 2, 3]],
      ['_nin', ['6f9619ff-8b86-d011-b42d-00c04fc964ff'], [4]],
      ['_is_distinct_from', '00000000-0000-0000-0000-000000000001', [1, 2, 3]],
    ],
  },
  date: {
    declared: 'DATE',
    rows: ["'2024-02-29'", "'2024-03-01'", 'null'],
    expected: [
      ['_eq', '2024-02-29', [1]],
      ['_gt', '2024-02-29', [2]],
      ['_in', ['2024-03-01'], [2]],
    ],
  },
  timestamp: {
    declared: 'TIMESTAMP',
    rows: [
      "'2024-02-29 12:00:00'",
      "'2024-02-29T12:00:00'",
      "'2024-02-29 12:00:00.000'",
      "'2024-02-29T12:00:00.500Z'",
      "'2024-02-29 13:00:00'",
      "'2024-02-28T23:00:00'",
      'null',
    ],
    expected: [
      ['_eq', '2024-02-29T12:00:00', [1, 2, 3]],
      ['_neq', '2024-02-29T12:00:00', [4, 5, 6]],
      ['_gt', '2024-02-29T12:00:00', [4, 5]],
      ['_gte', '2024-02-29T12:00:00', [1, 2, 3, 4, 5]],
      ['_lt', '2024-02-29T12:00:00', [6]],
      ['_lte', '2024-02-29T12:00:00', [1, 2, 3, 6]],
      ['_in', ['2024-02-29T12:00:00', '2024-02-29T12:00:00.5'], [1, 2, 3, 4]],
      ['_is_distinct_from', '2024-02-29T12:00:00', [4, 5, 6, 7]],
    ],
  },
  timestamptz: {
    declared: 'TIMESTAMPTZ',
    rows: [
      "'2024-02-29 23:30:00'",
      "'2024-03-01T01:30:00+02:00'",
      "'2024-02-29T23:30:00Z'",
      "'2024-02-29 23:31:00'",
    ],
    expected: [
      ['_eq', '2024-02-29T23:30:00+00:00', [1, 2, 3]],
      ['_eq', '2024-03-01T00:30:00+01:00', [1, 2, 3]],
      ['_gt', '2024-02-29T23:30:00+00:00', [4]],
      ['_lte', '2024-02-29T23:30:00Z', [1, 2, 3]],
    ],
  },
  epoch: {
    declared: 'DATETIME',
    rows: ['1709208000000', '1709208000500', '1709211600000'],
    expected: [
      ['_eq', '2024-02-29T12:00:00', [1]],
      ['_gt', '2024-02-29T12:00:00', [2, 3]],
      ['_lte', '2024-02-29T12:00:00.5', [1, 2]],
      ['_in', ['2024-02-29T13:00:00'], [3]],
    ],
  },
  bytea: {
    declared: 'BLOB',
    rows: ["x'00ff'", "x''", 'null'],
    expected: [
      ['_eq', 'AP8=', [1]],
      ['_neq', 'AP8=', [2]],
      ['_in', ['AP8=', ''], [1, 2]],
    ],
  },
  json: {
    declared: 'JSON',
    rows: [
      `'{"a": 1, "b": [1, 2, {"c": "x"}], "k": null}'`,
      `'["a", "b", 3]'`,
      `'"a"'`,
      `'{"b":[1,2,{"c":"x"}],"k":null,"a":1.0}'`,
      `jsonb('{"a": {"deep": true}}')`,
      'null',
    ],
    expected: [
      ['_eq', { k: null, a: 1, b: [1, 2, { c: 'x' }] }, [1, 4]],
      ['_neq', 'a', [1, 2, 4, 5]],
      ['_contains', { b: [{ c: 'x' }] }, [1, 4]],
      ['_contains', { a: { deep: true } }, [5]],
      ['_contains', 'a', [2, 3]],
      ['_contains', [3], [2]],
      ['_contained_in', ['a', 'b', 'c', 3], [2, 3]],
      ['_has_key', 'a', [1, 2, 3, 4, 5]],
      ['_has_key', 'k', [1, 4]],
      ['_has_keys_any', ['k', 'b'], [1, 2, 4]],
      ['_has_keys_all', ['a', 'b'], [1, 2, 4]],
      ['_has_keys_all', [], [1, 2, 3, 4, 5]],
    ],
  },
  opaque: {
    declared: '',
    rows: ["'5'", '5', "'five'", '2.5', 'null'],
    expected: [
      ['_eq', '5', [1, 2]],
      ['_neq', '5', [3, 4]],
      ['_eq', '2.5', [4]],
      ['_in', ['five', '5'], [1, 2, 3]],
      ['_is_distinct_from', '5', [3, 4, 5]],
    ],
  },
};

describe.each(Object.entries(samples))('%s', (_, { declared, rows, expected }) => {
  test('finds values however they are stored', async () => {
    const values = rows.map((row, index) => `(${index + 1}, ${row})`);
    const made = await fixture(
      `create table t (id INTEGER PRIMARY KEY, v ${declared}); insert into t values ${values.join(', ')};`,
    );
    for (const [op, value, found] of expected) {
      expect([op, value, await ids(made, 'v', op, value)]).toEqual([op, value, found]);
    }
  });
});

describe('keys', () => {
  test('tuples are matched whatever their types; NULL matches nothing', async () => {
    const made =
      await fixture(`create table t (id INTEGER PRIMARY KEY, a TEXT, b BIGINT, c BLOB, d UUID, e BOOLEAN);
      insert into t values (1, 'x', 9007199254740993, x'00ff', '6f9619ff-8b86-d011-b42d-00c04fc964ff', 1),
        (2, 'x', 9007199254740992, x'00ff', '6f9619ff-8b86-d011-b42d-00c04fc964ff', 0), (3, null, null, null, null, null);`);
    const table = made.table('t');
    const columns = ['a', 'b', 'c', 'd', 'e'].map((name) => table.column.get(name)!);
    const tuple = ['x', '9007199254740993', 'AP8=', '6f9619ff-8b86-d011-b42d-00c04fc964ff', true];
    const keys = constant(
      [tuple, [null, null, null, null, null], ['x', '1', '', '', false]],
      columns[0]!.type,
      {
        shape: 'keys',
        keyTypes: columns.map((column) => column.type),
      },
    );
    expect(await idsWhere(made, table, { kind: 'in keys', columns, keys })).toEqual([1]);
    const single = constant([['9007199254740992'], [null]], columns[1]!.type, {
      shape: 'keys',
      keyTypes: [columns[1]!.type],
    });
    expect(await idsWhere(made, table, { kind: 'in keys', columns: [columns[1]!], keys: single })).toEqual([
      2,
    ]);
    const rows = await ask(
      made.connector,
      sql`select k.i, t.id from ${dialect.keyRows(keys, sql`k`)} join t on t.a = k.k0 and t.b = k.k1 and t.c = k.k2 and t.d = k.k3 and t.e = k.k4`,
    );
    expect(rows).toEqual([[0, 1]]);
    const none = { ...keys, source: { kind: 'constant', value: [] } as const };
    expect(await idsWhere(made, table, { kind: 'in keys', columns, keys: none })).toEqual([]);
  });

  test('ranks carry their rank', async () => {
    const made = await fixture('create table t (id INTEGER PRIMARY KEY)');
    const type = made.table('t').column.get('id')!.type;
    const ranks = constant(
      [
        [5, 2],
        [6, null],
        [7, 1],
      ],
      type,
      { shape: 'ranks', keyTypes: [type] },
    );
    expect(
      await ask(made.connector, sql`select i, k0, r from ${dialect.keyRows(ranks, sql`k`)} order by i`),
    ).toEqual([
      [0, 5, 2],
      [1, 6, null],
      [2, 7, 1],
    ]);
  });
});

describe('indexes stay usable', () => {
  let made: Fixture;
  beforeAll(async () => {
    made =
      await fixture(`create table t (id INTEGER PRIMARY KEY, v TEXT, n BIGINT, d DECIMAL(10,2), u UUID, b BOOLEAN, c TIMESTAMP, x BLOB);
      create index i_v on t(v); create index i_n on t(n); create index i_d on t(d); create index i_u on t(u);
      create index i_b on t(b); create index i_c on t(c); create index i_x on t(x); create index i_nv on t(n, v);`);
  });

  const planOf = async (column: string, op: string, value: unknown) => {
    const found = made.table('t').column.get(column)!;
    const param = constant(value, found.type, { shape: lists.includes(op) ? 'list' : 'value' });
    const name = dialect.name(column);
    const spelled =
      op === '_in'
        ? dialect.inList(name, found.type, param)
        : dialect.compare(name, found.type, op as '_eq', param);
    const { text } = render(sql`explain query plan select id from t where ${spelled}`, dialect.placeholder);
    const count = text.split('?').length - 1;
    const { rows } = await say(
      made.connector,
      text,
      Array.from({ length: count }, () => null),
    );
    return rows.map((row) => String(row[3])).join('\n');
  };

  test.each([
    ['v', '_eq', 'x'],
    ['v', '_in', ['x']],
    ['n', '_eq', '1'],
    ['n', '_in', ['1']],
    ['n', '_gt', '1'],
    ['d', '_eq', '1.00'],
    ['d', '_in', ['1.00']],
    ['u', '_eq', '6f9619ff-8b86-d011-b42d-00c04fc964ff'],
    ['u', '_in', ['6f9619ff-8b86-d011-b42d-00c04fc964ff']],
    ['b', '_eq', true],
    ['c', '_eq', '2024-01-01T00:00:00'],
    ['c', '_in', ['2024-01-01T00:00:00']],
    ['c', '_gt', '2024-01-01T00:00:00'],
    ['c', '_lte', '2024-01-01T00:00:00'],
    ['x', '_in', ['AA==']],
  ])('%s %s', async (column, op, value) => {
    expect(await planOf(column, op, value)).toMatch(/SEARCH t USING (COVERING )?INDEX/);
  });

  test('for tuples of keys, and for joins with them', async () => {
    const columns = ['n', 'v'].map((name) => made.table('t').column.get(name)!);
    const keys = constant([['1', 'x']], columns[0]!.type, {
      shape: 'keys',
      keyTypes: columns.map(({ type }) => type),
    });
    const tuples = dialect.inKeys(
      columns.map(({ name }) => dialect.name(name)),
      keys,
    );
    const plan = async (text: string) =>
      (await say(made.connector, text, ['[]'])).rows.map((row) => String(row[3])).join('\n');
    const where = render(sql`explain query plan select id from t where ${tuples}`, dialect.placeholder);
    expect(await plan(where.text)).toMatch(/SEARCH t USING (COVERING )?INDEX/);
    const join = render(
      sql`explain query plan select k.i from ${dialect.keyRows(keys, sql`k`)} join t on t.n = k.k0 and t.v = k.k1`,
      dialect.placeholder,
    );
    expect(await plan(join.text)).toMatch(/SEARCH t USING (COVERING )?INDEX/);
  });
});

/** Whether the text "kept" passes a comparison with `text` by code points. No hostile text equals it or is a part of it. */
function passes(op: string, text: string): boolean {
  if (op === '_gt' || op === '_gte') return 'kept' > text;
  if (op === '_lt' || op === '_lte') return 'kept' < text;
  return /^_n|distinct/.test(op);
}

test('ranges of moments hold whatever the spelling', async () => {
  const made = await fixture(`create table t (id INTEGER PRIMARY KEY, v TIMESTAMP);
    insert into t values (1, '2024-02-29 12:00:00'), (2, '2024-02-29T12:00:00Z'), (3, '2024-02-29T13:00:00.000'), (4, '2024-02-28T12:00:00');`);
  const table = made.table('t');
  const column = table.column.get('v')!;
  const moment = (value: string) => constant(value, column.type);
  const between = (low: string, high: string) =>
    idsWhere(made, table, { kind: 'between', column, low: moment(low), high: moment(high) });
  expect(await between('2024-02-29T12:00:00', '2024-02-29T13:00:00')).toEqual([1, 2, 3]);
  expect(await between('2024-02-28T12:00:00', '2024-02-29T12:00:00')).toEqual([1, 2, 4]);
});

test('every operator treats hostile text as a value', async () => {
  const made = await fixture(`create table t (id INTEGER PRIMARY KEY, v TEXT, j JSON, o WHATEVER);
    insert into t values (1, 'kept', '{"kept": true}', 'kept');`);
  const hostile = [
    `'; drop table t; --`,
    `" or 1=1 --`,
    `') or ('1'='1`,
    `]}'); delete from t; --`,
    '?1 ?2 $1 :name @name',
    '`"[]`',
    "\\'; drop table t; --",
    '$."a"; drop',
  ];
  const families = { v: 'text', j: 'json', o: 'opaque' } as const;
  for (const [column, family] of Object.entries(families)) {
    for (const [op, facts] of Object.entries(operators)) {
      if (
        !(facts.families as readonly string[]).includes(family) ||
        !dialect.capabilities.operators.has(op as Operator)
      )
        continue;
      if (op === '_is_null' || op === '_between') continue;
      for (const text of hostile) {
        const value = lists.includes(op) ? [text] : text;
        const passed = await ids(made, column, op, value).catch((error: FozError) => error.code);
        if (passed !== 'data-exception') {
          expect([op, text, passed]).toEqual([op, text, passes(op, text) ? [1] : []]);
        }
      }
    }
  }
  expect((await say(made.connector, 'select count(*) from t')).rows).toEqual([[1]]);
});

test('names with every kind of sign are names', async () => {
  const nasty = [
    'a "quoted"',
    'back`tick',
    '[bracket]',
    'question?mark',
    "apo'strophe",
    'dollar $1',
    'ünïcödé 😀',
    'select',
    'semi;colon--',
    'back\\slash',
  ];
  const quote = (name: string) => `"${name.replaceAll('"', '""')}"`;
  const made = await fixture(
    nasty
      .map(
        (name) =>
          `create table ${quote(name)} (id INTEGER PRIMARY KEY, ${quote(name)} TEXT); insert into ${quote(name)} values (1, 'v');`,
      )
      .join('\n'),
  );
  expect(made.facts.tables.map(({ name }) => name)).toEqual(nasty);
  for (const name of nasty) {
    const table = made.table(name);
    const column = table.column.get(name)!;
    const where: Predicate = { kind: 'compare', column, op: '_eq', value: constant('v', column.type) };
    expect(await idsWhere(made, table, where)).toEqual([1]);
    expect(await idsWhere(made, table, { ...where, value: constant(`${name}'"`, column.type) })).toEqual([]);
  }
  script(made.file, 'select 1');
});
