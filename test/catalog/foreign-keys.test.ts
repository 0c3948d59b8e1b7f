import type { Catalog, TableFacts } from '../../src/catalog/index.ts';
import { catalog, column, facts, named, reference, source, table } from '../graph/catalogs.ts';

/** `orders.customer -> customers object from null (customer_id=id)` for every relationship, in order. */
function relationships(resolved: Catalog): string[] {
  return [...resolved.sources.values()].flatMap((entry) =>
    entry.tables.flatMap((from) =>
      from.relationships.map(({ name, to, kind, owner, nullable, unique, mapping }) => {
        const pairs = mapping.map((pair) => `${pair.from.name}=${pair.to.name}`).join(' ');
        const marks = [kind, owner, ...(nullable ? ['null'] : []), ...(unique ? ['unique'] : [])].join(' ');
        return `${from.name}.${name} -> ${to.name} ${marks} (${pairs})`;
      }),
    ),
  );
}

const id = column('id', 'int');
const of = (...tables: readonly TableFacts[]) => catalog([source('shop', tables)]);
const int = (name: string, nullable = false) => column(name, 'int', { nullable });

test('a foreign key is named in both directions', () => {
  const resolved = of(
    table('customers', [id]),
    table('orders', [id, int('customer_id'), int('courierId', true)], {
      foreignKeys: [reference('customer_id', 'customers'), reference('courierId', 'couriers')],
    }),
    table('couriers', [id]),
  );
  expect(relationships(resolved)).toEqual([
    'customers.orders -> orders array to null (id=customer_id)',
    'orders.customer -> customers object from unique (customer_id=id)',
    'orders.courier -> couriers object from null unique (courierId=id)',
    'couriers.orders -> orders array to null (id=courierId)',
  ]);
  expect(resolved.issues).toEqual([]);
});

test('a foreign key that its rows need not satisfy may lead to no row', () => {
  const unchecked = { ...reference('customer_id', 'customers'), unchecked: true as const };
  const resolved = of(
    table('customers', [id]),
    table('orders', [id, int('customer_id')], { foreignKeys: [unchecked] }),
  );
  expect(relationships(resolved)).toContain(
    'orders.customer -> customers object from null unique (customer_id=id)',
  );
});

test('a column without the ending gives way to the name of the target table', () => {
  const resolved = of(
    table('countries', [column('code', 'text')], {
      primaryKey: { name: 'countries_pkey', columns: ['code'] },
    }),
    table('cities', [id, column('country', 'text')], {
      foreignKeys: [
        {
          name: 'f',
          columns: ['country'],
          toNamespace: 'public',
          toTable: 'countries',
          toColumns: ['code'],
        },
      ],
    }),
  );
  expect(relationships(resolved)).toEqual([
    'countries.cities -> cities array to null (code=country)',
    'cities.countries -> countries object from unique (country=code)',
  ]);
});

test('a foreign key on a key is one-to-one: an object on both sides', () => {
  const resolved = of(
    table('users', [id]),
    table('profiles', [id, int('user_id')], {
      uniqueKeys: [{ name: 'profiles_user', columns: ['user_id'] }],
      foreignKeys: [reference('user_id', 'users')],
    }),
    table('secrets', [id], { foreignKeys: [reference('id', 'users')] }),
  );
  expect(relationships(resolved)).toEqual([
    'users.profiles -> profiles object to null unique (id=user_id)',
    'users.secrets -> secrets object to null unique (id=id)',
    'profiles.user -> users object from unique (user_id=id)',
    'secrets.users -> users object from unique (id=id)',
  ]);
});

test('two foreign keys to one table: both directions are distinguished by their columns', () => {
  const resolved = of(
    table('addresses', [id]),
    table('parcels', [id, int('sender_id'), int('receiver_id')], {
      foreignKeys: [reference('sender_id', 'addresses'), reference('receiver_id', 'addresses')],
    }),
  );
  expect(relationships(resolved)).toEqual([
    'addresses.parcels_by_sender_id -> parcels array to null (id=sender_id)',
    'addresses.parcels_by_receiver_id -> parcels array to null (id=receiver_id)',
    'parcels.sender -> addresses object from unique (sender_id=id)',
    'parcels.receiver -> addresses object from unique (receiver_id=id)',
  ]);
  expect(resolved.issues).toEqual([]);
});

test('a duplicate foreign key makes one relationship', () => {
  const twice = { ...reference('customer_id', 'customers'), name: 'again' };
  const resolved = of(
    table('customers', [id]),
    table('orders', [id, int('customer_id')], {
      foreignKeys: [reference('customer_id', 'customers'), twice],
    }),
  );
  expect(relationships(resolved)).toHaveLength(2);
});

