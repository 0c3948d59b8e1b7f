import type { Metadata, RelationshipMetadata, TableFacts, TableMetadata } from '../../src/catalog/index.ts';
import { catalog, column, facts, named, reference, source, table } from '../graph/catalogs.ts';

const id = column('id', 'int');
const int = (name: string, nullable = false) => column(name, 'int', { nullable });
const view = (name: string, ...columns: Parameters<typeof table>[1]) =>
  table(name, columns, { kind: 'view', primaryKey: null });

const shop: readonly TableFacts[] = [
  table('customers', [id, column('email', 'text'), column('data', 'jsonb')]),
  table('orders', [id, int('customer_id'), column('placed', 'date')], {
    foreignKeys: [reference('customer_id', 'customers')],
  }),
  view('totals', int('customer_id'), int('total')),
];
const desk: readonly TableFacts[] = [
  table('tickets', [id, column('email', 'text'), int('customer')], { namespace: null }),
  table('lines', [int('ticket'), int('line')], {
    namespace: null,
    primaryKey: { name: 'lines_key', columns: ['ticket', 'line'] },
  }),
];

function resolve(...tables: readonly TableMetadata[]) {
  return catalog([source('shop', shop), source('desk', facts(desk, { defaultNamespace: null }))], {
    tables,
  } satisfies Metadata);
}

function relationship(
  resolved: ReturnType<typeof resolve>,
  sourceName: string,
  tableName: string,
  name: string,
) {
  const found = resolved.sources
    .get(named(sourceName))!
    .tables.find((candidate) => candidate.name === tableName)!
    .relationships.find((candidate) => candidate.name === name);
  if (found === undefined) return undefined;
  const { kind, owner, nullable, unique, remote, to, mapping } = found;
  const pairs = mapping.map((pair) => `${pair.from.name}=${pair.to.name}`).join(' ');
  return `${to.id} ${kind} ${owner}${nullable ? ' null' : ''}${unique ? ' unique' : ''}${remote ? ' remote' : ''} (${pairs})`;
}

const manual = (
  name: string,
  remote_table: string,
  column_mapping: Record<string, string>,
): RelationshipMetadata => ({ name, using: { manual_configuration: { remote_table, column_mapping } } });

const remote = (
  name: string,
  to: string,
  field_mapping: Record<string, string>,
  relationship_type: 'object' | 'array' = 'array',
) => ({
  name,
  definition: {
    to_source: { source: to.split('.')[0]!, table: to.split('.')[1]!, relationship_type, field_mapping },
  },
});

describe('keys', () => {
  const key = (primary_key: readonly string[], name = 'totals') => {
    const resolved = resolve({ source: 'shop', table: name, primary_key });
    const found = resolved.sources.get(named('shop'))!.tables.find((candidate) => candidate.name === name)!;
    return { columns: found.primaryKey?.columns.map((part) => part.name), issues: resolved.issues };
  };
  test('a view gets the declared one', () => {
    expect(key(['customer_id'])).toEqual({ columns: ['customer_id'], issues: [] });
  });
  test('over unknown columns: none, and it is reported', () => {
    expect(key(['customer', 'total'])).toEqual({
      columns: undefined,
      issues: [
        {
          severity: 'error',
          where: 'shop.public.totals',
          reason: 'the declared primary_key names a column that does not exist: customer, total',
        },
      ],
    });
  });
  test('the one of the database wins, and it is reported', () => {
    expect(key(['email'], 'customers')).toEqual({
      columns: ['id'],
      issues: [
        {
          severity: 'note',
          where: 'shop.public.customers',
          reason: 'the table has a primary key, so the declared one is not used',
        },
      ],
    });
  });
  test('a declared key makes relationships to the view unique', () => {
    const orders = { source: 'shop', table: 'orders' };
    const relationships = {
      object_relationships: [manual('total', 'totals', { customer_id: 'customer_id' })],
    };
    expect(relationship(resolve({ ...orders, ...relationships }), 'shop', 'orders', 'total')).toBe(
      'shop.public.totals object to null (customer_id=customer_id)',
    );
    const keyed = resolve(
      { ...orders, ...relationships },
      { source: 'shop', table: 'totals', primary_key: ['customer_id'] },
    );
    expect(relationship(keyed, 'shop', 'orders', 'total')).toBe(
      'shop.public.totals object from null unique (customer_id=customer_id)',
    );
  });
});

