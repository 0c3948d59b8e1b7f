import { resolvePermissions } from '../../src/access/index.ts';
import type { BoolExp, InheritedRoleMetadata, TableMetadata } from '../../src/catalog/index.ts';
import { catalog, column, facts, reference, source, table } from '../graph/catalogs.ts';

const id = column('id', 'int');
const shop = [
  table('customers', [
    id,
    column('email', 'text'),
    column('is_vip', 'boolean'),
    column('data', 'jsonb', { nullable: true }),
  ]),
  table(
    'orders',
    [id, column('customer_id', 'int'), column('total', 'numeric'), column('tags', 'text', { array: true })],
    {
      foreignKeys: [reference('customer_id', 'customers')],
    },
  ),
];
const log = table('log', [column('line', 'text')]);
const desk = [table('tickets', [id, column('customer_id', 'int')], { namespace: null })];
const tickets = {
  source: 'shop',
  table: 'customers',
  remote_relationships: [
    {
      name: 'tickets',
      definition: {
        to_source: {
          source: 'desk',
          table: 'tickets',
          relationship_type: 'array' as const,
          field_mapping: { id: 'customer_id' },
        },
      },
    },
  ],
};

function resolve(tables: readonly TableMetadata[], inherited: readonly InheritedRoleMetadata[] = []) {
  const metadata = { tables: [tickets, ...tables], inherited_roles: inherited };
  const sources = [source('shop', [...shop, log]), source('desk', facts(desk, { defaultNamespace: null }))];
  return resolvePermissions(catalog(sources, metadata), metadata);
}

const select = (role: string, permission: object, name = 'orders'): TableMetadata => ({
  source: 'shop',
  table: name,
  select_permissions: [{ role, permission: { columns: '*', filter: {}, ...permission } }],
});

function issuesOf(
  tables: readonly TableMetadata[],
  inherited: readonly InheritedRoleMetadata[] = [],
): string[] {
  return resolve(tables, inherited).issues.map(
    ({ severity, where, reason }) => `${severity} ${where}: ${reason}`,
  );
}

/** The permissions of a role on a table of the shop. */
function granted(
  role: string,
  tables: readonly TableMetadata[],
  name = 'orders',
  inherited: readonly InheritedRoleMetadata[] = [],
) {
  const roles = new Map<string, unknown>(resolve(tables, inherited).roles);
  const found = roles.get(role) as ReturnType<typeof resolve>['roles'] extends ReadonlyMap<unknown, infer R>
    ? R
    : never;
  return [...(found?.tables.values() ?? [])].find((permission) => permission.table.name === name);
}

