import type { Metadata } from '../../src/catalog/index.ts';
import { parseRoleName } from '../../src/core/index.ts';
import type { RoleEngine } from '../../src/execute/index.ts';
import { Graphs } from '../../src/views/index.ts';
import { type Behind, behind, type Front, front } from '../faults/front.ts';
import { ask } from '../support/cases/run.ts';
import { describeEngines } from '../support/engines.ts';

/** PostgreSQL compares two columns of different collations only where the statement names a collation. */

const metadata: Metadata = {
  tables: [
    {
      source: 'shop',
      table: 'pairs',
      select_permissions: [
        { role: 'same', permission: { columns: '*', filter: { one: { _ceq: 'other' } } } },
        { role: 'less', permission: { columns: '*', filter: { one: { _clt: 'other' } } } },
      ],
    },
  ],
};

describeEngines(['postgres', 'pglite'], (engine) => {
  let shop: Behind;
  let foz: Front;
  let as: (role?: string) => RoleEngine;
  const hasLenient = engine === 'postgres';
  beforeAll(async () => {
    shop = await behind(engine, [
      'create table plans (code text collate "C" primary key, n integer)',
      'create table users (id integer primary key, code text collate "POSIX" references plans, nick name)',
      'create table pairs (id integer primary key, one text collate "POSIX", other text collate "C")',
      "insert into plans values ('a', 1), ('b', 2)",
      "insert into users values (1, 'a', 'a'), (2, 'b', 'b'), (3, 'b', 'B')",
      "insert into pairs values (1, 'x', 'x'), (2, 'x', 'y'), (3, 'z', 'y')",
      ...(hasLenient
        ? [
            `create collation folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
            'create table folders (code text collate folded primary key)',
            'create table files (id integer primary key, code text collate "C" references folders)',
            "insert into folders values ('fr')",
            "insert into files values (1, 'FR'), (2, 'fr')",
          ]
        : []),
    ]);
    foz = await front([shop]);
    const graphs = new Graphs({ metadata }, foz.server.attached.registry);
    expect(graphs.issues.filter(({ severity }) => severity === 'error')).toEqual([]);
    as = (role) =>
      role === undefined
        ? graphs.engine()
        : graphs.engine({ role: parseRoleName(role)!, variables: new Map() });
  }, 60_000);
  afterAll(async () => {
    await foz?.close();
    await shop?.close();
  }, 60_000);

  const asked = async (query: string, role?: string) => {
    const { data, errors } = JSON.parse(await ask(as(role), { query, variables: {} }));
    return errors === undefined ? Object.values(data)[0] : errors[0];
  };

  test.each([
    [
      '{ plans(order_by: {code: asc}) { code users(order_by: {id: asc}) { id } } }',
      [
        { code: 'a', users: [{ id: 1 }] },
        { code: 'b', users: [{ id: 2 }, { id: 3 }] },
      ],
    ],
    [
      '{ plans(order_by: {code: asc}) { users(limit: 1, order_by: {id: desc}) { id } } }',
      [{ users: [{ id: 1 }] }, { users: [{ id: 3 }] }],
    ],
    ['{ users(order_by: {id: asc}) { plan: plans { n } } }', [1, 2, 2].map((n) => ({ plan: { n } }))],
    ['{ users(where: {plans: {n: {_eq: 2}}}, order_by: {id: asc}) { id } }', [{ id: 2 }, { id: 3 }]],
    ['{ plans(where: {users: {id: {_gt: 2}}}) { code } }', [{ code: 'b' }]],
    ['{ users(order_by: [{plans: {n: desc}}, {id: asc}]) { id } }', [{ id: 2 }, { id: 3 }, { id: 1 }]],
    ['{ plans(order_by: {users_aggregate: {count: desc}}) { code } }', [{ code: 'b' }, { code: 'a' }]],
    [
      '{ plans(order_by: {code: asc}) { users_aggregate { aggregate { count } } } }',
      [1, 2].map((count) => ({ users_aggregate: { aggregate: { count } } })),
    ],
    ['{ plans(where: {users_aggregate: {count: {predicate: {_gt: 1}}}}) { code } }', [{ code: 'b' }]],
    [
      'mutation { update_users(where: {plans: {n: {_eq: 1}}}, _set: {nick: "c"}) { affected_rows returning { plans { n } } } }',
      { affected_rows: 1, returning: [{ plans: { n: 1 } }] },
    ],
  ])('%s', async (query, expected) => {
    expect(await asked(query)).toEqual(expected);
  });

  test('a rule compares two columns', async () => {
    expect(await asked('{ pairs(order_by: {id: asc}) { id } }', 'same')).toEqual([{ id: 1 }]);
    expect(await asked('{ pairs(order_by: {id: asc}) { id } }', 'less')).toEqual([{ id: 2 }]);
  });

  if (hasLenient)
    test('a foreign key to texts that are equal in any case', async () => {
      expect(await asked('{ folders { code files(order_by: {id: asc}) { id } } }')).toEqual([
        { code: 'fr', files: [{ id: 1 }, { id: 2 }] },
      ]);
      expect(await asked('{ files(order_by: {id: asc}) { folders { code } } }')).toEqual(
        [1, 2].map(() => ({ folders: { code: 'fr' } })),
      );
    });
});
