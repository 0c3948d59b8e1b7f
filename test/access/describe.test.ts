import { describePermissions, resolvePermissions } from '../../src/access/index.ts';
import type { BoolExp, TableMetadata } from '../../src/catalog/index.ts';
import { catalog, column, facts, reference, source, table } from '../graph/catalogs.ts';

const id = column('id', 'int');
const shop = [
  table('customers', [id, column('email', 'text'), column('is_vip', 'boolean')]),
  table(
    'orders',
    [
      id,
      column('customer_id', 'int'),
      column('parent_id', 'int', { nullable: true }),
      column('total', 'numeric'),
      column('tags', 'text', { array: true }),
    ],
    { foreignKeys: [reference('customer_id', 'customers')] },
  ),
];

function described(tables: readonly TableMetadata[]) {
  const metadata = { tables };
  const resolved = resolvePermissions(catalog([source('shop', facts(shop))], metadata), metadata);
  expect(resolved.issues).toEqual([]);
  return [...resolved.roles.values()].map(describePermissions);
}

const reading = (filter: BoolExp, more: object = {}): TableMetadata => ({
  source: 'shop',
  table: 'orders',
  select_permissions: [{ role: 'clerk', permission: { columns: ['id', 'total'], filter, ...more } }],
});

const conditions: Record<string, BoolExp> = {
  'every row': {},
  'no row': { _or: [] },
  comparisons: { id: { _gt: 3, _lte: 9 }, total: { _in: ['1.5', '2'] } },
  'a session variable': { customer_id: { _eq: 'X-Hasura-User-Id' } },
  'a list with session variables': { id: { _in: [1, 'X-Foz-Team-Id'] } },
  'a list that is a session variable': { id: { _in: 'X-Foz-Teams' } },
  'a range': { id: { _between: [1, 'X-Foz-Top'] } },
  nulls: { parent_id: { _is_null: true }, total: { _is_null: false } },
  'columns of one row': { id: { _cne: 'parent_id' }, customer_id: { _cgt: 'id' } },
  'a list of values': { tags: { _contains: ['a', 'b'] } },
  'not, or, and': {
    _not: { _or: [{ id: { _eq: 1 } }, { _and: [{ id: { _eq: 2 } }, { total: { _gt: 3 } }] }] },
  },
  'over a relationship': { customer: { is_vip: { _eq: true }, email: { _like: '%@x' } } },
  'no row of a relationship': { customer: { _none: { is_vip: { _eq: true } } } },
  'every row of a relationship': { customer: { _every: { is_vip: { _eq: true } } } },
  'another table': {
    _exists: { _table: { schema: 'public', name: 'customers' }, _where: { id: { _eq: 1 } } },
  },
};

test.each(Object.keys(conditions))('a described rule is valid metadata: %s', (name) => {
  const [first] = described([reading(conditions[name]!, { limit: 5, allow_aggregations: true })]);
  const { filter } = first![0]!.select!;
  expect(described([reading(filter as BoolExp, { limit: 5, allow_aggregations: true })])).toEqual([first]);
});

test('a rule is described in the format of the metadata', () => {
  const filter = (given: BoolExp) => described([reading(given)])[0]![0]!.select!.filter;
  expect(filter(conditions['a session variable']!)).toEqual({ customer_id: { _eq: 'X-Foz-User-Id' } });
  expect(filter(conditions['a range']!)).toEqual({ id: { _between: [1, 'X-Foz-Top'] } });
  expect(filter(conditions['every row']!)).toEqual({});
  expect(filter(conditions['no row']!)).toEqual({ _or: [] });
  expect(filter({ id: { _cne: 'parent_id' } })).toEqual({ id: { _cneq: 'parent_id' } });
  expect(filter({ customer: { id: { _eq: 1 } } })).toEqual({ customer: { id: { _eq: 1 } } });
});

test('the permissions of a role on a table are described completely', () => {
  const check = { customer_id: { _eq: 'X-Foz-User-Id' } };
  const [clerk] = described([
    {
      ...reading({ id: { _gt: 1 } }, { limit: 7, query_root_fields: ['select'] }),
      insert_permissions: [
        {
          role: 'clerk',
          permission: {
            columns: ['total'],
            check,
            set: { customer_id: 'X-Foz-User-Id' },
            backend_only: true,
          },
        },
      ],
      update_permissions: [{ role: 'clerk', permission: { columns: ['total'], filter: check, check: {} } }],
    },
  ]);
  expect(clerk).toEqual([
    {
      source: 'shop',
      namespace: 'public',
      table: 'orders',
      select: {
        columns: ['id', 'total'],
        masks: {},
        filter: { id: { _gt: 1 } },
        limit: 7,
        aggregations: false,
        queryRoots: ['select'],
        subscriptionRoots: null,
      },
      insert: { columns: ['total'], presets: { customer_id: 'X-Foz-User-Id' }, check, backendOnly: true },
      update: { columns: ['total'], presets: {}, filter: check, check: {}, backendOnly: false },
      delete: null,
    },
  ]);
});
