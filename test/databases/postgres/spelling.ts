import type { Key, SourceFacts, ValueType } from '../../../src/catalog/index.ts';
import { type AggregateFunction, aggregates, aggregateType } from '../../../src/catalog/index.ts';
import { ansi, type Sql, sql } from '../../../src/sql/index.ts';
import { constant, dialect, everything, type Fixture, rowsOf, tableOf } from './support.ts';

const script = `
create type mood as enum ('sad', 'ok', 'happy');
create table things (
  id int primary key, s varchar(40), f char(6), n int, small smallint, b bigint, d numeric(10,2), r real, x float8, u uuid, day date, at timestamp, tz timestamptz,
  m mood, j json, jb jsonb, tags text[], ip inet, ok boolean, by bytea, unique (s, n)
);
insert into things values
  (1, 'Alpha 50% off', 'ab', 1, 1, 1, 1.50, 1.5, 0.5, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '2024-02-29', '2024-02-29 13:45:10', '2024-02-29 23:30:00+02', 'sad', '{"a":1}', '{"a":1,"b":[1,2]}', '{x,y}', '10.0.0.1', true, '\\x00ff'),
  (2, 'beta_x', 'cd', 2, 2, 2, 2.50, 0.1, 1.5, null, '2024-12-31', '2024-12-31 00:00:00', '2024-12-31 00:00:00+00', 'happy', '{"b":2}', '{"c":null}', '{}', '10.0.0.0/24', false, '\\x41'),
  (3, 'gamma\\ray', null, 3, 3, 9223372036854775807, null, null, null, null, null, null, null, null, null, null, null, null, null, null),
  (4, 'ALPHA', null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null);
`;

