import { ansi, sql } from '../../../src/sql/index.ts';
import { type Fixture, inProcess, rowsOf } from '../postgres/support.ts';

/** PostgreSQL takes the standard's spelling, too: what no engine of ours uses yet is tried here. */
const standard = ansi({ nulls: 'last' });
let fixture: Fixture;
beforeAll(async () => {
  fixture = await inProcess();
});
afterAll(() => fixture.drop());

test.each([
  [2, null, ['1', '2']],
  [2, 1, ['2', '3']],
  [null, 2, ['3', '4']],
] as const)('OFFSET and FETCH: %s rows after %s', async (count, skip, expected) => {
  const bound = (value: number | null) => (value === null ? null : sql.integer(value));
  const limit = standard.limit(bound(count), bound(skip));
  const rows = await rowsOf(
    fixture.connector,
    sql`select n from generate_series(1, 4) as s(n) order by n ${limit}`,
  );
  expect(rows.map(([n]) => n)).toEqual(expected);
});

test('deviations and NULLS FIRST', async () => {
  const type = { scalar: 'float', array: false } as const;
  const [[deviation, variance]] = (await rowsOf(
    fixture.connector,
    sql`select ${standard.aggregate('stddev', sql`n`, type)}, ${standard.aggregate('variance', sql`n`, type)}
      from (values (1::float8), (3), (5)) as v(n)`,
  )) as [[string, string]];
  expect([deviation, variance]).toEqual(['2', '4']);
  const order = standard.order(sql`n`, { descending: false, nulls: 'first' }, true);
  const rows = await rowsOf(
    fixture.connector,
    sql`select n from (values (2), (null), (1)) as v(n) order by ${order}`,
  );
  expect(rows.map(([n]) => n)).toEqual([null, '1', '2']);
});
