import type { Predicate } from '../../../src/plan/index.ts';
import { describeEngines } from '../../support/engines.ts';
import { both, dialects, Fixture, fixed, keysOf, textsOf } from './support.ts';

type Op = Extract<Predicate, { kind: 'compare' }>['op'];

const tables = `
  create table t (id int primary key, x varchar(60), l varchar(60) character set latin1, n int, e enum('low', 'mid', 'high'), j json,
    ts datetime(6), key (x));
  insert into t (id, x, l, n, e, j) values
    (1, 'Apple', 'Apple', 1, 'low', '{"a": 1, "b": [1, 2], "c": {"d": "x"}}'),
    (2, 'apple', 'apple', 2, 'mid', '{"a": 2}'),
    (3, 'ÉCLAIR 100%', 'ÉCLAIR 100%', 3, 'high', '["a", "b", 3]'),
    (4, 'under_score|bar', 'under_score|bar', null, null, '"a"'),
    (5, 'back\\\\slash', 'back\\\\slash', 5, 'low', '5'),
    (6, 'two\\nlines', 'two lines', 6, 'mid', '{"we\\\\"ird": 1, "sp ace": null, "0": "zero", "é": 1}'),
    (7, null, null, null, null, null);
  create table secret (id int primary key, v varchar(20));
  insert into secret values (1, 'hidden')`;

/** For each column and operator: an operand, and the ids of the rows that pass. */
const cases: readonly (readonly [column: string, op: Op, operand: unknown, ids: readonly number[]])[] = [
  ['x', '_like', 'a%', [2]],
  ['x', '_like', 'A_ple', [1]],
  ['x', '_like', '%100\\%', [3]],
  ['x', '_like', 'under\\_score|bar', [4]],
  ['x', '_like', 'back\\\\%', [5]],
  ['x', '_like', 'two%lines', [6]],
  ['x', '_nlike', 'a%', [1, 3, 4, 5, 6]],
  ['x', '_ilike', 'a%', [1, 2]],
  ['x', '_ilike', 'éclair%', [3]],
  ['x', '_ilike', 'eclair%', []],
  ['x', '_nilike', 'a%', [3, 4, 5, 6]],
  ['x', '_contains', 'pp', [1, 2]],
  ['x', '_contains', '0%', [3]],
  ['x', '_contains', '_', [4]],
  ['x', '_contains', '|', [4]],
  ['x', '_contains', '\\', [5]],
  ['x', '_contains', 'APP', []],
  ['x', '_icontains', 'APP', [1, 2]],
  ['x', '_icontains', 'ÉCLAIR', [3]],
  ['x', '_starts_with', 'App', [1]],
  ['x', '_starts_with', 'und', [4]],
  ['x', '_starts_with', '', [1, 2, 3, 4, 5, 6]],
  ['x', '_istarts_with', 'APP', [1, 2]],
  ['x', '_ends_with', '%', [3]],
  ['x', '_ends_with', 'LE', []],
  ['x', '_iends_with', 'LE', [1, 2]],
  ['l', '_starts_with', 'App', [1]],
  ['l', '_ilike', 'éclair%', [3]],
  ['l', '_contains', '你', []],
  ['l', '_starts_with', '你', []],
  ['l', '_eq', '你', []],
  ['l', '_neq', '你', [1, 2, 3, 4, 5, 6]],
  ['l', '_ilike', '%你%', []],
  ['l', '_regex', '你', []],
  ['x', '_regex', '^A', [1]],
  ['x', '_regex', 'o.l', [6]],
  ['x', '_regex', '\\d+', [3]],
  ['x', '_regex', 'back\\\\', [5]],
  ['x', '_nregex', '^A', [2, 3, 4, 5, 6]],
  ['x', '_iregex', '^aPP', [1, 2]],
  ['x', '_iregex', 'écl', [3]],
  ['x', '_niregex', '^app', [3, 4, 5, 6]],
  ['x', '_eq', 'apple', [1, 2]],
  ['x', '_neq', 'apple', [3, 4, 5, 6]],
  ['n', '_gt', 2, [3, 5, 6]],
  ['n', '_lte', 2, [1, 2]],
  ['n', '_is_distinct_from', 1, [2, 3, 4, 5, 6, 7]],
  ['e', '_gt', 'low', [2, 3, 6]],
  ['e', '_lt', 'high', [1, 2, 5, 6]],
  ['e', '_gte', 'mid', [2, 3, 6]],
  ['e', '_eq', 'mid', [2, 6]],
  ['e', '_neq', 'mid', [1, 3, 5]],
  ['j', '_eq', { b: [1, 2], c: { d: 'x' }, a: 1 }, [1]],
  ['j', '_neq', { a: 2 }, [1, 3, 4, 5, 6]],
  ['j', '_contains', { a: 1 }, [1]],
  ['j', '_contains', { b: [2] }, [1]],
  ['j', '_contains', ['a'], [3]],
  ['j', '_contained_in', { a: 2, z: 1 }, [2]],
  ['j', '_has_key', 'a', [1, 2, 3, 4]],
  ['j', '_has_key', 'we"ird', [6]],
  ['j', '_has_key', 'sp ace', [6]],
  ['j', '_has_key', 'é', [6]],
  ['j', '_has_key', '0', [6]],
  ['j', '_has_key', '3', []],
  ['j', '_has_keys_any', ['c', 'b'], [1, 3]],
  ['j', '_has_keys_any', [], []],
  ['j', '_has_keys_all', ['a', 'b'], [1, 3]],
  ['j', '_has_keys_all', [], [1, 2, 3, 4, 5, 6]],
];

