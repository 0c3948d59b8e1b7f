import type { Metadata } from '../../src/catalog/index.ts';
import { parseRoleName } from '../../src/core/index.ts';
import type { RoleEngine } from '../../src/execute/index.ts';
import { Graphs } from '../../src/views/index.ts';
import { type Behind, behind, type Front, front } from '../faults/front.ts';
import { ask } from '../support/cases/run.ts';
import { describeEngines } from '../support/engines.ts';

/** Upserts and relationships over PostgreSQL's unique keys with NULLS NOT DISTINCT, in which two NULLs are equal. */

const role = 'writer';
const columns = ['id', 'kind', 'code', 'n', 'owner'];
const along = { remote_table: 'parts', column_mapping: { kind: 'kind', code: 'code' } };
const metadata: Metadata = {
  tables: [
    {
      source: 'shop',
      table: 'parts',
      select_permissions: [{ role, permission: { columns, filter: {} } }],
      insert_permissions: [{ role, permission: { columns, check: { owner: { _eq: 2 } } } }],
      update_permissions: [
        { role, permission: { columns: ['n'], filter: { owner: { _eq: 2 } }, check: { n: { _lt: 100 } } } },
      ],
    },
    {
      source: 'shop',
      table: 'uses',
      object_relationships: [{ name: 'part', using: { manual_configuration: along } }],
    },
  ],
};

describeEngines(['postgres', 'pglite'], (engine) => {
  let shop: Behind;
  let foz: Front;
  let by: RoleEngine;
  let admin: RoleEngine;
  beforeAll(async () => {
    shop = await behind(engine, [
      `create table parts (id integer primary key, kind text, code text default 'd', n integer, owner integer,
        constraint parts_code unique nulls not distinct (kind, code))`,
      'create table uses (id integer primary key, kind text, code text)',
    ]);
    foz = await front([shop]);
    const graphs = new Graphs({ metadata }, foz.server.attached.registry);
    expect(graphs.issues.filter(({ severity }) => severity === 'error')).toEqual([]);
    by = graphs.engine({ role: parseRoleName(role)!, variables: new Map() });
    admin = graphs.engine();
  }, 60_000);
  afterAll(async () => {
    await foz?.close();
    await shop?.close();
  });
  beforeEach(() =>
    shop.run(
      'delete from uses',
      'delete from parts',
      "insert into parts values (1, null, 'a', 0, 2), (2, 'k', null, 0, 2), (3, null, null, 0, 1), (4, null, 'd', 0, 2)",
    ),
  );

  const asked = async (as: RoleEngine, field: string, kind = 'mutation') => {
    const { data, errors } = JSON.parse(await ask(as, { query: `${kind} { it: ${field} }`, variables: {} }));
    return errors === undefined ? data.it : errors[0].extensions.code;
  };
  const upsert = (as: RoleEngine, ...rows: readonly string[]) =>
    asked(
      as,
      `insert_parts(objects: [${rows.join()}], on_conflict: {constraint: parts_code, update_columns: [n]}) { affected_rows returning { id n } }`,
    );
  const written = (...returning: readonly { readonly id: number; readonly n: number }[]) => ({
    affected_rows: returning.length,
    returning,
  });
  const stored = () => shop.rows('select id, n, owner from parts order by id');

  test.each(['everything', 'a role'])(
    '%s: an upsert finds the row with the NULLs that are given, left out or defaulted',
    async (who) => {
      const as = who === 'a role' ? by : admin;
      expect(await upsert(as, '{id: 11, kind: null, code: "a", n: 5, owner: 2}')).toEqual(
        written({ id: 1, n: 5 }),
      );
      expect(await upsert(as, '{id: 11, code: "a", n: 6, owner: 2}')).toEqual(written({ id: 1, n: 6 }));
      expect(await upsert(as, '{id: 11, kind: "k", code: null, n: 7, owner: 2}')).toEqual(
        written({ id: 2, n: 7 }),
      );
      expect(await upsert(as, '{id: 11, n: 8, owner: 2}')).toEqual(written({ id: 4, n: 8 }));
      expect(
        await upsert(as, '{id: 11, code: "a", n: 9, owner: 2}', '{id: 12, code: "new", n: 9, owner: 2}'),
      ).toEqual(written({ id: 1, n: 9 }, { id: 12, n: 9 }));
      expect(await stored()).toBe('1:9:2 2:7:2 3:0:1 4:8:2 12:9:2');
    },
  );

  test('a role changes no row that its rule hides, and none beyond its check', async () => {
    expect(await upsert(by, '{id: 11, kind: null, code: null, n: 5, owner: 2}')).toEqual(written());
    expect(await upsert(by, '{id: 11, code: "a", n: 100, owner: 2}')).toBe('permission-error');
    expect(await upsert(by, '{id: 11, code: "z", n: 1, owner: 1}')).toBe('permission-error');
    expect(await stored()).toBe('1:0:2 2:0:2 3:0:1 4:0:2');
  });

  test('an insert of the same NULLs breaks the key', async () => {
    expect(await asked(admin, 'insert_parts_one(object: {id: 11, code: "a"}) { id }')).toBe(
      'constraint-violation',
    );
    expect(await stored()).toBe('1:0:2 2:0:2 3:0:1 4:0:2');
  });

  test('a relationship along the key joins values, and no NULLs', async () => {
    await shop.run(
      "insert into parts values (5, 'k', 'b', 0, 2)",
      "insert into uses values (1, null, 'a'), (2, 'k', 'b'), (3, null, null)",
    );
    const none = { part: null };
    expect(await asked(admin, 'uses(order_by: {id: asc}) { part { id } }', 'query')).toEqual([
      none,
      { part: { id: 5 } },
      none,
    ]);
    expect(await asked(admin, 'uses(where: {part: {}}) { id }', 'query')).toEqual([{ id: 2 }]);
  });

  test('a nested upsert hands on the row that it found', async () => {
    const data = (kind: string) =>
      `insert_uses_one(object: {id: 4, part: {data: {id: 11, kind: ${kind}, code: "a", n: 3}, on_conflict: {constraint: parts_code, update_columns: [n]}}}) { kind code part { id } }`;
    // The foreign key would be partly NULL and so refer to no row.
    expect(await asked(admin, data('null'))).toBe('constraint-violation');
    expect(await stored()).toBe('1:0:2 2:0:2 3:0:1 4:0:2');
    expect(await asked(admin, data('"v"'))).toEqual({ kind: 'v', code: 'a', part: { id: 11 } });
  });
});