describe('relationships of one source', () => {
  test('a foreign key under another name replaces its own, and keeps its side and nullability', () => {
    const resolved = resolve(
      {
        source: 'shop',
        table: 'orders',
        object_relationships: [
          { name: 'buyer', comment: 'who pays', using: { foreign_key_constraint_on: 'customer_id' } },
        ],
      },
      {
        source: 'shop',
        table: { schema: 'public', name: 'customers' },
        array_relationships: [
          {
            name: 'purchases',
            using: { foreign_key_constraint_on: { table: 'orders', column: 'customer_id' } },
          },
        ],
      },
    );
    expect(resolved.issues).toEqual([]);
    expect(relationship(resolved, 'shop', 'orders', 'buyer')).toBe(
      'shop.public.customers object from unique (customer_id=id)',
    );
    expect(relationship(resolved, 'shop', 'customers', 'purchases')).toBe(
      'shop.public.orders array to null (id=customer_id)',
    );
    expect(relationship(resolved, 'shop', 'orders', 'customer')).toBeUndefined();
    expect(relationship(resolved, 'shop', 'customers', 'orders')).toBeUndefined();
  });

  test('the far side of a one-to-one knows that the other table holds the foreign key', () => {
    const users = table('users', [id]);
    const profiles = table('profiles', [id, int('user_id')], {
      uniqueKeys: [{ name: 'profiles_user', columns: ['user_id'] }],
      foreignKeys: [reference('user_id', 'users')],
    });
    const definitions: RelationshipMetadata[] = [
      { name: 'profile', using: { foreign_key_constraint_on: { table: 'profiles', columns: ['user_id'] } } },
      manual('profile', 'profiles', { id: 'user_id' }),
    ];
    for (const definition of definitions) {
      const resolved = catalog([source('shop', [users, profiles])], {
        tables: [{ source: 'shop', table: 'users', object_relationships: [definition] }],
      });
      expect(relationship(resolved, 'shop', 'users', 'profile')).toBe(
        'shop.public.profiles object to null unique (id=user_id)',
      );
    }
  });

  test('a foreign key of a table of the same name in another namespace is not taken for it', () => {
    const archive = table('customers', [id], { namespace: 'archive' });
    const resolved = catalog([source('shop', [...shop, archive])], {
      tables: [
        {
          source: 'shop',
          table: { schema: 'archive', name: 'customers' },
          array_relationships: [
            {
              name: 'orders',
              using: {
                foreign_key_constraint_on: {
                  table: { schema: 'public', name: 'orders' },
                  columns: ['customer_id'],
                },
              },
            },
          ],
        },
      ],
    });
    expect(resolved.issues).toEqual([
      {
        severity: 'error',
        where: 'shop.archive.customers.orders',
        reason: 'shop.public.orders has no foreign key on customer_id that leads here',
        path: ['tables', 0, 'array_relationships', 0],
      },
    ]);
  });

  test.each<[string, Partial<TableMetadata>, string]>([
    [
      'no such table',
      { array_relationships: [manual('x', 'nothing', { id: 'id' })] },
      'the table it leads to does not exist',
    ],
    [
      'no such own column',
      { array_relationships: [manual('x', 'customers', { nothing: 'id' })] },
      'shop.public.orders has no column nothing',
    ],
    [
      'no such column there',
      { array_relationships: [manual('x', 'customers', { id: 'nothing' })] },
      'shop.public.customers has no column nothing',
    ],
    [
      'types that are never equal',
      { array_relationships: [manual('x', 'customers', { placed: 'email' })] },
      'shop.public.orders.placed (date) cannot equal shop.public.customers.email (text)',
    ],
    [
      'JSON is no key',
      { array_relationships: [manual('x', 'customers', { id: 'data' })] },
      'shop.public.orders.id (int) cannot equal shop.public.customers.data (jsonb)',
    ],
    [
      'no such foreign key',
      { object_relationships: [{ name: 'x', using: { foreign_key_constraint_on: ['id', 'placed'] } }] },
      'there is no foreign key on id, placed',
    ],
    [
      'an array needs the other table',
      { array_relationships: [{ name: 'x', using: { foreign_key_constraint_on: 'customer_id' } }] },
      'foreign_key_constraint_on of an array relationship needs { table, columns }',
    ],
    [
      'says nothing',
      { array_relationships: [{ name: 'x', using: {} }] },
      'needs manual_configuration or foreign_key_constraint_on',
    ],
    [
      'the name of a column',
      { array_relationships: [manual('placed', 'customers', { id: 'id' })] },
      'a column or another relationship has this name',
    ],
  ])('%s: left out and reported', (_what, declared, reason) => {
    const resolved = resolve({ source: 'shop', table: 'orders', ...declared });
    const name = [...(declared.array_relationships ?? []), ...(declared.object_relationships ?? [])][0]!.name;
    const list = declared.array_relationships === undefined ? 'object_relationships' : 'array_relationships';
    expect(resolved.issues).toEqual([
      {
        severity: 'error',
        where: `shop.public.orders.${name}`,
        reason,
        path: expect.arrayContaining(['tables', 0, list]),
      },
    ]);
    expect(relationship(resolved, 'shop', 'orders', name)).toBeUndefined();
    expect(relationship(resolved, 'shop', 'orders', 'customer')).toBeDefined();
  });
});