describe('a permission with anything wrong in it grants nothing, and says where', () => {
  const at = 'error shop.public.orders: select permission of role "r", ';
  const cases: readonly [string, BoolExp, string][] = [
    [
      'an unknown column',
      { nope: { _eq: 1 } },
      'filter.nope: shop.public.orders has no column or relationship "nope"',
    ],
    [
      'an unknown operator',
      { id: { _eqq: 1 } },
      'filter.id._eqq: there is no operator _eqq (did you mean "_eq"?)',
    ],
    [
      'an operator like no other',
      { id: { _resembles: 1 } },
      'filter.id._resembles: there is no operator _resembles',
    ],
    [
      'a session variable with a misspelt prefix',
      { customer: { email: { _eq: 'X-Hasraa-Email' } } },
      'filter.customer.email._eq: "X-Hasraa-Email" is no session variable: those begin with x-foz- or x-hasura- (did you mean "x-hasura-"?)',
    ],
    [
      'the same in a list',
      { id: { _in: ['X-Fooz-Id'] } },
      'filter.id._in: "X-Fooz-Id" is no session variable: those begin with x-foz- or x-hasura- (did you mean "x-foz-"?)',
    ],
    [
      'an operator that does not apply',
      { id: { _like: 'x' } },
      'filter.id._like: _like does not apply to id (int)',
    ],
    ['a value of another type', { id: { _eq: 'x' } }, 'filter.id._eq: "x" is no value of the type int'],
    ['a fraction', { id: { _eq: 1.5 } }, 'filter.id._eq: 1.5 is no value of the type int'],
    ['null', { id: { _eq: null } }, 'filter.id._eq: null is no value of the type int'],
    [
      'no list',
      { id: { _in: 3 } },
      'filter.id._in: needs a list of values, or a session variable that holds one',
    ],
    ['a list with another type', { id: { _in: [1, 'x'] } }, 'filter.id._in: "x" is no value of the type int'],
    ['half a range', { id: { _between: [1] } }, 'filter.id._between: needs exactly two values: [low, high]'],
    ['no truth', { id: { _is_null: 'yes' } }, 'filter.id._is_null: needs true or false'],
    ['a bare value', { id: 3 }, 'filter.id: needs an object of operators, as { _eq: 3 }'],
    [
      'an unknown column to compare with',
      { id: { _ceq: 'nope' } },
      'filter.id._ceq: shop.public.orders has no column "nope" to compare with',
    ],
    [
      'a column of another kind to compare with',
      { customer_id: { _ceq: 'tags' } },
      'filter.customer_id._ceq: customer_id (int) cannot be compared with tags (text)',
    ],
    [
      'a text compared with a number',
      { customer: { email: { _cne: 'id' } } },
      'filter.customer.email._cne: email (text) cannot be compared with id (int)',
    ],
    [
      'a number within a document that metadata keeps as a text',
      { customer: { data: { _contains: { ids: ['12345678901234567890.10'] } } } },
      'filter.customer.data._contains: "12345678901234567890.10" has more digits than metadata keeps for a number within a document: whether a number or a text is meant cannot be known here (use a session variable, or a default of the column)',
    ],
    [
      'documents to be ordered',
      { customer: { data: { _cgt: 'data' } } },
      'filter.customer.data._cgt: data (jsonb) cannot be compared with data (jsonb)',
    ],
    [
      'the outermost row',
      { id: { _ceq: ['$', 'id'] } },
      'filter.id._ceq: a column of the outermost row cannot be compared: compare columns of one row',
    ],
    [
      'below a relationship',
      { customer: { nope: {} } },
      'filter.customer.nope: shop.public.customers has no column or relationship "nope"',
    ],
    [
      'below or',
      { _or: [{ id: { _eq: 1 } }, { nope: {} }] },
      'filter._or[1].nope: shop.public.orders has no column or relationship "nope"',
    ],
    [
      'an unknown table',
      { _exists: { _table: 'nope', _where: {} } },
      'filter._exists._table: source shop has no table "nope"',
    ],
    [
      'a table of another source',
      { _exists: { _table: 'tickets', _where: {} } },
      'filter._exists._table: source shop has no table "tickets"',
    ],
    [
      'below exists',
      { _exists: { _table: 'customers', _where: { total: {} } } },
      'filter._exists._where.total: shop.public.customers has no column or relationship "total"',
    ],
    [
      'a misspelled condition below exists',
      { customer: { _exists: { _table: 'customers', _were: { id: { _eq: 1 } } } } },
      'filter.customer._exists._were: _exists has nothing but _table and _where',
    ],
    ['no list of conditions', { _and: 3 }, 'filter._and: needs a list of conditions'],
    [
      'an array column by a scalar operator',
      { tags: { _like: 'x' } },
      'filter.tags._like: _like does not apply to tags (text)',
    ],
  ];
  test.each(cases)('%s', (_, filter, reason) => {
    expect(issuesOf([select('r', { filter })])).toEqual([`${at}${reason}; the permission is left out`]);
    expect(granted('r', [select('r', { filter })])?.select ?? null).toBeNull();
  });

  test('every fault of a permission is reported at once, with its path in the metadata', () => {
    const filter = { _or: [{ totl: { _gt: 1 } }, { id: { _eq: 'x', _gtt: 2 } }], customer: { nope: {} } };
    const { issues } = resolve([select('r', { columns: ['id', 'totall'], filter, masks: { tags: {} } })]);
    const path = ['tables', 1, 'select_permissions', 0, 'permission'];
    expect(issues.map(({ where, path }) => [where.split(', ')[1], path])).toEqual([
      ['columns[1]', [...path, 'columns', 1]],
      ['filter._or[0].totl', [...path, 'filter', '_or', 0, 'totl']],
      ['filter._or[1].id._eq', [...path, 'filter', '_or', 1, 'id', '_eq']],
      ['filter._or[1].id._gtt', [...path, 'filter', '_or', 1, 'id', '_gtt']],
      ['filter.customer.nope', [...path, 'filter', 'customer', 'nope']],
      ['masks.tags', [...path, 'masks', 'tags']],
    ]);
    expect(issues[1]!.reason).toContain('(did you mean "total"?)');
  });

  test('a text that only begins like a session variable of another product is a text', () => {
    expect(issuesOf([select('r', { filter: { customer: { email: { _eq: 'x-ray-9' } } } })])).toEqual([]);
  });

  test('a role that an inherited role names must have permissions', () => {
    const { issues } = resolve([select('clerk', {})], [{ role_name: 'both', role_set: ['clerk', 'clrek'] }]);
    expect(issues).toEqual([
      {
        severity: 'note',
        where: 'inherited role "both", role_set[1]',
        reason: 'no role "clrek" has any permission (did you mean "clerk"?)',
        path: ['inherited_roles', 0, 'role_set', 1],
      },
    ]);
  });

  test('numbers are compared with numbers', () => {
    expect(issuesOf([select('r', { filter: { total: { _cgt: 'id' }, tags: { _ceq: 'tags' } } })])).toEqual(
      [],
    );
  });

  test('unknown columns, masks and presets', () => {
    expect(issuesOf([select('r', { columns: ['nope', 'id', 'gone'] })])).toEqual([
      `${at}columns[0]: shop.public.orders has no column "nope"; the permission is left out`,
      `${at}columns[2]: shop.public.orders has no column "gone"; the permission is left out`,
    ]);
    expect(issuesOf([select('r', { columns: ['id'], masks: { total: {} } })])).toEqual([
      `${at}masks.total: total is not among the columns of the permission; the permission is left out`,
    ]);
    const insert: TableMetadata = {
      source: 'shop',
      table: 'orders',
      insert_permissions: [{ role: 'r', permission: { columns: '*', check: {}, set: { nope: 1 } } }],
    };
    expect(issuesOf([insert])[0]).toContain('set.nope: shop.public.orders has no column "nope"');
    expect(granted('r', [insert])?.insert ?? null).toBeNull();
    const preset: TableMetadata = {
      source: 'shop',
      table: 'customers',
      insert_permissions: [
        { role: 'r', permission: { columns: '*', check: {}, set: { data: { n: '1e400' } } } },
      ],
    };
    expect(issuesOf([preset])[0]).toContain('set.data: "1e400" has more digits than metadata keeps');
  });

  test('a mask that looks into another source', () => {
    const masked = select('r', { masks: { email: { tickets: {} } } }, 'customers');
    expect(issuesOf([masked])).toEqual([]);
    const [rule] = granted('r', [masked], 'customers')!.select!.masks.values();
    expect(rule).toMatchObject({ kind: 'exists', relationship: { name: 'tickets', remote: true } });
  });

  test('a check of a table without a key, as long as none is declared', () => {
    const insert = (check: BoolExp, more: object = {}): TableMetadata => ({
      source: 'shop',
      table: 'log',
      insert_permissions: [{ role: 'r', permission: { columns: '*', check } }],
      ...more,
    });
    const check = { line: { _neq: '' } };
    expect(issuesOf([insert(check)])).toEqual([
      'note shop.public.log: insert permission of role "r": the table has no key, by which a written row is found to hold it against the check, so writes are refused: declare one (primary_key)',
    ]);
    expect(granted('r', [insert(check)], 'log')!.insert).not.toBeNull();
    expect(issuesOf([insert({})])).toEqual([]);
    expect(issuesOf([insert(check, { primary_key: ['line'] })])).toEqual([]);
  });

  test('admin, names that are none, and a permission given twice', () => {
    expect(issuesOf([select('admin', {})])[0]).toContain('admin may do everything already');
    expect(issuesOf([select('', {})])[0]).toContain('this is no name for a role');
    const twice = {
      source: 'shop',
      table: 'orders',
      select_permissions: [
        { role: 'r', permission: { columns: ['id'], filter: { id: { _eq: 1 } } } },
        { role: 'r', permission: { columns: '*' as const, filter: {} } },
      ],
    };
    expect(issuesOf([twice])[0]).toContain('the role has this permission twice: the first one holds');
    expect(granted('r', [twice])!.select!.columns.map(({ name }) => name)).toEqual(['id']);
  });
});

