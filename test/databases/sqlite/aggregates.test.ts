import type { AggregateFunction, Bucket } from '../../../src/catalog/index.ts';
import { aggregateType, buckets } from '../../../src/catalog/index.ts';
import { render, sql } from '../../../src/sql/index.ts';
import { ask, cleanUp, constant, dialect, type Fixture, fixture, run, say } from './support.ts';

afterAll(cleanUp);

describe('aggregates', () => {
  let made: Fixture;
  beforeAll(async () => {
    made =
      await fixture(`create table t (id INTEGER PRIMARY KEY, i INTEGER, g BIGINT, n DECIMAL(10,2), f DOUBLE, x TEXT, m TIMESTAMP);
      insert into t values (1, 2, 9007199254740993, 0.1, 1e9, 'b', '2024-02-29 12:00:00'),
        (2, 4, 9007199254740993, 0.2, 1e9 + 1, 'B', '2024-01-01T00:00:00'), (3, 9, 1, 0.3, 1e9 + 2, null, null), (4, null, null, null, null, 'a', null);`);
  });

  /** An aggregate read twice: as a flat column and as JSON built by the database. */
  const both = async (fn: AggregateFunction, name: string, where = sql`1 = 1`) => {
    const { type } = made.table('t').column.get(name)!;
    const result = aggregateType(fn, type);
    const value = dialect.aggregate(fn, dialect.name(name), type);
    const [[flat, json]] = (await ask(
      made.connector,
      sql`select ${dialect.flat(value, result)}, ${dialect.json.value(value, result, 'number')} from t where ${where}`,
    )) as [[unknown, unknown]];
    const text = flat === null ? 'null' : (dialect.textOf(result)?.(flat) ?? String(flat));
    expect(String(json).replaceAll('"', '')).toBe(text);
    return text;
  };

  test.each([
    ['sum', 'i', '15'],
    ['sum', 'g', '18014398509481987'],
    ['sum', 'n', '0.60'],
    ['sum', 'f', '3000000003'],
    ['avg', 'i', '5'],
    ['avg', 'f', '1000000001'],
    ['min', 'i', '2'],
    ['max', 'g', '9007199254740993'],
    ['min', 'n', '0.10'],
    ['min', 'x', 'B'],
    ['max', 'x', 'b'],
    ['max', 'm', '2024-02-29T12:00:00'],
    ['var_pop', 'f', String(2 / 3)],
    ['var_samp', 'f', '1'],
    ['variance', 'f', '1'],
    ['stddev', 'f', '1'],
    ['stddev_samp', 'i', String(Math.sqrt(13))],
    ['stddev_pop', 'i', String(Math.sqrt(26 / 3))],
  ] as const)('%s(%s)', async (fn, name, expected) => {
    const found = await both(fn, name);
    if (/^[\d.]+$/.test(expected)) expect(Number(found)).toBeCloseTo(Number(expected), 12);
    else expect(found).toBe(expected);
    if (!expected.includes('.') || fn === 'sum') expect(found).toBe(expected);
  });

  test('over no rows, and deviations of a single one', async () => {
    for (const fn of ['sum', 'avg', 'min', 'max', 'stddev', 'var_pop'] as const) {
      expect(await both(fn, 'n', sql`id > 99`)).toBe('null');
    }
    expect(await both('stddev_samp', 'i', sql`id = 1`)).toBe('null');
    expect(await both('stddev_pop', 'i', sql`id = 1`)).toBe('0');
  });

  test('several deviations by group do not mix', async () => {
    const value = (fn: AggregateFunction, name: string) =>
      dialect.aggregate(fn, dialect.name(name), made.table('t').column.get(name)!.type);
    const rows = await ask(
      made.connector,
      sql`select id < 3, ${value('var_pop', 'i')}, ${value('var_samp', 'f')} from t group by id < 3 order by id < 3`,
    );
    expect(rows).toEqual([
      [0, 0, null],
      [1, 1, 0.5],
    ]);
  });

  test('distinct tuples; a NULL in one of the columns does not count', async () => {
    const count = async (...names: string[]) =>
      (
        await ask(made.connector, sql`select ${dialect.countDistinct(names.map(dialect.name), [])} from t`)
      )[0]![0];
    expect(await count('g')).toBe(2);
    expect(await count('g', 'x')).toBe(2);
    expect(await count('i', 'g')).toBe(3);
  });

  test('a sum beyond 64 bits is refused', async () => {
    await say(made.connector, 'create table big (g BIGINT)');
    await say(made.connector, 'insert into big values (9223372036854775807), (1)');
    await expect(
      ask(
        made.connector,
        sql`select ${dialect.aggregate('sum', sql`g`, { scalar: 'bigint', array: false })} from big`,
      ),
    ).rejects.toMatchObject({ code: 'data-exception' });
  });

  test('are compared with numbers', async () => {
    const n = made.table('t').column.get('n')!;
    const sum = dialect.aggregate('sum', sql`n`, n.type);
    const equals = (value: string) =>
      sql`select 1 from t group by 'all' having ${sum} = ${dialect.bind(constant(value, n.type))}`;
    expect(await ask(made.connector, equals('0.60'))).toEqual([[1]]);
    expect(await ask(made.connector, equals('0.61'))).toEqual([]);
  });
});

