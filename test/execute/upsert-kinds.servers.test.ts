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
const mailColumns = ['email', 'note', 'owner'];
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
    {
      source: 'shop',
      table: 'mails',
      select_permissions: [{ role, permission: { columns: mailColumns, filter: {} } }],
      insert_permissions: [{ role, permission: { columns: mailColumns, check: {} } }],
      update_permissions: [
        {
          role,
          permission: { columns: mailColumns, filter: { owner: { _eq: 2 } }, check: { owner: { _eq: 2 } } },
        },
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
      'create table mails (email text primary key, note text, owner integer) partition by list (email)',
      'create table mails_all partition of mails default',
      `create function lowered() returns trigger language plpgsql as
        $$ begin if new.email = 'skip' then return null; end if; new.email := lower(new.email); return new; end $$`,
    ]);
    foz = await front([shop]);
    graphs();
  }, 60_000);
  afterAll(async () => {
    await foz?.close();
    await shop?.close();
  });

  function graphs(): void {
    const built = new Graphs({ metadata }, foz.server.attached.registry);
    expect(built.issues.filter(({ severity }) => severity !== 'note')).toEqual([]);
    by = built.engine({ role: parseRoleName(role)!, variables: new Map() });
  }

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

  test('a trigger decides which row of a partitioned table an upsert meets', async () => {
    await shop.run(
      "insert into mails values ('A@x', 'before the trigger', 2), ('a@x', 'met', 2), ('b@x', 'other', 1)",
      'create trigger lowered before insert on mails for each row execute function lowered()',
    );
    await foz.refresh();
    graphs();
    const mail = async (email: string) => {
      const object = `{ email: "${email}", note: "new", owner: 2 }`;
      const query = `mutation { it: insert_mails(objects: [${object}], on_conflict: { constraint: mails_pkey, update_columns: [note] }) { affected_rows returning { email note } } }`;
      const { data, errors } = JSON.parse(await ask(by, { query, variables: {} }));
      return errors === undefined ? data.it : errors[0].extensions.code;
    };
    const nothing = { affected_rows: 0, returning: [] };
    const one = (email: string) => ({ affected_rows: 1, returning: [{ email, note: 'new' }] });
    expect(await mail('A@x')).toEqual(one('a@x'));
    expect(await mail('B@X')).toEqual(nothing);
    expect(await mail('skip')).toEqual(nothing);
    expect(await mail('C@x')).toEqual(one('c@x'));
    expect(await shop.rows('select email, note, owner from mails order by email collate "C"')).toBe(
      'A@x:before the trigger:2 a@x:new:2 b@x:other:1 c@x:new:2',
    );
  });

  test('an upsert of a partitioned table stores what triggers of inserts make of the values', async () => {
    await shop.run(
      'delete from parts',
      'insert into parts values (1, 1, 1), (2, 1, 9)',
      'create function more() returns trigger language plpgsql as $$ begin new.amount := new.amount + 1; return new; end $$',
      'create function capped() returns trigger language plpgsql as $$ begin new.amount := least(new.amount, 50); return new; end $$',
      'create trigger a_more before insert on parts for each row execute function more()',
    );
    await foz.refresh();
    graphs();
    const stored = () => shop.rows('select id, amount, owner from parts order by id');
    expect(await upsert('{ id: 1, amount: 5, owner: 2 }')).toEqual({
      affected_rows: 1,
      returning: [{ id: 1, amount: 6, owner: 1 }],
    });
    expect(await upsert('{ id: 1, amount: 99, owner: 2 }')).toBe('permission-error');
    expect(await upsert('{ id: 2, amount: 5, owner: 2 }')).toEqual({ affected_rows: 0, returning: [] });
    expect(await stored()).toBe('1:6:1 2:1:9');
    // A trigger that makes the same of its own result may act on updates, too.
    await shop.run(
      'create trigger b_capped before insert or update on parts for each row execute function capped()',
    );
    await foz.refresh();
    graphs();
    expect(await upsert('{ id: 1, amount: 70, owner: 2 }')).toEqual({
      affected_rows: 1,
      returning: [{ id: 1, amount: 50, owner: 1 }],
    });
    await shop.run('create trigger c_more before update on parts for each row execute function more()');
    await foz.refresh();
    graphs();
    expect(await upsert('{ id: 1, amount: 7, owner: 2 }')).toBe('not-supported');
    expect(await stored()).toBe('1:50:1 2:1:9');
  });
});
