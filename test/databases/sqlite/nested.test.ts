import type { Relationship, Table } from '../../../src/catalog/index.ts';
import { compileWriter } from '../../../src/execute/writer.ts';
import { always, type Field, type OrderTerm } from '../../../src/plan/index.ts';
import { cleanUp, columnField, constant, type Fixture, fixture, jsonText, run, select } from './support.ts';

afterAll(cleanUp);

function related(
  name: string,
  from: Table,
  to: Table,
  pairs: Readonly<Record<string, string>>,
  kind: 'object' | 'array',
): Relationship {
  const mapping = Object.entries(pairs).map(([a, b]) => ({
    from: from.column.get(a)!,
    to: to.column.get(b)!,
  }));
  return {
    name,
    kind,
    from,
    to,
    mapping,
    remote: false,
    nullable: true,
    unique: kind === 'object',
    owner: kind === 'object' ? 'from' : 'to',
    comment: null,
    foreignKey: null,
  };
}

const by = (table: Table, name: string, descending = false): OrderTerm => ({
  kind: 'column',
  path: [],
  column: table.column.get(name)!,
  descending,
  nulls: descending ? 'first' : 'last',
});

async function written(made: Fixture, chosen: ReturnType<typeof select>): Promise<unknown> {
  const compiled = made.connector.compileFetch({ kind: 'rows', select: chosen });
  const { rows } = await run(made.connector, compiled);
  const { write } = compileWriter(compiled.shape.out);
  const text = `[${rows.map((row, index) => write(row, index, { hops: [], fixed: [] })).join(',')}]`;
  expect(await jsonText(made, chosen)).toBe(text);
  return JSON.parse(text);
}

test('to-one and to-many rows nest, in their order, each with its own page', async () => {
  const made = await fixture(`
    create table p (id INTEGER PRIMARY KEY, name TEXT, boss INTEGER references p (id));
    create table c (id INTEGER PRIMARY KEY, p INTEGER references p (id), n INTEGER, big BIGINT);
    create table g (c INTEGER references c (id), note TEXT);
    insert into p values (1, 'one "1"', null), (2, 'two', 1), (3, 'three', 2);
    insert into c values (1, 1, 5, 1), (2, 1, 3, 9007199254740993), (3, 1, null, null), (4, 2, 1, 2);
    insert into g values (2, '["not", "parsed"]'), (2, '{"a":1}'), (4, null);`);
  const [p, c, g] = ['p', 'c', 'g'].map(made.table) as [Table, Table, Table];
  const notes: Field = {
    kind: 'array',
    key: 'notes',
    relationship: related('notes', c, g, { id: 'c' }, 'array'),
    select: select(g, ['note'], { orderBy: [by(g, 'note', true)] }),
  };
  const children: Field = {
    kind: 'array',
    key: 'children',
    relationship: related('children', p, c, { id: 'p' }, 'array'),
    select: {
      ...select(c, ['id', 'n', 'big'], {
        orderBy: [by(c, 'n')],
        limit: 2,
        offset: constant(1, { scalar: 'int', array: false }),
      }),
      fields: [
        columnField(c.column.get('id')!),
        columnField(c.column.get('n')!),
        columnField(c.column.get('big')!),
        notes,
      ],
    },
  };
  const boss: Field = {
    kind: 'object',
    key: 'boss',
    relationship: related('boss', p, p, { boss: 'id' }, 'object'),
    select: {
      ...select(p, ['name']),
      fields: [{ kind: 'constant', key: '__typename', json: '"p"' }, columnField(p.column.get('name')!)],
    },
  };
  const chosen = {
    ...select(p, ['name'], { orderBy: [by(p, 'id')] }),
    fields: [columnField(p.column.get('name')!), boss, children],
  };
  expect(await written(made, chosen)).toEqual([
    {
      name: 'one "1"',
      boss: null,
      children: [
        { id: 1, n: 5, big: '1', notes: [] },
        { id: 3, n: null, big: null, notes: [] },
      ],
    },
    { name: 'two', boss: { __typename: 'p', name: 'one "1"' }, children: [] },
    { name: 'three', boss: { __typename: 'p', name: 'two' }, children: [] },
  ]);
  const all = {
    ...chosen,
    fields: [{ ...children, select: { ...children.select, limit: null, offset: null } } as Field],
  };
  const lists = (await written(made, all)) as { children: { id: number; notes: unknown[] }[] }[];
  expect(lists.map((row) => row.children.map(({ id }) => id))).toEqual([[2, 1, 3], [4], []]);
  expect(lists[0]!.children[0]!.notes).toEqual([{ note: '{"a":1}' }, { note: '["not", "parsed"]' }]);
  expect(lists[1]!.children[0]!.notes).toEqual([{ note: null }]);
});