test('a foreign key to the own table', () => {
  expect(
    relationships(
      of(
        table('employees', [id, int('manager_id', true)], {
          foreignKeys: [reference('manager_id', 'employees')],
        }),
      ),
    ),
  ).toEqual([
    'employees.manager -> employees object from null unique (manager_id=id)',
    'employees.employees -> employees array to null (id=manager_id)',
  ]);
});

test('foreign keys in a circle', () => {
  expect(
    relationships(
      of(
        table('teams', [id, int('lead_id')], { foreignKeys: [reference('lead_id', 'people')] }),
        table('people', [id, int('team_id')], { foreignKeys: [reference('team_id', 'teams')] }),
      ),
    ),
  ).toEqual([
    'teams.lead -> people object from unique (lead_id=id)',
    'teams.people -> people array to null (id=team_id)',
    'people.team -> teams object from unique (team_id=id)',
    'people.teams -> teams array to null (id=lead_id)',
  ]);
});

test('composite keys: nullable when one column is, unique when they include all columns of a key', () => {
  const resolved = of(
    table('accounts', [int('tenant'), int('number')], {
      primaryKey: { name: 'accounts_pkey', columns: ['tenant', 'number'] },
    }),
    table('bookings', [id, int('tenant'), int('account', true)], {
      foreignKeys: [
        {
          name: 'f',
          columns: ['account', 'tenant'],
          toNamespace: 'public',
          toTable: 'accounts',
          toColumns: ['number', 'tenant'],
        },
      ],
    }),
  );
  expect(relationships(resolved)).toEqual([
    'accounts.bookings -> bookings array to null (number=account tenant=tenant)',
    'bookings.accounts -> accounts object from null unique (account=number tenant=tenant)',
  ]);
});

test('relationships give way to columns of the same name, and are reported', () => {
  const resolved = of(
    table('customers', [id, column('orders', 'text')]),
    table('orders', [id, int('customer_id'), column('customer', 'text')], {
      foreignKeys: [reference('customer_id', 'customers')],
    }),
  );
  expect(relationships(resolved)).toEqual([
    'customers.orders_by_customer_id -> orders array to null (id=customer_id)',
    'orders.customers_by_customer_id -> customers object from unique (customer_id=id)',
  ]);
  expect(resolved.issues).toEqual([
    {
      severity: 'note',
      where: 'shop.public.orders.customer',
      reason:
        'the name is taken, so the relationship to shop.public.customers is called customers_by_customer_id',
    },
    {
      severity: 'note',
      where: 'shop.public.customers.orders',
      reason:
        'the name is taken, so the relationship from shop.public.orders is called orders_by_customer_id',
    },
  ]);
});

test('tables of one name in two namespaces that refer to one table', () => {
  const orders = (namespace: string) =>
    table('orders', [id, int('customer_id')], {
      namespace,
      foreignKeys: [reference('customer_id', 'customers')],
    });
  const resolved = of(table('customers', [id]), orders('public'), orders('archive'));
  const customers = resolved.sources.get(named('shop'))!.tables[0]!;
  expect(customers.relationships.map(({ name, to }) => `${name} -> ${to.id}`)).toEqual([
    'orders -> shop.public.orders',
    'orders_by_customer_id -> shop.archive.orders',
  ]);
  expect(resolved.issues.map((issue) => issue.where)).toEqual(['shop.public.customers.orders']);
});

test('a foreign key to what is not in the catalog makes no relationship', () => {
  const orders = table('orders', [id, int('customer_id')], {
    foreignKeys: [reference('customer_id', 'customers')],
  });
  expect(relationships(of(orders))).toEqual([]);
  const hidden = catalog([source('shop', [table('customers', [id]), orders])], {
    tables: [
      {
        source: 'shop',
        table: 'orders',
        configuration: { column_config: { customer_id: { hidden: true } } },
      },
    ],
  });
  expect(relationships(hidden)).toEqual([]);
});

test('an empty database is an empty catalog, and reported', () => {
  const resolved = catalog([source('shop', facts([]))]);
  expect(resolved.sources.get(named('shop'))!.tables).toEqual([]);
  expect(resolved.issues).toEqual([
    {
      severity: 'note',
      where: 'shop',
      reason: expect.stringMatching(/^there is no table that its user may read: make one/),
    },
  ]);
});

test('a catalog is frozen', () => {
  const resolved = of(table('customers', [id]));
  const [customers] = resolved.sources.get(named('shop'))!.tables;
  for (const part of [
    resolved,
    customers,
    customers!.columns,
    customers!.columns[0],
    customers!.relationships,
  ])
    expect(Object.isFrozen(part)).toBe(true);
});