const nasty = [
  "' or 1=1 -- ",
  "\\' or 1=1 -- ",
  '\\',
  "''",
  "' union select id, v from secret -- ",
  '"; drop table t; -- ',
  '`',
  '?',
  '/* */',
  "x' or x like '%",
  '\u0000x',
  "\u00bf' or 1=1 -- ",
  '%',
  ')) or ((1=1',
];

describeEngines(both, (engine) => {
  let it: Fixture;
  beforeAll(async () => {
    it = await Fixture.open(engine, tables);
  });
  afterAll(() => it.close());
  const ids = async (where: Predicate) => (await it.select('t', ['id'], where)).map(([id]) => Number(id));

  test.each(cases)('%s %s %j', async (column, op, operand, expected) => {
    const shape = Array.isArray(operand) && op.startsWith('_has_keys') ? 'list' : 'value';
    expect(await ids(await it.where('t', column, op, operand, shape))).toEqual(expected);
  });

  test('lists', async () => {
    expect(await ids(await it.where('t', 'n', '_in', [1, 3, 99], 'list'))).toEqual([1, 3]);
    expect(await ids(await it.where('t', 'n', '_in', [], 'list'))).toEqual([]);
    expect(await ids(await it.where('t', 'n', '_nin', [], 'list'))).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(await ids(await it.where('t', 'n', '_nin', [1], 'list'))).toEqual([2, 3, 5, 6]);
    expect(await ids(await it.where('t', 'e', '_in', ['low', 'high'], 'list'))).toEqual([1, 3, 5]);
    expect(await ids(await it.where('t', 'l', '_in', ['你', 'apple'], 'list'))).toEqual([1, 2]);
    expect(await ids(await it.where('t', 'l', '_nin', ['你'], 'list'))).toEqual([1, 2, 3, 4, 5, 6]);
    const many = Array.from({ length: 5000 }, (_, index) => index + 3);
    expect(await ids(await it.where('t', 'n', '_in', many, 'list'))).toEqual([3, 5, 6]);
  });

  test('between', async () => {
    const table = await it.table('t');
    const between = (name: string, low: unknown, high: unknown): Predicate => {
      const column = table.column.get(name)!;
      return { kind: 'between', column, low: fixed(column.type, low), high: fixed(column.type, high) };
    };
    expect(await ids(between('n', 2, 5))).toEqual([2, 3, 5]);
    expect(await ids(between('e', 'low', 'mid'))).toEqual([1, 2, 5, 6]);
  });

  test('key tuples', async () => {
    const table = await it.table('t');
    const columns = [table.column.get('id')!, table.column.get('x')!];
    const among = (tuples: readonly (readonly unknown[])[]): Predicate => ({
      kind: 'in keys',
      columns,
      keys: keysOf(
        columns.map((column) => column.type),
        tuples,
      ),
    });
    expect(
      await ids(
        among([
          [1, 'Apple'],
          [2, 'no'],
          [5, 'back\\slash'],
          [7, null],
        ]),
      ),
    ).toEqual([1, 5]);
    expect(await ids(among([]))).toEqual([]);
    expect(await ids({ kind: 'not', of: among([]) })).toEqual([1, 2, 3, 4, 5, 6, 7]);
    const one: Predicate = {
      kind: 'in keys',
      columns: [columns[0]!],
      keys: keysOf([columns[0]!.type], [[1], [3], [null]]),
    };
    expect(await ids(one)).toEqual([1, 3]);
  });

  test('every value is only a value', async () => {
    const operators = [...dialects[engine].capabilities.operators.keys()].filter(
      (op) => op !== '_is_null' && op !== '_between',
    );
    for (const op of operators as Op[]) {
      const json = op.startsWith('_has') || op === '_contained_in';
      for (const value of nasty) {
        const list = op === '_in' || op === '_nin' || op.startsWith('_has_keys');
        const where = await it.where(
          't',
          json ? 'j' : 'x',
          op,
          list ? [value] : value,
          list ? 'list' : 'value',
        );
        const found = await ids(where).catch((error: { code: string }) => {
          // An operand may be an invalid pattern or regular expression.
          expect([op, value, error.code]).toEqual([op, value, 'data-exception']);
          return [];
        });
        const negated =
          /^_(n|neq|nin|is_distinct)/.test(op) ||
          ['_gt', '_gte', '_lt', '_lte', '_has_keys_all'].includes(op);
        if (!negated && value.length > 2 && !op.includes('regex'))
          expect([op, value, found]).toEqual([op, value, []]);
      }
    }
    expect(await it.past.query('select count(*) as n from t')).toEqual(
      [{ n: '7' }].map(() => expect.objectContaining({})),
    );
    expect(Number((await it.past.query('select count(*) as n from secret'))[0]!.n)).toBe(1);
  });

  test('texts come back as they went, in each mode of the server', async () => {
    const dialect = dialects[engine];
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return seed % below;
    };
    const alphabet = [
      "'",
      '"',
      '\\',
      '`',
      '\0',
      '\n',
      '%',
      '_',
      '?',
      ';',
      '-',
      'a',
      'é',
      '😀',
      '\u00bf',
      '\u0027',
      'x',
    ];
    const given = Array.from({ length: 300 }, () =>
      Array.from({ length: random(12) }, () => alphabet[random(alphabet.length)]!).join(''),
    );
    const { fill } = await import('../../../src/databases/mysql/template.ts');
    for (const mode of ['', 'NO_BACKSLASH_ESCAPES', 'ANSI_QUOTES,PIPES_AS_CONCAT']) {
      for (let at = 0; at < given.length; at += 30) {
        const part = given.slice(at, at + 30);
        const statement = {
          text: `select ${part.map((_, index) => `? as c${index}`).join(', ')}`,
          slots: [],
        };
        const text = fill(
          statement,
          part.map((value) => dialect.encode(value, { scalar: 'text', array: false })),
        );
        await it.past.execute(`set names utf8mb4; set sql_mode = '${mode}'`);
        expect(Object.values((await it.past.query(text))[0]!)).toEqual(part);
      }
    }
  });

  test('paths into documents', async () => {
    const table = await it.table('t');
    const at = async (...jsonPath: string[]) => {
      const compiled = it.connector.compileFetch({
        kind: 'rows',
        select: {
          table,
          where: { kind: 'and', of: [] },
          orderBy: [
            { kind: 'column', path: [], column: table.column.get('id')!, descending: false, nulls: 'last' },
          ],
          distinctOn: [],
          limit: null,
          offset: null,
          fields: [{ kind: 'column', key: 'j', column: table.column.get('j')!, jsonPath }],
        },
      });
      return textsOf(compiled, await it.run(compiled)).map(([text]) =>
        text === null ? undefined : JSON.parse(text!),
      );
    };
    const nothing = undefined;
    expect(await at('a')).toEqual([1, 2, nothing, nothing, nothing, nothing, nothing]);
    expect(await at('b', '1')).toEqual([2, nothing, nothing, nothing, nothing, nothing, nothing]);
    expect(await at('b', '-1')).toEqual([2, nothing, nothing, nothing, nothing, nothing, nothing]);
    expect(await at('c', 'd')).toEqual(['x', nothing, nothing, nothing, nothing, nothing, nothing]);
    expect(await at('0')).toEqual([nothing, nothing, 'a', nothing, nothing, 'zero', nothing]);
    expect(await at('c', '0')).toEqual(Array(7).fill(nothing));
    expect((await at('we"ird'))[5]).toBe(1);
    expect((await at('sp ace'))[5]).toBeNull();
    expect((await at('é'))[5]).toBe(1);
    expect((await at("'); drop table t; --"))[5]).toBeUndefined();
    await expect(at(...Array(9).fill('0'))).rejects.toMatchObject({ code: 'not-supported' });
  });

  test('prefixes use the index', async () => {
    const many = Array.from({ length: 2000 }, (_, index) => `(${index + 100}, 'row ${index}')`);
    await it.past.execute(`insert into t (id, x) values ${many.join(',')}; analyze table t`);
    const compiled = it.connector.compileFetch({
      kind: 'rows',
      select: {
        table: await it.table('t'),
        where: await it.where('t', 'x', '_starts_with', 'row 199'),
        orderBy: [],
        distinctOn: [],
        limit: null,
        offset: null,
        fields: [
          { kind: 'column', key: 'id', column: (await it.table('t')).column.get('id')!, jsonPath: null },
        ],
      },
    });
    const explained = await it.run({
      statement: {
        ...compiled.statement,
        text: `explain format=json ${compiled.statement.text}`,
        columns: undefined,
      },
    });
    expect(String(explained.rows[0]![0])).toMatch(/"access_type": "range"|"index_name": "x"/);
    expect((await it.run(compiled)).rows).toHaveLength(11);
    await it.past.execute('delete from t where id >= 100');
  });
});
