import type { Metadata } from '../../src/catalog/index.ts';
import { parseRoleName } from '../../src/core/index.ts';
import type { RoleEngine } from '../../src/execute/index.ts';
import { Graphs } from '../../src/views/index.ts';
import { type Behind, behind, type Front, front } from '../faults/front.ts';
import { ask } from '../support/cases/run.ts';
import { describeEngines, engines } from '../support/engines.ts';

/**
 * Upserts find rows by keys that the client provides. The tests cover which rows these may be, and the checks of
 * updated rows.
 */

const role = 'writer';
const own = { owner: { _eq: 2 } };
const metadata: Metadata = {
  tables: [
    {
      source: 'shop',
      table: 'parents',
      select_permissions: [{ role, permission: { columns: ['id', 'email'], filter: own } }],
      insert_permissions: [
        { role, permission: { columns: ['id', 'email'], check: {}, set: { owner: 2 } } },
        { role: 'intake', permission: { columns: ['id', 'email'], check: {}, set: { owner: 2 } } },
      ],
      update_permissions: [
        { role, permission: { columns: ['email'], filter: {} } },
        { role: 'intake', permission: { columns: ['email'], filter: {} } },
      ],
    },
    {
      source: 'shop',
      table: 'kids',
      object_relationships: [
        {
          name: 'parent',
          using: {
            manual_configuration: { remote_table: 'parents', column_mapping: { parent_id: 'id' } },
          },
        },
      ],
      select_permissions: [
        { role, permission: { columns: ['id', 'parent_id', 'name', 'owner'], filter: {} } },
      ],
      insert_permissions: [
        { role, permission: { columns: ['id', 'name', 'owner'], check: { name: { _neq: 'bad' } } } },
      ],
      update_permissions: [
        { role, permission: { columns: ['name'], filter: {}, check: { id: { _gt: 1 } }, set: { owner: 7 } } },
      ],
    },
  ],
};

const rows = [
  'delete from kids',
  'delete from parents',
  "insert into parents values (1, 'a@x', 1), (2, 'b@x', 2)",
  "insert into kids values (1, 1, 'one', 1), (2, 2, 'two', 2)",
];

describeEngines(engines, (engine) => {
  let shop: Behind;
  let foz: Front;
  let writer: RoleEngine;
  let intake: RoleEngine;
  let all: RoleEngine;
  beforeAll(async () => {
    shop = await behind(engine, [
      'create table parents (id integer primary key, email varchar(20) not null, owner integer, constraint parents_email unique (email))',
      'create table kids (id integer primary key, parent_id integer, name varchar(20), owner integer, constraint kids_key unique (owner, name))',
    ]);
    foz = await front([shop]);
    const graphs = new Graphs({ metadata }, foz.server.attached.registry);
    expect(graphs.issues.filter(({ severity }) => severity === 'error')).toEqual([]);
    const engineOf = (name: string) => graphs.engine({ role: parseRoleName(name)!, variables: new Map() });
    writer = engineOf(role);
    intake = engineOf('intake');
    all = graphs.engine();
  }, 60_000);
  beforeEach(() => shop.run(...rows));
  afterAll(async () => {
    await foz?.close();
    await shop?.close();
  });

  const asked = async (field: string, by = writer) => {
    const text = await ask(by, { query: `mutation { it: ${field} }`, variables: {} });
    const { data, errors } = JSON.parse(text) as {
      data: { it: unknown } | null;
      errors?: { extensions: { code: string } }[];
    };
    return data?.it ?? errors?.[0]?.extensions.code;
  };
  const stored = async () => {
    const query =
      '{ kids(order_by: {id: asc}) { id parent_id name owner } parents(order_by: {id: asc}) { id email owner } }';
    return (JSON.parse(await ask(all, { query, variables: {} })) as { data: unknown }).data;
  };
  const kid = (id: number, name: string, owner: number, parent_id: number | null = id) => ({
    id,
    parent_id,
    name,
    owner,
  });
  const parents = [
    { id: 1, email: 'a@x', owner: 1 },
    { id: 2, email: 'b@x', owner: 2 },
  ];
  const kids = [kid(1, 'one', 1), kid(2, 'two', 2)];
  const byKey = (id: number, name: string, owner: number) =>
    `insert_kids(objects: [{id: ${id}, name: "${name}", owner: ${owner}}], on_conflict: {constraint: kids_key, update_columns: [name]})`;
  const parent = (id: number, email: string) =>
    `{id: ${id}, email: "${email}"}, on_conflict: {constraint: parents_email, update_columns: [email]}`;

  test('a row that a preset moves away from the key by which it was found is counted and handed back', async () => {
    expect(await asked(`${byKey(9, 'two', 2)} { affected_rows returning { id name owner } }`)).toEqual({
      affected_rows: 1,
      returning: [{ id: 2, name: 'two', owner: 7 }],
    });
    expect(await stored()).toEqual({ kids: [kids[0], kid(2, 'two', 7)], parents });
  });

  test('such a row is held against the check of updates', async () => {
    expect(await asked(`${byKey(9, 'one', 1)} { affected_rows }`)).toBe('permission-error');
    expect(await stored()).toEqual({ kids, parents });
  });

  test('a row that cannot be read is not changed by its key', async () => {
    expect(await asked(`insert_parents(objects: ${parent(9, 'a@x')}) { affected_rows }`)).toEqual({
      affected_rows: 0,
    });
    expect(await asked(`insert_parents(objects: ${parent(9, 'b@x')}) { affected_rows }`)).toEqual({
      affected_rows: 1,
    });
    expect(await stored()).toEqual({ kids, parents });
  });

  test('its key is not to be had by a row that is nested around it', async () => {
    const nested = (email: string) =>
      asked(
        `insert_kids_one(object: {id: 5, name: "new", owner: 2, parent: {data: ${parent(9, email)}}}) { parent_id }`,
      );
    expect(await nested('a@x')).toBe('constraint-violation');
    expect(await nested('b@x')).toEqual({ parent_id: 2 });
  });

  test('who cannot read the table at all goes by the rule of updates', async () => {
    expect(await asked(`insert_parents(objects: ${parent(9, 'a@x')}) { affected_rows }`, intake)).toEqual({
      affected_rows: 1,
    });
  });
});