/** Tests of the dialect's SQL for operators, keys, orders, aggregates and writes, run on a server. */
export function describeSpelling(open: () => Promise<Fixture>): void {
  let fixture: Fixture;
  let facts: SourceFacts;
  const table = () => tableOf(facts, 'things');
  const type = (name: string) => table().column.get(name)!.type;
  const name = (text: string) => dialect.name(text);
  const text: ValueType = { scalar: 'text', array: false };

  beforeAll(async () => {
    fixture = await open();
    await fixture.script(script);
    facts = await fixture.connector.introspect(everything, new AbortController().signal);
  });
  afterAll(() => fixture.drop());

  const ids = async (condition: Sql) =>
    (
      await rowsOf(
        fixture.connector,
        sql`select id from ${dialect.table(table())} where ${condition} order by id`,
      )
    ).map(([id]) => Number(id));

  test.each([
    ['s', '_eq', 'beta_x', [2]],
    ['s', '_neq', 'beta_x', [1, 3, 4]],
    ['n', '_gt', 1, [2, 3]],
    ['n', '_gte', 2, [2, 3]],
    ['n', '_lt', 2, [1]],
    ['n', '_lte', 2, [1, 2]],
    ['n', '_is_distinct_from', 1, [2, 3, 4]],
    ['b', '_eq', '9223372036854775807', [3]],
    ['d', '_eq', '1.5', [1]],
    ['x', '_gt', 0.75, [2]],
    ['u', '_eq', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', [1]],
    ['day', '_gte', '2024-03-01', [2]],
    ['at', '_eq', '2024-02-29T13:45:10', [1]],
    ['tz', '_eq', '2024-02-29T21:30:00Z', [1]],
    ['m', '_gt', 'sad', [2]],
    ['ok', '_eq', true, [1]],
    ['by', '_eq', 'AP8=', [1]],
    ['f', '_eq', 'ab', [1]],
    ['ip', '_eq', '10.0.0.1/32', [1]],
    ['j', '_eq', { a: 1 }, [1]],
    ['j', '_neq', { a: 1 }, [2]],
    ['jb', '_eq', { b: [1, 2], a: 1 }, [1]],
    ['tags', '_eq', ['x', 'y'], [1]],
    ['tags', '_contains', ['y'], [1]],
    ['tags', '_contained_in', ['y', 'x', 'z'], [1, 2]],
    ['jb', '_contains', { b: [2] }, [1]],
    ['j', '_contains', { b: 2 }, [2]],
    ['jb', '_contained_in', { a: 1, b: [1, 2], z: 0 }, [1]],
    ['s', '_like', 'ALPHA%', [4]],
    ['s', '_nlike', '%a%', [4]],
    ['s', '_ilike', 'alpha%', [1, 4]],
    ['s', '_nilike', 'alpha%', [2, 3]],
    ['s', '_regex', '^[a-z]+_', [2]],
    ['s', '_nregex', 'a', [4]],
    ['s', '_iregex', '^alpha', [1, 4]],
    ['s', '_niregex', '^ALPHA', [2, 3]],
    ['s', '_similar', '(beta|gamma)%', [2, 3]],
    ['s', '_nsimilar', '(beta|gamma)%', [1, 4]],
    ['s', '_contains', '50%', [1]],
    ['s', '_contains', 'a_', [2]],
    ['s', '_contains', '\\', [3]],
    ['s', '_icontains', 'LPH', [1, 4]],
    ['s', '_starts_with', 'beta_', [2]],
    ['s', '_starts_with', 'bet_', []],
    ['s', '_istarts_with', 'alpha', [1, 4]],
    ['s', '_ends_with', '\\ray', [3]],
    ['s', '_ends_with', '_ay', []],
    ['s', '_iends_with', 'OFF', [1]],
    ['s', '_search', 'alpha -off', [4]],
    ['f', '_like', 'ab', [1]],
    ['f', '_ends_with', 'd', [2]],
  ] as const)('%s %s %j', async (column, operator, value, expected) => {
    expect(
      await ids(dialect.compare(name(column), type(column), operator, constant(value, type(column)))),
    ).toEqual(expected);
  });

  test.each([
    ['jb', '_has_key', 'c', [2]],
    ['j', '_has_key', 'a', [1]],
    ['jb', '_has_keys_any', ['a', 'c'], [1, 2]],
    ['jb', '_has_keys_all', ['a', 'b'], [1]],
  ] as const)('%s %s %j', async (column, operator, value, expected) => {
    expect(await ids(dialect.compare(name(column), type(column), operator, constant(value, text)))).toEqual(
      expected,
    );
  });

  test.each([
    ['n', [1, 3, 99], [1, 3]],
    ['n', [], []],
    ['s', ['beta_x', 'gamma\\ray', 'a"b', 'NULL', ''], [2, 3]],
    ['b', ['1', '9223372036854775807'], [1, 3]],
    ['m', ['sad'], [1]],
    ['f', ['cd'], [2]],
    ['ip', ['10.0.0.0/24'], [2]],
    ['by', ['QQ=='], [2]],
    ['ok', [false], [2]],
    ['tz', ['2024-12-31T00:00:00+00:00'], [2]],
  ] as const)('%s in %j', async (column, list, expected) => {
    expect(
      await ids(dialect.inList(name(column), type(column), constant(list, type(column), 'list'))),
    ).toEqual(expected);
  });

  test('keys of one and of several columns', async () => {
    const keys = (columns: readonly string[], tuples: readonly (readonly unknown[])[]) =>
      dialect.inKeys(columns.map(name), constant(tuples, type(columns[0]!), 'keys', columns.map(type)));
    expect(await ids(keys(['id'], [[1], [3], [3]]))).toEqual([1, 3]);
    expect(await ids(keys(['id'], []))).toEqual([]);
    expect(
      await ids(
        keys(
          ['s', 'n'],
          [
            ['beta_x', 2],
            ['beta_x', 1],
            ['ALPHA', null],
          ],
        ),
      ),
    ).toEqual([2]);
    expect(await ids(keys(['s', 'n'], []))).toEqual([]);
    expect(await ids(keys(['m', 'by'], [['happy', 'QQ==']]))).toEqual([2]);
  });

  test('keys and ranks as rows', async () => {
    const k = name('k');
    const types = [type('s'), type('b')];
    const rows = dialect.keyRows(
      constant(
        [
          ['a,b', '5'],
          ['{"', null],
        ],
        text,
        'keys',
        types,
      ),
      k,
    );
    expect(
      await rowsOf(fixture.connector, sql`select ${k}."i", ${k}."k0", ${k}."k1" from ${rows} order by 1`),
    ).toEqual([
      ['0', 'a,b', '5'],
      ['1', '{"', null],
    ]);
    const ranks = dialect.keyRows(
      constant(
        [
          [7, 2],
          [8, 1],
        ],
        text,
        'ranks',
        [type('n')],
      ),
      k,
    );
    expect(
      await rowsOf(fixture.connector, sql`select ${k}."i", ${k}."k0", ${k}."r" from ${ranks} order by 1`),
    ).toEqual([
      ['0', '7', '2'],
      ['1', '8', '1'],
    ]);
  });

  test('orders put NULL where they are told', async () => {
    const order = async (column: string, descending: boolean, nulls: 'first' | 'last', nullable = true) =>
      (
        await rowsOf(
          fixture.connector,
          sql`select id from things order by ${dialect.order(name(column), { descending, nulls }, nullable)}`,
        )
      ).map(([id]) => Number(id));
    expect(await order('n', false, 'last')).toEqual([1, 2, 3, 4]);
    expect(await order('n', false, 'first')).toEqual([4, 1, 2, 3]);
    expect(await order('n', true, 'first')).toEqual([4, 3, 2, 1]);
    expect(await order('n', true, 'last')).toEqual([3, 2, 1, 4]);
    expect(await order('id', true, 'last', false)).toEqual([4, 3, 2, 1]);
  });

  test('limits', async () => {
    const page = async (limit: Sql | null, offset: Sql | null) =>
      (
        await rowsOf(
          fixture.connector,
          sql`select id from things order by id ${dialect.limit(limit, offset)}`,
        )
      ).map(([id]) => Number(id));
    const int: ValueType = { scalar: 'int', array: false };
    expect(await page(sql`2`, null)).toEqual([1, 2]);
    expect(await page(sql`1`, dialect.bind(constant(2, int)))).toEqual([3]);
    expect(await page(null, sql`3`)).toEqual([4]);
    expect(await page(null, null)).toEqual([1, 2, 3, 4]);
  });

  test('aggregates have the type that the catalog tells', async () => {
    const spellings: Record<string, string> = {
      bigint: 'bigint',
      numeric: 'numeric',
      float: 'double precision',
      smallint: 'smallint',
      int: 'integer',
      real: 'real',
    };
    for (const fn of Object.keys(aggregates) as AggregateFunction[])
      for (const column of ['small', 'n', 'b', 'd', 'r', 'x']) {
        const value = dialect.aggregate(fn, name(column), type(column));
        const [[found]] = (await rowsOf(fixture.connector, sql`select pg_typeof(${value}) from things`)) as [
          [string],
        ];
        expect([fn, column, found]).toEqual([fn, column, spellings[aggregateType(fn, type(column)).scalar]]);
      }
  });

  test('aggregates and counts within JSON', async () => {
    const count: ValueType = { scalar: 'bigint', array: false };
    const sum = aggregateType('sum', type('b'));
    const object = dialect.json.object([
      { key: 'count', value: dialect.json.value(sql`count(*)`, count, 'number') },
      {
        key: 'pairs',
        value: dialect.json.value(dialect.countDistinct([name('s'), name('n')], []), count, 'number'),
      },
      { key: 'names', value: dialect.json.value(dialect.countDistinct([name('s')], []), count, 'number') },
      {
        key: 'sum',
        value: dialect.json.value(dialect.aggregate('sum', name('b'), type('b')), sum, 'string'),
      },
      { key: 'none', value: sql`null` },
      {
        key: `k${'x'.repeat(80)}`,
        value: dialect.json.value(
          dialect.aggregate('avg', name('n'), type('n')),
          { scalar: 'float', array: false },
          'string',
        ),
      },
    ]);
    const [[json]] = (await rowsOf(fixture.connector, sql`select ${object} from things`)) as [[string]];
    expect(json).toBe(
      `{"count":4,"pairs":3,"names":4,"sum":"9223372036854775810","none":null,"k${'x'.repeat(80)}":2}`,
    );
  });

  test('arrays of objects, in order, and empty ones', async () => {
    const rows = (condition: Sql) =>
      sql`(select ${dialect.json.object([{ key: 'id', value: dialect.json.value(name('id'), type('id'), 'string') }])} as "j" from things where ${condition} order by id desc limit 2)`;
    expect(
      await rowsOf(
        fixture.connector,
        sql`select ${dialect.json.array(rows(sql`true`))}, ${dialect.json.array(rows(sql`false`))}, ${dialect.json.object([])}`,
      ),
    ).toEqual([['[{"id":4},{"id":3}]', '[]', '{}']]);
  });

  test.each([
    ['year', 'at', '2024-01-01 00:00:00'],
    ['quarter', 'day', '2024-01-01'],
    ['month', 'day', '2024-02-01'],
    ['week', 'day', '2024-02-26'],
    ['day', 'tz', '2024-02-29 00:00:00+00'],
    ['hour', 'tz', '2024-02-29 21:00:00+00'],
    ['minute', 'at', '2024-02-29 13:45:00'],
  ] as const)('bucket %s of %s', async (bucket, column, expected) => {
    const value = dialect.bucket(bucket, name(column), type(column));
    expect(
      await rowsOf(fixture.connector, sql`select ${value} from things where id = 1 group by ${value}`),
    ).toEqual([[expected]]);
  });

  test('paths into JSON', async () => {
    const at = (column: string, path: readonly string[]) =>
      dialect.jsonPath(name(column), type(column), path);
    expect(
      await rowsOf(
        fixture.connector,
        sql`select ${at('jb', ['b', '1'])}, ${at('j', ['a'])}, ${at('jb', ['no'])}, ${at('jb', [])} from things where id = 1`,
      ),
    ).toEqual([['2', '1', null, '{"a": 1, "b": [1, 2]}']]);
  });

  test('upserts', async () => {
    const { column } = table();
    const columns = (...names: string[]) => names.map((one) => column.get(one)!);
    const key: Key = { name: 'things_s_n_key', primary: false, columns: columns('s', 'n') };
    const put = async (small: number, update: readonly string[], where: Sql | null) => {
      const conflict = dialect.onConflict({ key, update: columns(...update), where: null }, table(), where);
      const into = dialect.table(table());
      return rowsOf(
        fixture.connector,
        sql`insert into ${into} (id, s, n, small) values (50, 'upsert', 1, ${dialect.bind(constant(small, type('small')))}) ${conflict} returning small`,
      );
    };
    expect(await put(1, ['small'], null)).toEqual([['1']]);
    expect(await put(2, ['small'], null)).toEqual([['2']]);
    expect(await put(3, [], null)).toEqual([]);
    expect(await put(4, ['small'], sql`${dialect.table(table())}."small" > 5`)).toEqual([]);
    expect(await put(5, ['small'], sql`${dialect.table(table())}."small" < 5`)).toEqual([['5']]);
    await fixture.script('delete from things where id = 50');
  });

  test.each([
    ['append', 'jb', '{"a":1}', { b: [2] }, '{"a": 1, "b": [2]}'],
    ['append', 'j', '{"a":1}', { b: 2 }, '{"a": 1, "b": 2}'],
    ['append', 'jb', '[1]', [2], '[1, 2]'],
    ['prepend', 'jb', '[1]', [2], '[2, 1]'],
    ['delete_key', 'jb', '{"a":1,"b":2}', 'a', '{"b": 2}'],
    ['delete_elem', 'jb', '["a","b"]', 0, '["b"]'],
    ['delete_at_path', 'jb', '{"a":{"b":[1,2]}}', ['a', 'b', '0'], '{"a": {"b": [2]}}'],
    ['delete_at_path', 'j', '{"a":1,"b":2}', ['a'], '{"b": 2}'],
  ] as const)('%s on %s %s', async (kind, column, before, value, after) => {
    await fixture.script(
      `delete from things where id = 60; insert into things (id, ${column}) values (60, '${before}')`,
    );
    const changed = dialect.jsonWrite(kind, name(column), type(column), constant(value, type(column)));
    expect(
      await rowsOf(
        fixture.connector,
        sql`update things set ${name(column)} = ${changed} where id = 60 returning ${name(column)}`,
      ),
    ).toEqual([[after]]);
    await fixture.script('delete from things where id = 60');
  });

  test('half of a surrogate pair is refused', () => {
    expect(() => dialect.encode('a\ud800b', text)).toThrow(
      expect.objectContaining({ code: 'data-exception' }),
    );
    expect(() => dialect.encode(['ok', '\udc00'], { ...text, array: true })).toThrow(
      expect.objectContaining({ code: 'data-exception' }),
    );
  });

  describe("the standard's spelling, where no engine of ours has another", () => {
    const standard = ansi({ nulls: 'last' });

    test.each([
      [2, null, ['1', '2']],
      [2, 1, ['2', '3']],
      [null, 2, ['3', '4']],
    ] as const)('OFFSET and FETCH: %s rows after %s', async (count, skip, expected) => {
      const bound = (value: number | null) => (value === null ? null : sql.integer(value));
      const limit = standard.limit(bound(count), bound(skip));
      const rows = await rowsOf(fixture.connector, sql`select id from things order by id ${limit}`);
      expect(rows.map(([id]) => id)).toEqual(expected);
    });

    test('deviations of a sample', async () => {
      const variance = standard.aggregate('variance', name('id'), type('x'));
      const deviation = standard.aggregate('stddev', name('id'), type('x'));
      const [row] = await rowsOf(
        fixture.connector,
        sql`select round(${variance}, 4), round(${deviation}, 4) from things`,
      );
      expect(row).toEqual(['1.6667', '1.2910']);
    });
  });
}
