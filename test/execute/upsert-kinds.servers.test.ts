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

/** The server reports no key where a trigger writes to a table with AUTO_INCREMENT, so conflicts have to be found in another way. */
describeEngines(['mysql', 'mariadb', 'postgres'], (engine) => {
  let shop: Behind;
  let foz: Front;
  let all: RoleEngine;
  beforeAll(async () => {
    const counted = engine === 'postgres' ? 'serial' : 'integer auto_increment';
    const tables = ['coins', 'notes'];
    shop = await behind(engine, [
      `create table audits (n ${counted} primary key, what varchar(20))`,
      'create table coins (id integer primary key, name varchar(20))',
      `create table notes (id ${counted} primary key, code varchar(20), name varchar(20), constraint notes_code_key unique (code))`,
      ...(engine === 'postgres'
        ? [
            `create function audit() returns trigger language plpgsql as
              $$ begin insert into audits (what) values (tg_table_name); return null; end $$`,
            ...tables.map(
              (table) =>
                `create trigger t after insert or update on ${table} for each row execute function audit()`,
            ),
          ]
        : tables.flatMap((table) =>
            ['insert', 'update'].map(
              (op) =>
                `create trigger ${table}_${op} after ${op} on ${table} for each row insert into audits (what) values ('${table}')`,
            ),
          )),
    ]);
    foz = await front([shop]);
    all = new Graphs({}, foz.server.attached.registry).engine();
  }, 60_000);
  afterAll(async () => {
    await foz?.close();
    await shop?.close();
  });

  const answer = async (query: string) => JSON.parse(await ask(all, { query, variables: {} }));

  test.each([
    ['affected_rows', { affected_rows: 1 }],
    ['affected_rows returning { name }', null],
  ])(
    'an audited row is inserted once and then updated: %s',
    async (asked, fixed) => {
      await shop.run('delete from coins', 'delete from notes');
      const coin = (id: number, name: string) =>
        `insert_coins(objects: [{id: ${id}, name: "${name}"}], on_conflict: {constraint: coins_pkey, update_columns: [name]}) { ${asked} }`;
      const note = (code: string, name: string) =>
        `insert_notes(objects: [{code: "${code}", name: "${name}"}], on_conflict: {constraint: notes_code_key, update_columns: [name]}) { ${asked} }`;
      for (const [id, code, name] of [
        [1, 'a', 'one'],
        [1, 'a', 'two'],
        [2, 'b', 'three'],
        [2, 'b', 'four'],
        [1, 'a', 'five'],
        [3, 'c', 'six'],
      ] as const) {
        const one = fixed ?? { affected_rows: 1, returning: [{ name }] };
        expect([name, await answer(`mutation { a: ${coin(id, name)} b: ${note(code, name)} }`)]).toEqual([
          name,
          { data: { a: one, b: one } },
        ]);
      }
      expect(
        await answer('{ coins(order_by: {id: asc}) { name } notes(order_by: {code: asc}) { name } }'),
      ).toEqual({
        data: {
          coins: [{ name: 'five' }, { name: 'four' }, { name: 'six' }],
          notes: [{ name: 'five' }, { name: 'four' }, { name: 'six' }],
        },
      });
    },
    60_000,
  );
});