describe('inherited roles', () => {
  const both = (one: object, other: object): TableMetadata => ({
    source: 'shop',
    table: 'orders',
    select_permissions: [
      { role: 'one', permission: { columns: ['id', 'total'], filter: {}, ...one } },
      { role: 'other', permission: { columns: ['id', 'customer_id'], filter: {}, ...other } },
    ],
  });
  const roles = [{ role_name: 'both', role_set: ['one', 'other'] }];
  const selectOf = (entry: TableMetadata) => granted('both', [entry], 'orders', roles)!.select!;

  test('columns of either; all of them unmasked only where both see every row', () => {
    const open = selectOf(both({}, { columns: ['id', 'total'] }));
    expect([...open.masks.keys()]).toEqual([]);
    const mixed = selectOf(both({ filter: { id: { _eq: 1 } } }, { filter: { id: { _eq: 2 } } }));
    expect(mixed.columns.map(({ name }) => name)).toEqual(['id', 'customer_id', 'total']);
    expect([...mixed.masks.keys()].map(({ name }) => name)).toEqual(['customer_id', 'total']);
    expect(mixed.filter.kind).toBe('or');
  });

  test('the wider limit, aggregates and root fields of either', () => {
    expect(selectOf(both({ limit: 3 }, { limit: 9 })).limit).toBe(9);
    expect(selectOf(both({ limit: 3 }, {})).limit).toBeNull();
    expect(selectOf(both({ allow_aggregations: true }, {})).aggregations).toBe(true);
    expect(selectOf(both({}, {})).aggregations).toBe(false);
    const fields = selectOf(both({ query_root_fields: ['select'] }, { query_root_fields: ['select_by_pk'] }));
    expect([...fields.queryRoots!].sort()).toEqual(['select', 'select_by_pk']);
    expect(selectOf(both({ query_root_fields: [] }, {})).queryRoots).toBeNull();
  });

  test('a write permission in which parents differ is left out and reported', () => {
    const writes = (names: readonly string[], least = (at: number) => at): TableMetadata => ({
      source: 'shop',
      table: 'orders',
      delete_permissions: names.map((role, at) => ({
        role,
        permission: { filter: { id: { _gt: least(at) } } },
      })),
    });
    expect(granted('both', [writes(['one'])], 'orders', roles)!.delete).not.toBeNull();
    expect(granted('both', [writes(['one', 'other'])], 'orders', roles)!.delete).toBeNull();
    expect(issuesOf([writes(['one', 'other'])], roles)[0]).toContain('give the role its own');
    expect(granted('both', [writes(['one', 'other', 'both'])], 'orders', roles)!.delete).not.toBeNull();
    const alike = [writes(['one', 'other'], () => 7)];
    expect(granted('both', alike, 'orders', roles)!.delete).not.toBeNull();
    expect(issuesOf(alike, roles)).toEqual([]);
  });

  test('what is wrong in its own permission does not give a role those of the others', () => {
    const wrong: TableMetadata = {
      source: 'shop',
      table: 'orders',
      select_permissions: [
        { role: 'one', permission: { columns: '*', filter: {} } },
        { role: 'both', permission: { columns: ['id'], filter: { nope: { _eq: 1 } } } },
      ],
      insert_permissions: [
        { role: 'one', permission: { columns: '*', check: {} } },
        { role: 'both', permission: { columns: ['nope'], check: {} } },
      ],
      update_permissions: [{ role: 'one', permission: { columns: '*', filter: {} } }],
    };
    const found = granted('both', [wrong], 'orders', roles)!;
    expect([found.select, found.insert, found.delete]).toEqual([null, null, null]);
    expect(found.update).not.toBeNull();
  });

  test('cycles, admin and unknown parents', () => {
    const circle = [
      { role_name: 'a', role_set: ['b'] },
      { role_name: 'b', role_set: ['a'] },
    ];
    expect(issuesOf([], circle)[0]).toContain('it inherits from itself: a -> b -> a');
    expect(issuesOf([], [{ role_name: 'a', role_set: ['admin'] }])[0]).toContain('admin cannot be inherited');
    expect(granted('a', [], 'orders', [{ role_name: 'a', role_set: ['nobody'] }])).toBeUndefined();
  });
});