describe('buckets', () => {
  const expected: Readonly<Record<Bucket, string>> = {
    year: '2024-01-01T00:00:00',
    quarter: '2024-10-01T00:00:00',
    month: '2024-12-01T00:00:00',
    week: '2024-12-30T00:00:00',
    day: '2024-12-31T00:00:00',
    hour: '2024-12-31T23:00:00',
    minute: '2024-12-31T23:59:00',
  };
  const stored = [
    "'2024-12-31 23:59:59.9999'",
    "'2024-12-31T23:59:59.999999Z'",
    "'2024-12-31 23:59:59'",
    "'2025-01-01T01:59:59.9+02:00'",
  ];

  test.each(buckets)('%s', async (unit) => {
    const made = await fixture(
      `create table t (m TIMESTAMP, z TIMESTAMPTZ, d DATE); insert into t values ${stored.map((value) => `(${value}, ${value}, '2024-12-31')`)};`,
    );
    const { column } = made.table('t');
    const value = (name: string) => {
      const { type } = column.get(name)!;
      return dialect.json.value(dialect.bucket(unit, dialect.name(name), type), type, 'string');
    };
    const rows = await ask(
      made.connector,
      sql`select distinct ${value('m')}, ${value('z')}, ${value('d')} from t`,
    );
    const start = expected[unit];
    const day = unit === 'hour' || unit === 'minute' ? '2024-12-31' : start.slice(0, 10);
    expect(rows).toEqual([[`"${start}"`, `"${start}+00:00"`, `"${day}"`]]);
  });

  test.each([
    ['2024-01-01', '2024-01-01'],
    ['2024-01-07', '2024-01-01'],
    ['2024-01-08', '2024-01-08'],
    ['2023-01-01', '2022-12-26'],
  ])('the week of %s begins on Monday, %s', async (day, monday) => {
    const made = await fixture('create table t (x)');
    const value = dialect.bucket('week', sql.text(day), { scalar: 'date', array: false });
    expect(await ask(made.connector, sql`select ${value}`)).toEqual([[monday]]);
  });
});

test('NULLs stand where PostgreSQL puts them, and an index still serves the order', async () => {
  const made = await fixture(
    'create table t (v INTEGER); create index i on t (v); insert into t values (2), (null), (1);',
  );
  const v = sql`v`;
  const order = (descending: boolean, nulls: 'first' | 'last') =>
    dialect.order(v, { descending, nulls }, true);
  const ordered = async (by: ReturnType<typeof order>) =>
    (await ask(made.connector, sql`select v from t order by ${by}`)).map(([value]) => value);
  expect(await ordered(order(false, 'last'))).toEqual([1, 2, null]);
  expect(await ordered(order(false, 'first'))).toEqual([null, 1, 2]);
  expect(await ordered(order(true, 'first'))).toEqual([null, 2, 1]);
  expect(await ordered(order(true, 'last'))).toEqual([2, 1, null]);
  expect(
    render(dialect.order(v, { descending: true, nulls: 'first' }, false), dialect.placeholder).text,
  ).toBe('v desc');
  const plan = await ask(
    made.connector,
    sql`explain query plan select v from t order by ${order(false, 'last')} limit 1`,
  );
  expect(plan.map((row) => row[3]).join()).not.toContain('TEMP B-TREE');
});

test('limits', async () => {
  const made = await fixture('create table t (v INTEGER); insert into t values (1), (2), (3);');
  const page = async (limit: number | null, offset: number | null) => {
    const bound = (value: number | null) => (value === null ? null : sql.integer(value));
    return (
      await ask(made.connector, sql`select v from t order by v ${dialect.limit(bound(limit), bound(offset))}`)
    ).flat();
  };
  expect(await page(2, null)).toEqual([1, 2]);
  expect(await page(1, 1)).toEqual([2]);
  expect(await page(null, 1)).toEqual([2, 3]);
  const param = constant(1, { scalar: 'int', array: false });
  const statement = render(
    sql`select v from t order by v ${dialect.limit(dialect.bind(param), null)}`,
    dialect.placeholder,
  );
  expect((await run(made.connector, { statement })).rows).toEqual([[1]]);
});
