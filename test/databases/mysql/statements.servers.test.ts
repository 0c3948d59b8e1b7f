import type { AggregateFunction, Bucket, Column, Table } from '../../../src/catalog/index.ts';
import { aggregateType } from '../../../src/catalog/index.ts';
import {
  type Assignment,
  always,
  type Fetch,
  type OnConflict,
  type Predicate,
  type Select,
} from '../../../src/plan/index.ts';
import { render, sql } from '../../../src/sql/index.ts';
import { describeEngines } from '../../support/engines.ts';
import { both, dialects, Fixture, fixed, keysOf, textsOf } from './support.ts';

const tables = `
  create table parent (id int primary key, code varchar(20) collate utf8mb4_unicode_ci unique, mood enum('calm', 'sad'), bytes varbinary(8),
    price decimal(12, 2), flag boolean, day date, ts datetime(6), tz timestamp(6) null, tm time(6), r float, d double, big bigint, ubig bigint unsigned,
    latin varchar(20) character set latin1, bits bit(4), ascii_id char(36) character set ascii unique);
  create table child (id int auto_increment primary key, parent_id int, code varchar(20) collate utf8mb4_unicode_ci, bytes varbinary(8), ts datetime, tz timestamp null,
    price decimal(12, 2), position int not null default 0, note varchar(40), key (parent_id, position), key (code));
  create table numbers (id int primary key, i int, b bigint, n decimal(10, 2), f float, d double, dt date, ts datetime(6), tz timestamp null, tm time, x varchar(10));
  create table ups (id int auto_increment primary key, code varchar(20) unique, n int not null default 7, j json);
  create table events (id int auto_increment primary key, n int);
  insert into parent values
    (1, 'a''b', 'calm', x'0001', 1.50, true, '2024-02-29', '2024-02-29 10:00:00.5', '2024-02-29 10:00:00', '10:00:00.25', 0.1, 0.1, 9007199254740993, 18446744073709551615, 'é', b'0101', 'abc'),
    (2, 'back\\\\', 'sad', x'ff', 2.25, false, '2024-03-01', '2024-03-01 00:00:00', '2024-03-01 00:00:00', '00:00:00', 1.5, 1e300, -1, 0, 'x', b'1111', 'def'),
    (3, '😀', null, x'', 0, null, null, null, null, null, null, null, null, null, null, null, null);
  insert into child (parent_id, code, bytes, ts, tz, price, position, note) values
    (1, 'a''b', x'0001', '2024-02-29 10:00:00', '2024-02-29 10:00:00', 1.50, 3, 'one'), (1, 'A''B', x'00', null, null, 2.25, 1, 'two'),
    (1, null, null, null, null, null, 2, 'three'), (2, '😀', x'ff', null, null, null, 1, 'four');
  insert into numbers values
    (1, 1, 9223372036854775807, 1.10, 0.5, 0.1, '2024-02-29', '2024-02-29 10:11:12.5', '2024-02-29 23:59:59', '10:00:00', 'b'),
    (2, 2, 9223372036854775807, 2.25, 1.5, 0.2, '2024-03-01', '2024-03-03 00:00:00', '2024-03-03 00:00:00', '09:00:00', 'a'),
    (3, 2, 1, 3.00, null, 0.4, '2024-12-31', '2024-12-30 23:59:59.999999', '2024-12-30 00:00:00', null, null),
    (4, null, null, null, null, null, null, null, null, null, null)`;

