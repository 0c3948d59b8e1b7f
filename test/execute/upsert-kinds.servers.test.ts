import type { Metadata } from '../../src/catalog/index.ts';
import { parseRoleName } from '../../src/core/index.ts';
import type { RoleEngine } from '../../src/execute/index.ts';
import { Graphs } from '../../src/views/index.ts';
import { type Behind, behind, type Front, front } from '../faults/front.ts';
import { ask } from '../support/cases/run.ts';
import { describeEngines } from '../support/engines.ts';

/**
 * Upserts whose inserted and updated rows have different checks, on tables for which the engine does not report which rows were
 * updated.
 */

const role = 'writer';
const columns = ['id', 'amount', 'owner'];
const metadata: Metadata = {
  tables: [
    {
      source: 'shop',
      table: 'parts',
      select_permissions: [{ role, permission: { columns, filter: {} } }],
      insert_permissions: [{ role, permission: { columns, check: { owner: { _eq: 2 } } } }],
      update_permissions: [
        { role, permission: { columns, filter: { owner: { _neq: 9 } }, check: { amount: { _lt: 100 } } } },
      ],
    },
  ],
};

describeEngines(['postgres', 'pglite'], (engine) => {
  let shop: Behind;
  let foz: Front;
  let by: RoleEngine;
  beforeAll(async () => {
    shop = await behind(engine, [
      'create table parts (id integer primary key, amount integer, owner integer) partition by range (id)',
      'create table parts_low partition of parts for values from (0) to (10)',
      // The columns of this partition have another order, so rows are converted when they are routed to it.
      'create table parts_high (owner integer, amount integer, id integer primary key)',
      'alter table parts attach partition parts_high for values from (10) to (20)',
    ]);
    foz = await front([shop]);
    const graphs = new Graphs({ metadata }, foz.server.attached.registry);
    expect(graphs.issues.filter(({ severity }) => severity !== 'note')).toEqual([]);
    by = graphs.engine({ role: parseRoleName(role)!, variables: new Map() });
  }, 60_000);
  afterAll(async () => {
    await foz?.close();
    await shop?.close();
  });

  const upsert = async (...rows: readonly string[]) => {
    const query = `mutation { it: insert_parts(objects: [${rows.join()}], on_conflict: { constraint: parts_pkey, update_columns: [amount] }) { affected_rows returning { id amount owner } } }`;
    const { data, errors } = JSON.parse(await ask(by, { query, variables: {} }));
    return errors === undefined ? data.it : errors[0].extensions.code;
  };

  test('each row of a partitioned table is held against the check of what became of it', async () => {
    await shop.run('delete from parts', 'insert into parts values (1, 1, 1), (11, 1, 1), (2, 1, 9)');
    expect(
      await upsert(
        '{ id: 1, amount: 5, owner: 7 }',
        '{ id: 11, amount: 6, owner: 7 }',
        '{ id: 12, amount: 500, owner: 2 }',
      ),
    ).toEqual({
      affected_rows: 3,
      returning: [
        { id: 1, amount: 5, owner: 1 },
        { id: 11, amount: 6, owner: 1 },
        { id: 12, amount: 500, owner: 2 },
      ],
    });
    expect(await upsert('{ id: 13, amount: 1, owner: 1 }')).toBe('permission-error');
    expect(await upsert('{ id: 1, amount: 100, owner: 2 }')).toBe('permission-error');
    expect(await upsert('{ id: 2, amount: 7, owner: 2 }')).toEqual({ affected_rows: 0, returning: [] });
    expect(await shop.rows('select id, amount, owner from parts order by id')).toBe(
      '1:5:1 2:1:9 11:6:1 12:500:2',
    );
  });
});