test('aggregates nest, with groups', async () => {
  const made = await fixture(`
    create table p (id INTEGER PRIMARY KEY);
    create table c (id INTEGER PRIMARY KEY, p INTEGER references p (id), kind TEXT, n DECIMAL(8,2));
    insert into p values (1), (2); insert into c values (1, 1, 'a', 1.5), (2, 1, 'b', 2), (3, 1, 'a', 3);`);
  const [p, c] = ['p', 'c'].map(made.table) as [Table, Table];
  const n = c.column.get('n')!;
  const items = [
    { kind: 'count', key: 'count', columns: [], distinct: false },
    {
      kind: 'function',
      key: 'sum',
      fn: 'sum',
      columns: [{ kind: 'column', key: 'n', column: n, type: n.type }],
    },
  ] as const;
  const all: Field = {
    kind: 'aggregate',
    key: 'all',
    relationship: related('all', p, c, { id: 'p' }, 'array'),
    aggregate: {
      table: c,
      where: always,
      orderBy: [],
      distinctOn: [],
      limit: null,
      offset: null,
      parts: [
        { kind: 'aggregate', key: 'aggregate', items },
        {
          kind: 'group_by',
          key: 'group_by',
          group: {
            keys: [{ column: c.column.get('kind')!, bucket: null }],
            having: { kind: 'and', of: [] },
            orderBy: [
              {
                by: { measure: { kind: 'count', columns: [], distinct: false } },
                descending: true,
                nulls: 'first',
              },
            ],
            limit: null,
            offset: null,
            parts: [
              { kind: 'group_key', key: 'group_key', entries: [{ key: 'kind', index: 0 }] },
              { kind: 'aggregate', key: 'aggregate', items },
            ],
          },
        },
      ],
    },
  };
  const chosen = {
    ...select(p, ['id'], { orderBy: [by(p, 'id')] }),
    fields: [columnField(p.column.get('id')!), all],
  };
  expect(await written(made, chosen)).toEqual([
    {
      id: 1,
      all: {
        aggregate: { count: 3, sum: { n: '6.50' } },
        group_by: [
          { group_key: { kind: 'a' }, aggregate: { count: 2, sum: { n: '4.50' } } },
          { group_key: { kind: 'b' }, aggregate: { count: 1, sum: { n: '2.00' } } },
        ],
      },
    },
    { id: 2, all: { aggregate: { count: 0, sum: { n: null } }, group_by: [] } },
  ]);
});

test('children of many parents come with the index of their parent, each parent with its own page', async () => {
  const made = await fixture(`create table c (id INTEGER PRIMARY KEY, a TEXT, b BIGINT);
    insert into c values (1, 'x', 1), (2, 'x', 1), (3, 'x', 1), (4, 'y', 9007199254740993), (5, 'y', 9007199254740992);`);
  const c = made.table('c');
  const columns = [c.column.get('a')!, c.column.get('b')!];
  const keys = constant(
    [
      ['y', '9007199254740993'],
      ['z', '1'],
      ['x', '1'],
    ],
    columns[0]!.type,
    {
      shape: 'keys',
      keyTypes: columns.map(({ type }) => type),
    },
  );
  const children = async (limit: number | null) => {
    const chosen = select(c, ['id'], { orderBy: [by(c, 'id', true)], limit });
    const compiled = made.connector.compileFetch({ kind: 'children', columns, keys, select: chosen });
    const { rows } = await run(made.connector, compiled);
    return rows.map((row) => row.slice(0, 2)).sort(([a], [b]) => Number(a) - Number(b));
  };
  expect(await children(null)).toEqual([
    [0, 4],
    [2, 3],
    [2, 2],
    [2, 1],
  ]);
  expect(await children(2)).toEqual([
    [0, 4],
    [2, 3],
    [2, 2],
  ]);
});