describeEngines(both, (engine) => {
  let it: Fixture;
  const dialect = dialects[engine];
  beforeAll(async () => {
    it = await Fixture.open(engine, tables);
  });
  afterAll(() => it.close());

  const select = (table: Table, columns: readonly Column[], more: Partial<Select> = {}): Select => ({
    table,
    where: always,
    orderBy: [
      { kind: 'column', path: [], column: table.column.get('id')!, descending: false, nulls: 'last' },
    ],
    distinctOn: [],
    limit: null,
    offset: null,
    fields: columns.map((column) => ({ kind: 'column', key: column.name, column, jsonPath: null })),
    ...more,
  });
  const fetch = async (wanted: Fetch) => {
    const compiled = it.connector.compileFetch(wanted);
    const result = await it.run(compiled);
    return {
      texts: textsOf(compiled, result),
      parents: result.rows.map((row) => Number(row[compiled.shape.parent ?? 0])),
    };
  };

  describe('keys as a table', () => {
    const each: readonly (readonly [column: string, keys: readonly unknown[], found: readonly number[]])[] = [
      ['id', [2, 99, 1], [0, 2]],
      ['code', ["a'b", 'no', 'back\\', '😀'], [0, 2, 3]],
      ['mood', ['sad', 'calm'], [0, 1]],
      ['bytes', ['AAE=', '/w==', ''], [0, 1, 2]],
      ['price', ['1.50', '7', '2.25'], [0, 2]],
      ['flag', [false, true], [0, 1]],
      ['day', ['2024-03-01', '2020-01-01'], [0]],
      ['ts', ['2024-02-29T10:00:00.5', '2024-03-01T00:00:00'], [0, 1]],
      ['tz', ['2024-02-29T12:00:00+02:00', '2024-03-01T00:00:00+00:00'], [0, 1]],
      ['tm', ['10:00:00.25', '00:00:00'], [0, 1]],
      ['r', [0.1, 1.5], [0, 1]],
      ['d', [0.1, 1e300], [0, 1]],
      ['big', ['9007199254740993', '-1', '9007199254740992'], [0, 1]],
      ['ubig', ['18446744073709551615', '0'], [0, 1]],
      ['latin', ['é', '你', 'x'], [0, 2]],
      ['bits', ['0101', '1111'], [0, 1]],
      ['ascii_id', ['abc', 'é'], [0]],
    ];
    test.each(each)('%s', async (name, keys, found) => {
      const table = await it.table('parent');
      const column = table.column.get(name)!;
      const tuples = keys.map((key) => [key]);
      for (const page of [{}, { limit: 1 }]) {
        const { parents } = await fetch({
          kind: 'children',
          columns: [column],
          keys: keysOf([column.type], tuples, 4),
          select: select(table, [table.column.get('id')!], page),
        });
        expect([...new Set(parents)].sort()).toEqual(found);
      }
      expect(
        (
          await it.select('parent', ['id'], {
            kind: 'in keys',
            columns: [column],
            keys: keysOf([column.type], tuples),
          })
        ).length,
      ).toBe(found.length);
    });

    test('a table of many keys is joined by index', async () => {
      const rows = Array.from(
        { length: 3000 },
        (_, index) => `(${1000 + (index % 1000)}, 'c${index % 1000}', ${index})`,
      );
      await it.past.execute(
        `insert into child (parent_id, code, position) values ${rows.join(',')}; analyze table child`,
      );
      const table = await it.table('child');
      for (const [name, keys] of [
        ['parent_id', [1001, 1002]],
        ['code', ['c1', 'c2']],
      ] as const) {
        const column = table.column.get(name)!;
        const compiled = it.connector.compileFetch({
          kind: 'children',
          columns: [column],
          keys: keysOf(
            [column.type],
            keys.map((key) => [key]),
            2,
          ),
          select: select(table, [table.column.get('id')!], { orderBy: [] }),
        });
        const explain = await it.run({
          statement: {
            ...compiled.statement,
            text: `explain format=json ${compiled.statement.text}`,
            columns: undefined,
          },
        });
        expect(String(explain.rows[0]![0])).toMatch(new RegExp(`"(?:key|index_name)": "${name}"`));
        expect((await it.run(compiled)).rows).toHaveLength(6);
      }
      await it.past.execute('delete from child where parent_id >= 1000');
    });
  });

  test('pages of each parent', async () => {
    const [parent, child] = [await it.table('parent'), await it.table('child')];
    const orderBy = [
      { kind: 'column', path: [], column: child.column.get('position')!, descending: false, nulls: 'last' },
    ] as const;
    const notes = async (more: Partial<Select>) =>
      (
        await fetch({
          kind: 'children',
          columns: [child.column.get('parent_id')!],
          keys: keysOf([parent.column.get('id')!.type], [[1], [2], [3]], 4),
          select: select(child, [child.column.get('note')!], { orderBy, ...more }),
        })
      ).texts
        .flat()
        .sort();
    expect(await notes({})).toEqual(['four', 'one', 'three', 'two']);
    expect(await notes({ limit: 2 })).toEqual(['four', 'three', 'two']);
    expect(await notes({ limit: 1, offset: 1 })).toEqual(['three']);
    expect(await notes({ offset: 1 })).toEqual(['one', 'three']);
    expect(await notes({ limit: 0 })).toEqual([]);
  });

  const measured: Readonly<Record<AggregateFunction, readonly (string | null)[]>> = {
    sum: ['5', '18446744073709551615', '6.35', '2', '0.7000000000000001'],
    avg: ['1.6666666666666667', '6148914691236517000', '2.1166666666666667', '1', '0.23333333333333336'],
    min: ['1', '1', '1.10', '0.5', '0.1'],
    max: ['2', '9223372036854775807', '3.00', '1.5', '0.4'],
    stddev: ['0.5773502691896258', null, null, '0.7071067811865476', null],
    stddev_samp: ['0.5773502691896258', null, null, '0.7071067811865476', null],
    stddev_pop: ['0.4714045207910317', null, null, '0.5', null],
    variance: ['0.33333333333333337', null, null, '0.5', null],
    var_samp: ['0.33333333333333337', null, null, '0.5', null],
    var_pop: ['0.22222222222222224', null, null, '0.25', null],
  };
  test.each(Object.entries(measured))('%s', async (fn, expected) => {
    const table = await it.table('numbers');
    const columns = ['i', 'b', 'n', 'f', 'd'].map((name) => table.column.get(name)!);
    const text = sql`select ${sql.join(
      columns.map((column) => {
        const type = aggregateType(fn as AggregateFunction, column.type);
        return dialect.flat(
          dialect.aggregate(fn as AggregateFunction, dialect.name(column.name), column.type),
          type,
        );
      }),
    )} from ${dialect.table(table)}`;
    const { rows } = await it.run({ statement: render(text, () => '?') });
    const texts = columns.map((column, index) => {
      const type = aggregateType(fn as AggregateFunction, column.type);
      return (dialect.textOf(type) ?? String)(rows[0]![index]);
    });
    for (const [index, text] of texts.entries()) {
      const wanted = expected[index];
      if (wanted === null || wanted === undefined) expect(Number.isFinite(Number(text))).toBe(true);
      else if (['sum', 'min', 'max'].includes(fn)) expect(text).toBe(wanted);
      else expect(Number(text)).toBeCloseTo(Number(wanted), 12 - wanted.indexOf('.'));
    }
  });

  test('extremes of other types, and distinct counts', async () => {
    const table = await it.table('numbers');
    const of = (name: string) => table.column.get(name)!;
    const measures = ['dt', 'ts', 'tz', 'tm', 'x'].flatMap((name) =>
      (['min', 'max'] as const).map((fn) => ({
        kind: 'function' as const,
        key: `${fn}_${name}`,
        fn,
        columns: [{ kind: 'column' as const, key: name, column: of(name), type: of(name).type }],
      })),
    );
    const counts = [[], [of('i')], [of('i'), of('b')]].flatMap((columns) =>
      (columns.length === 0 ? [false] : [false, true]).map((distinct) => ({
        kind: 'count' as const,
        key: `c${columns.length}${distinct}`,
        columns,
        distinct,
      })),
    );
    const { texts } = await fetch({
      kind: 'aggregate',
      aggregate: {
        table,
        where: always,
        orderBy: [],
        distinctOn: [],
        limit: null,
        offset: null,
        parts: [{ kind: 'aggregate', key: 'a', items: [...measures, ...counts] }],
      },
    });
    expect(texts[0]).toEqual([
      '2024-02-29',
      '2024-12-31',
      '2024-02-29T10:11:12.5',
      '2024-12-30T23:59:59.999999',
      '2024-02-29T23:59:59+00:00',
      '2024-12-30T00:00:00+00:00',
      '09:00:00',
      '10:00:00',
      'a',
      'b',
      '4',
      '3',
      '2',
      '3',
      '3',
    ]);
  });

  const buckets: Readonly<Record<Bucket, readonly [string, string, string]>> = {
    year: ['2024-01-01', '2024-01-01T00:00:00', '2024-01-01T00:00:00+00:00'],
    quarter: ['2024-10-01', '2024-10-01T00:00:00', '2024-10-01T00:00:00+00:00'],
    month: ['2024-12-01', '2024-12-01T00:00:00', '2024-12-01T00:00:00+00:00'],
    week: ['2024-12-30', '2024-12-30T00:00:00', '2024-12-30T00:00:00+00:00'],
    day: ['2024-12-31', '2024-12-30T00:00:00', '2024-12-30T00:00:00+00:00'],
    hour: ['2024-12-31', '2024-12-30T23:00:00', '2024-12-30T00:00:00+00:00'],
    minute: ['2024-12-31', '2024-12-30T23:59:00', '2024-12-30T00:00:00+00:00'],
  };
  test.each(Object.entries(buckets))('groups by %s', async (bucket, expected) => {
    const table = await it.table('numbers');
    for (const [index, name] of ['dt', 'ts', 'tz'].entries()) {
      const column = table.column.get(name)!;
      const { texts } = await fetch({
        kind: 'groups',
        aggregate: {
          table,
          where: await it.where('numbers', 'id', '_eq', 3),
          orderBy: [],
          distinctOn: [],
          limit: null,
          offset: null,
          parts: [],
        },
        group: {
          keys: [{ column, bucket: bucket as Bucket }],
          having: { kind: 'and', of: [] },
          orderBy: [{ by: { key: 0 }, descending: true, nulls: 'first' }],
          limit: 5,
          offset: null,
          parts: [
            { kind: 'group_key', key: 'k', entries: [{ key: name, index: 0 }] },
            {
              kind: 'aggregate',
              key: 'a',
              items: [{ kind: 'count', key: 'c', columns: [], distinct: false }],
            },
          ],
        },
      });
      expect(texts).toEqual([[expected[index], '1']]);
    }
  });

  test('a Sunday belongs to the week before', async () => {
    const table = await it.table('numbers');
    const text = sql`select ${dialect.bucket('week', dialect.name('ts'), table.column.get('ts')!.type)} from ${dialect.table(table)} where id = 2`;
    expect((await it.run({ statement: render(text, () => '?') })).rows).toEqual([['2024-02-26 00:00:00']]);
  });

  test('the place of NULL', async () => {
    const table = await it.table('numbers');
    const column = table.column.get('i')!;
    const ids = async (descending: boolean, nulls: 'first' | 'last') => {
      const compiled = it.connector.compileFetch({
        kind: 'rows',
        select: select(table, [table.column.get('id')!], {
          orderBy: [
            { kind: 'column', path: [], column, descending, nulls },
            { kind: 'column', path: [], column: table.column.get('id')!, descending: false, nulls: 'last' },
          ],
        }),
      });
      return textsOf(compiled, await it.run(compiled))
        .flat()
        .join('');
    };
    expect(await ids(false, 'last')).toBe('1234');
    expect(await ids(false, 'first')).toBe('4123');
    expect(await ids(true, 'first')).toBe('4231');
    expect(await ids(true, 'last')).toBe('2314');
  });

  test('limits and offsets, written or bound', async () => {
    const type = { scalar: 'int', array: false } as const;
    const ids = async (options: Parameters<Fixture['select']>[3]) =>
      (await it.select('numbers', ['id'], always, options)).flat().join('');
    expect(await ids({ limit: 2 })).toBe('12');
    expect(await ids({ limit: 2, offset: 1 })).toBe('23');
    expect(await ids({ offset: 3 })).toBe('4');
    expect(await ids({ limit: fixed(type, 3) })).toBe('123');
  });

  describe('writes', () => {
    beforeEach(() =>
      it.past.execute("truncate table ups; insert into ups (id, code, n, j) values (1, 'a', 1, '{}')"),
    );
    const all = () => it.select('ups', ['id', 'code', 'n']);

    const upsert = async (row: Readonly<Record<string, unknown>>, update: readonly string[]) => {
      const table = await it.table('ups');
      const columns = Object.keys(row).map((name) => table.column.get(name)!);
      const onConflict: OnConflict = {
        key: table.keys.at(-1)!,
        update: update.map((name) => table.column.get(name)!),
        where: null,
      };
      const rows = [columns.map((column) => ({ ...fixed(column.type, row[column.name]), column }))];
      return it.run(
        it.connector.compileWrite({ kind: 'insert', table, columns, rows, onConflict, returning: [] }),
      );
    };

    test('insert tells the key that it made', async () => {
      expect(await it.insert('ups', { code: 'b' })).toMatchObject({ affected: 1, insertId: '2' });
      expect(await it.insert('ups', { id: 50, code: 'c' })).toMatchObject({ affected: 1 });
      expect(await all()).toEqual([
        ['1', 'a', '1'],
        ['2', 'b', '7'],
        ['50', 'c', '7'],
      ]);
    });

    test('insert of several rows, with defaults', async () => {
      const table = await it.table('ups');
      const columns = ['code', 'n'].map((name) => table.column.get(name)!);
      const cell = (index: number, value: unknown) => ({
        ...fixed(columns[index]!.type, value),
        column: columns[index]!,
      });
      const rows = [
        [cell(0, 'x'), 'default' as const],
        [cell(0, 'y'), cell(1, 9)],
      ];
      const result = await it.run(
        it.connector.compileWrite({ kind: 'insert', table, columns, rows, onConflict: null, returning: [] }),
      );
      expect(result).toMatchObject({ affected: 2, insertId: '2' });
      expect(await all()).toEqual([
        ['1', 'a', '1'],
        ['2', 'x', '7'],
        ['3', 'y', '9'],
      ]);
      const events = await it.table('events');
      const empty = await it.run(
        it.connector.compileWrite({
          kind: 'insert',
          table: events,
          columns: [],
          rows: [[]],
          onConflict: null,
          returning: [],
        }),
      );
      expect(empty).toMatchObject({ affected: 1 });
    });

    test('upsert: one row affected, whether it was there, changes, or is new', async () => {
      expect(await upsert({ code: 'a', n: 5 }, ['n'])).toMatchObject({ affected: 1 });
      expect(await upsert({ code: 'a', n: 5 }, ['n'])).toMatchObject({ affected: 1 });
      expect(await upsert({ code: 'b', n: 6 }, ['n'])).toMatchObject({ affected: 1 });
      expect((await all()).map(([, code, n]) => [code, n])).toEqual([
        ['a', '5'],
        ['b', '6'],
      ]);
      expect(await upsert({ code: 'a', n: 99 }, [])).toMatchObject({ affected: 1 });
      expect((await all())[0]).toEqual(['1', 'a', '5']);
    });

    test('an empty update list hides no other error', async () => {
      await expect(upsert({ code: 'x'.repeat(30), n: 1 }, [])).rejects.toMatchObject({
        code: 'data-exception',
      });
      await expect(upsert({ code: 'z', n: null }, [])).rejects.toMatchObject({
        code: 'constraint-violation',
      });
    });

    test('update counts the rows that matched, delete those that went', async () => {
      const table = await it.table('ups');
      const column = table.column.get('n')!;
      const set: Assignment[] = [{ kind: 'set', column, value: { ...fixed(column.type, 1), column } }];
      const update = (where: Predicate) =>
        it.run(it.connector.compileWrite({ kind: 'update', table, set, where, returning: [] }));
      expect(await update(always)).toMatchObject({ affected: 1 });
      expect(await update(await it.where('ups', 'n', '_gt', 5))).toMatchObject({ affected: 0 });
      const inc: Assignment[] = [{ kind: 'inc', column, value: fixed(column.type, -4) }];
      await it.run(
        it.connector.compileWrite({ kind: 'update', table, set: inc, where: always, returning: [] }),
      );
      expect(await all()).toEqual([['1', 'a', '-3']]);
      const gone = await it.run(
        it.connector.compileWrite({ kind: 'delete', table, where: always, returning: [] }),
      );
      expect(gone).toMatchObject({ affected: 1 });
    });

    if (dialect.capabilities.returning.insert) {
      test('insert and delete give rows back', async () => {
        const table = await it.table('ups');
        const columns = [table.column.get('code')!];
        const returning = ['id', 'n', 'code'].map((name) => table.column.get(name)!);
        const rows = [[{ ...fixed(columns[0]!.type, 'r'), column: columns[0]! }]];
        const inserted = it.connector.compileWrite({
          kind: 'insert',
          table,
          columns,
          rows,
          onConflict: null,
          returning,
        });
        expect(textsOf(inserted, await it.run(inserted))).toEqual([['2', '7', 'r']]);
        const deleted = it.connector.compileWrite({
          kind: 'delete',
          table,
          where: await it.where('ups', 'id', '_eq', 2),
          returning,
        });
        expect(textsOf(deleted, await it.run(deleted))).toEqual([['2', '7', 'r']]);
      });
    }

    const documents: readonly (readonly [
      kind: 'append' | 'prepend' | 'delete_key' | 'delete_elem' | 'delete_at_path',
      old: unknown,
      value: unknown,
      expected: unknown,
    ])[] = [
      ['append', { a: 1, b: { c: 1 } }, { b: { d: 2 }, "e'f": 'x"y' }, { a: 1, b: { d: 2 }, "e'f": 'x"y' }],
      ['append', { a: 1 }, {}, { a: 1 }],
      ['append', { a: 1 }, { a: null }, { a: null }],
      ['append', [1], [2, 3], [1, 2, 3]],
      ['append', [1], { a: 1 }, [1, { a: 1 }]],
      ['append', [1], 'x', [1, 'x']],
      ['append', 'x', 'y', ['x', 'y']],
      ['prepend', { a: 1, b: 2 }, { b: 3, c: [4] }, { a: 1, b: 2, c: [4] }],
      ['prepend', { a: 1 }, {}, { a: 1 }],
      ['prepend', [2], [1], [1, 2]],
      ['delete_key', { a: 1, 'b"c': 2 }, 'b"c', { a: 1 }],
      ['delete_key', { a: 1 }, 'z', { a: 1 }],
      ['delete_elem', [1, 2, 3], 0, [2, 3]],
      ['delete_elem', [1, 2, 3], -1, [1, 2]],
      ['delete_elem', [1, 2, 3], 9, [1, 2, 3]],
      ['delete_elem', { a: 1 }, 0, { a: 1 }],
      [
        'delete_at_path',
        { a: { b: [1, { c: 2, d: 3 }] } },
        ['a', 'b', '1', 'c'],
        { a: { b: [1, { d: 3 }] } },
      ],
      ['delete_at_path', { a: [1, 2, 3] }, ['a', '-1'], { a: [1, 2] }],
      ['delete_at_path', { a: { '0': 1, b: 2 } }, ['a', '0'], { a: { b: 2 } }],
      ['delete_at_path', { a: { b: 2 } }, ['a', '0'], { a: { b: 2 } }],
      ['delete_at_path', { a: 1 }, [], { a: 1 }],
      ['delete_at_path', { a: 1 }, ['x', 'y'], { a: 1 }],
    ];
    test.each(documents)('%s %j %j', async (kind, old, value, expected) => {
      const table = await it.table('ups');
      const column = table.column.get('j')!;
      const types = {
        append: column.type,
        prepend: column.type,
        delete_key: 'text',
        delete_elem: 'int',
        delete_at_path: 'text',
      } as const;
      const type =
        typeof types[kind] === 'string'
          ? { scalar: types[kind] as 'text', array: kind === 'delete_at_path' }
          : column.type;
      const set = (assignment: Assignment) =>
        it.run(
          it.connector.compileWrite({
            kind: 'update',
            table,
            set: [assignment],
            where: always,
            returning: [],
          }),
        );
      await set({ kind: 'set', column, value: { ...fixed(column.type, old), column } });
      await set({ kind, column, value: fixed(type, value) });
      expect(JSON.parse((await it.select('ups', ['j']))[0]![0]!)).toEqual(expected);
    });
  });
});