describe('relationships across sources', () => {
  const customers = (...remote_relationships: NonNullable<TableMetadata['remote_relationships']>) =>
    resolve({ source: 'shop', table: 'customers', remote_relationships });

  test('objects, arrays and several columns', () => {
    const resolved = customers(
      remote('tickets', 'desk.tickets', { email: 'email' }),
      remote('first', 'desk.tickets', { id: 'id' }, 'object'),
      remote('line', 'desk.lines', { id: 'line' }, 'object'),
    );
    expect(resolved.issues).toEqual([]);
    expect(
      ['tickets', 'first', 'line'].map((name) => relationship(resolved, 'shop', 'customers', name)),
    ).toEqual([
      'desk.tickets array to null remote (email=email)',
      'desk.tickets object from null unique remote (id=id)',
      'desk.lines object to null remote (id=line)',
    ]);
    const composite = resolve({
      source: 'shop',
      table: 'orders',
      remote_relationships: [remote('line', 'desk.lines', { id: 'ticket', customer_id: 'line' }, 'object')],
    });
    expect(relationship(composite, 'shop', 'orders', 'line')).toBe(
      'desk.lines object from null unique remote (id=ticket customer_id=line)',
    );
  });

  test('entries that do not fit are left out and reported', () => {
    const resolved = customers(
      remote('a', 'desk.nothing', { id: 'id' }),
      remote('b', 'nowhere.tickets', { id: 'id' }),
      remote('c', 'desk.tickets', { email: 'customer' }),
      remote('d', 'desk.tickets', {}),
      remote('orders', 'desk.tickets', { id: 'customer' }),
      remote('orders', 'desk.tickets', { id: 'customer' }),
    );
    expect(resolved.issues.map((issue) => `${issue.where}: ${issue.reason}`)).toEqual([
      'shop.public.customers.a: source desk has no table nothing',
      'shop.public.customers.b: there is no source nowhere',
      'shop.public.customers.c: shop.public.customers.email (text) cannot equal desk.tickets.customer (int)',
      'shop.public.customers.d: needs at least one pair of columns',
      'shop.public.customers.orders: a column or another relationship has this name',
      'shop.public.customers.orders: the name is taken, so the relationship from shop.public.orders is called orders_by_customer_id',
    ]);
  });
});

describe('metadata with unknown names', () => {
  test.each<[string, TableMetadata[], string[]]>([
    [
      'a table',
      [{ source: 'shop', table: 'nothing' }],
      ['shop.nothing: metadata names a table that does not exist'],
    ],
    [
      'a namespace',
      [{ source: 'shop', table: { schema: 'sales', name: 'orders' } }],
      ['shop.sales.orders: metadata names a table that does not exist'],
    ],
    [
      'a source',
      [{ source: 'nowhere', table: 'orders' }],
      ['nowhere.orders: metadata names the source nowhere, which is not there'],
    ],
    [
      'a column',
      [{ source: 'shop', table: 'orders', configuration: { column_config: { nothing: { hidden: true } } } }],
      ['shop.public.orders.nothing: metadata names a column that does not exist'],
    ],
    [
      'a table twice',
      [
        { source: 'shop', table: 'orders' },
        { source: 'shop', table: { schema: 'public', name: 'orders' } },
      ],
      ['shop.public.orders: metadata names this table twice: this entry is not used'],
    ],
  ])('%s', (_what, tables, expected) => {
    expect(resolve(...tables).issues.map((issue) => `${issue.where}: ${issue.reason}`)).toEqual(expected);
  });
});

test('untracked tables and hidden columns do not exist', () => {
  const resolved = resolve(
    { source: 'shop', table: 'orders', tracked: false },
    { source: 'shop', table: 'customers', configuration: { column_config: { id: { hidden: true } } } },
  );
  const tables = resolved.sources.get(named('shop'))!.tables;
  expect(tables.map((entry) => entry.name)).toEqual(['customers', 'totals']);
  expect(tables[0]!.columns.map((entry) => [entry.name, entry.ordinal])).toEqual([
    ['email', 0],
    ['data', 1],
  ]);
  expect(tables[0]!.primaryKey).toBeNull();
  expect(resolved.issues).toEqual([]);
});

test('names and comments of people win over those of the database', () => {
  const resolved = resolve({
    source: 'desk',
    table: 'tickets',
    configuration: {
      custom_name: 'cases',
      comment: 'what people ask',
      custom_root_fields: { select: 'allCases' },
      column_config: { email: { custom_name: 'mail', comment: 'of the customer' } },
    },
  });
  const [tickets] = resolved.sources.get(named('desk'))!.tables;
  expect([tickets!.customName, tickets!.comment, tickets!.customRootFields]).toEqual([
    'cases',
    'what people ask',
    { select: 'allCases' },
  ]);
  const email = tickets!.column.get('email')!;
  expect([email.customName, email.comment]).toEqual(['mail', 'of the customer']);
});
