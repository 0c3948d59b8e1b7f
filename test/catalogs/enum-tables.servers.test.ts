import { printSchema } from 'graphql';
import type { Metadata } from '../../src/catalog/index.ts';
import { parseRoleName } from '../../src/core/index.ts';
import { diffFacts } from '../../src/views/index.ts';
import { type Behind, behind, type Front, front } from '../faults/front.ts';
import { describeEngines, engines } from '../support/engines.ts';

const tables = [
  'create table statuses (value varchar(20) primary key, note varchar(80))',
  'create table parcels (id integer primary key, status varchar(20) not null, former varchar(20), foreign key (status) references statuses (value), foreign key (former) references statuses (value))',
  'create table colours (code varchar(20) primary key)',
  'create table empties (code varchar(20) primary key)',
  'create table wide (code varchar(20) primary key, a varchar(20), b varchar(20))',
  'create table numbers (code integer primary key)',
  `insert into statuses values ('open', 'Not paid yet'), ('closed', null), ('_lost', 'Nobody knows')`,
  `insert into parcels values (1, 'open', null), (2, 'closed', 'open'), (3, 'open', 'closed')`,
  `insert into colours values ('red'), ('light blue'), ('true')`,
];

const enums = ['statuses', 'colours', 'empties', 'wide', 'numbers'];
const metadata: Metadata = {
  tables: [
    ...enums.map((table) => ({
      source: 'shop',
      table,
      is_enum: true,
      select_permissions: [{ role: 'looker', permission: { columns: '*', filter: {} } } as const],
    })),
    {
      source: 'shop',
      table: 'parcels',
      select_permissions: [
        { role: 'clerk', permission: { columns: ['id', 'status'], filter: { status: { _eq: 'open' } } } },
      ],
    },
  ],
};

describeEngines(engines, (engine) => {
  let shop: Behind;
  let foz: Front;
  beforeAll(async () => {
    shop = await behind(engine, tables, { name: 'shop' });
    foz = await front([shop], { metadata });
  }, 60_000);
  afterAll(async () => {
    await foz?.close();
    await shop?.close();
  });

  const type = async () => {
    const { data } = await foz.ask(
      '{ __type(name: "statuses_enum") { kind enumValues { name description } } }',
    );
    return data!.__type as { kind: string; enumValues: { name: string; description: string | null }[] };
  };

  test('the rows of the table are the values, with their descriptions', async () => {
    expect(await type()).toEqual({
      kind: 'ENUM',
      enumValues: [
        { name: '_lost', description: 'Nobody knows' },
        { name: 'closed', description: null },
        { name: 'open', description: 'Not paid yet' },
      ],
    });
  });

  const answers: readonly (readonly [string, Readonly<Record<string, unknown>>, unknown])[] = [
    [
      '{ parcels(where: {status: {_eq: open}}, order_by: {id: asc}) { id status former } }',
      {},
      {
        parcels: [
          { id: 1, status: 'open', former: null },
          { id: 3, status: 'open', former: 'closed' },
        ],
      },
    ],
    [
      'query ($in: [statuses_enum!]!) { parcels(where: {former: {_in: $in}}, order_by: {id: asc}) { id } }',
      { in: ['open', 'closed'] },
      { parcels: [{ id: 2 }, { id: 3 }] },
    ],
    ['{ parcels(where: {former: {_is_null: true}}) { id } }', {}, { parcels: [{ id: 1 }] }],
    [
      '{ parcels(order_by: [{status: asc}, {id: desc}]) { id } }',
      {},
      { parcels: [{ id: 2 }, { id: 3 }, { id: 1 }] },
    ],
    [
      '{ parcels_aggregate(where: {status: {_neq: closed}}) { aggregate { count } } }',
      {},
      { parcels_aggregate: { aggregate: { count: 2 } } },
    ],
    // In the enum table itself the values are texts, so that new ones can be inserted.
    [
      '{ statuses(where: {value: {_eq: "open"}}) { value note } }',
      {},
      { statuses: [{ value: 'open', note: 'Not paid yet' }] },
    ],
    [
      'mutation ($status: statuses_enum!) { insert_parcels_one(object: {id: 9, status: $status, former: _lost}) { status former } update_parcels_by_pk(pk_columns: {id: 9}, _set: {status: open}) { status } delete_parcels_by_pk(id: 9) { id } }',
      { status: 'closed' },
      {
        insert_parcels_one: { status: 'closed', former: '_lost' },
        update_parcels_by_pk: { status: 'open' },
        delete_parcels_by_pk: { id: 9 },
      },
    ],
  ];
  test.each(answers)('%s', async (query, variables, data) => {
    const { data: given, errors } = await foz.ask(query, variables);
    expect({ data: given, errors }).toEqual({ data, errors: undefined });
  });

  const refused: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
    ['{ parcels(where: {status: {_eq: gone}}) { id } }', {}],
    ['{ parcels(where: {status: {_eq: "open"}}) { id } }', {}],
    ['{ parcels(where: {status: {_like: "o%"}}) { id } }', {}],
    [
      'query ($status: statuses_enum!) { parcels(where: {status: {_eq: $status}}) { id } }',
      { status: 'gone' },
    ],
    ['mutation { insert_parcels_one(object: {id: 10, status: gone}) { id } }', {}],
  ];
  test.each(refused)('%s is refused', async (query, variables) => {
    expect((await foz.ask(query, variables)).code).toBe('validation-failed');
  });

  test('what cannot be an enum is told, and is a table like others', async () => {
    const issues = foz.server.attached.graphs.issues.map(({ where, reason }) => `${where}: ${reason}`);
    const reasonsFor = (table: string) =>
      issues.find((text) => new RegExp(`\\b${table}: the table cannot`).test(text));
    expect(reasonsFor('statuses')).toBeUndefined();
    expect(reasonsFor('colours')).toContain('"light blue", "true"');
    expect(reasonsFor('empties')).toContain('has no rows');
    expect(reasonsFor('wide')).toContain('more columns');
    expect(reasonsFor('numbers')).toContain('code, which is no text');
    expect((await foz.ask('{ colours(order_by: {code: asc}) { code } }')).data!.colours).toHaveLength(3);
  });

  test('a role sees the enum where it sees a column of it', () => {
    const graphOf = (name: string) => {
      const session = { role: parseRoleName(name)!, variables: new Map<string, string>() };
      return printSchema(foz.server.attached.graphs.engine(session).options.schema);
    };
    expect(graphOf('clerk')).toContain('enum statuses_enum');
    expect(graphOf('looker')).not.toContain('statuses_enum');
  });

  test('a value that is added is there when the source is read again, and a reading tells of it before', async () => {
    await foz.ask('mutation { insert_statuses_one(object: {value: "paid"}) { value } }');
    const { registry } = foz.server.attached;
    const before = registry.named('shop').facts;
    expect(diffFacts(before, await registry.currentFacts('shop')).map(({ detail }) => detail)).toEqual([
      'enum values +paid',
    ]);
    await foz.refresh();
    expect((await type()).enumValues.map(({ name }) => name)).toEqual(['_lost', 'closed', 'open', 'paid']);
    expect(
      (
        await foz.ask(
          'mutation { update_orders(where: {id: {_eq: 1}}, _set: {status: paid}) { affected_rows } }',
        )
      ).data,
    ).toEqual({
      update_orders: { affected_rows: 1 },
    });
  });
});
