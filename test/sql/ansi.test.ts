import type { Column, Key, Table } from '../../src/catalog/index.ts';
import {
  ansi,
  ansiAggregates,
  countDistinctOr,
  limitOffset,
  render,
  type Sql,
  sql,
} from '../../src/sql/index.ts';

const spelled = (fragment: Sql) => render(fragment, (position) => `$${position}`).text;
const standard = ansi({ nulls: 'last' });
const x = sql`x`;

test.each([
  [{}, '"a""b"'],
  [{ quotes: ['`', '`'] }, '`a"b`'],
  [{ quotes: ['[', ']'] }, '[a"b]'],
] as const)('names are quoted: %j', (facts, expected) => {
  expect(spelled(ansi({ nulls: 'last', ...facts }).name('a"b'))).toBe(expected);
});

test('a table is named within its namespace, where there is one', () => {
  const named = (namespace: string | null) => spelled(standard.table({ namespace, name: 't' } as Table));
  expect([named('app'), named(null)]).toEqual(['"app"."t"', '"t"']);
});

test.each([
  ['last', false, 'last', 'x'],
  ['last', false, 'first', 'x nulls first'],
  ['last', true, 'first', 'x desc'],
  ['last', true, 'last', 'x desc nulls last'],
  ['first', false, 'first', 'x'],
  ['first', false, 'last', 'x nulls last'],
  ['first', true, 'last', 'x desc'],
  ['first', true, 'first', 'x desc nulls first'],
] as const)(
  'an engine that puts NULL %s, descending %s, NULL wanted %s: %s',
  (nulls, descending, wanted, expected) => {
    const direction = { descending, nulls: wanted };
    expect(spelled(ansi({ nulls }).order(x, direction, true))).toBe(expected);
    expect(spelled(ansi({ nulls }).order(x, direction, false))).toBe(descending ? 'x desc' : 'x');
  },
);

const one = sql`1`;
const two = sql`2`;

test.each([
  [
    'the standard',
    standard.limit,
    ['offset 0 rows fetch next 1 rows only', 'offset 2 rows fetch next 1 rows only', 'offset 2 rows'],
  ],
  ['an offset by itself', limitOffset(null), ['limit 1', 'limit 1 offset 2', 'offset 2']],
  ['no offset without a limit', limitOffset(sql`-1`), ['limit 1', 'limit 1 offset 2', 'limit -1 offset 2']],
])('limits: %s', (_, limit, expected) => {
  expect([limit(one, null), limit(one, two), limit(null, two)].map(spelled)).toEqual(expected);
});

test('aggregates: what names neither a sample nor a population is of a sample', () => {
  const type = { scalar: 'int', array: false } as const;
  expect([...ansiAggregates].map((fn) => spelled(standard.aggregate(fn, x, type)))).toEqual([
    'sum(x)',
    'avg(x)',
    'min(x)',
    'max(x)',
    'stddev_samp(x)',
    'stddev_pop(x)',
    'stddev_samp(x)',
    'var_samp(x)',
    'var_pop(x)',
    'var_samp(x)',
  ]);
});

test('distinct values are counted by the standard, distinct tuples by the engine', () => {
  const count = countDistinctOr((tuple, present) => sql`${sql.join(tuple)} where ${present}`);
  expect(spelled(count([x], []))).toBe('count(distinct x)');
  expect(spelled(count([x, sql`y`], []))).toBe('x, y where x is not null and y is not null');
  expect(spelled(standard.countDistinct([x], []))).toBe('count(distinct x)');
});

test('on conflict', () => {
  const column = (name: string) => ({ name }) as Column;
  const key = { columns: [column('id')] } as unknown as Key;
  const spell = (update: Column[], where: Sql | null, presets?: Sql[], of: Key | null = key) =>
    spelled(standard.onConflict({ key: of, update, where: null } as never, {} as Table, where, presets));
  expect(spell([], null)).toBe('on conflict ("id") do nothing');
  expect(spell([], null, [], null)).toBe('on conflict do nothing');
  expect(spell([column('n')], null)).toBe('on conflict ("id") do update set "n" = excluded."n"');
  expect(spell([column('n')], sql`w`, [sql`"p" = 1`])).toBe(
    'on conflict ("id") do update set "n" = excluded."n", "p" = 1 where w',
  );
});
