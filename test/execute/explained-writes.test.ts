import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/attach.ts';
import type { Metadata } from '../../src/catalog/index.ts';
import { explainOperation } from '../../src/control/index.ts';
import { parseSourceName } from '../../src/core/index.ts';
import type { SourceConfig } from '../../src/views/index.ts';
import { Graphs, SourceRegistry } from '../../src/views/index.ts';
import { ask } from '../support/cases/run.ts';

const context = { signal: new AbortController().signal, timeoutMs: 10_000 };
const folder = mkdtempSync(join(tmpdir(), 'foz-explained-'));
let registry: SourceRegistry;

beforeAll(async () => {
  const source: SourceConfig = { name: 'shop', kind: 'sqlite', path: join(folder, 'shop.db') };
  const connector = await connect(source, { create: true });
  const tables = [
    'create table orders (id integer primary key, owner text, total integer, version integer)',
    'create table lines (order_id integer references orders, line_no integer, note text, primary key (order_id, line_no))',
    'create table notes (body text)',
  ];
  for (const text of tables) await connector.run({ text, slots: [] }, [], context);
  registry = new SourceRegistry([{ name: parseSourceName('shop')!, config: source, connector }], null);
  await registry.start();
});
afterAll(() => registry.close());

const metadata: Metadata = {
  tables: [
    {
      source: 'shop',
      table: 'orders',
      validations: [{ check: { total: { _lt: 987654 } }, message: 'no order is that large' }],
      select_permissions: [
        {
          role: 'seller',
          permission: { columns: ['id', 'total', 'version'], filter: { owner: { _eq: 'X-Foz-User-Id' } } },
        },
      ],
      insert_permissions: [
        {
          role: 'seller',
          permission: {
            columns: ['id', 'total'],
            check: { total: { _gt: 424242 } },
            set: { owner: 'X-Foz-User-Id' },
          },
        },
      ],
      update_permissions: [
        { role: 'seller', permission: { columns: ['total'], filter: {}, check: { total: { _gt: 515151 } } } },
      ],
    },
    {
      source: 'shop',
      table: 'lines',
      select_permissions: [{ role: 'seller', permission: { columns: ['line_no', 'note'], filter: {} } }],
      insert_permissions: [{ role: 'seller', permission: { columns: ['line_no', 'note'], check: {} } }],
    },
    {
      source: 'shop',
      table: 'notes',
      select_permissions: [{ role: 'seller', permission: { columns: ['body'], filter: {} } }],
      insert_permissions: [
        { role: 'seller', permission: { columns: ['body'], check: { body: { _neq: 'secret word' } } } },
      ],
    },
  ],
};

const graphs = () => new Graphs({ metadata }, registry);

/** The explanation of a mutation field, without its first line, the plan. */
async function explained(field: string): Promise<string> {
  const query = `mutation { ${field} }`;
  const asked = { query, variables: '{}', operationName: null, role: 'seller' };
  const text = await explainOperation(graphs(), asked);
  return text.slice(text.indexOf('\n\n') + 2);
}

/** Titles and conditions of the explained statements, without SQL. */
const outline = async (field: string) =>
  (await explained(field)).split('\n').filter((line) => /^ *(?:\d+\. |when )/.test(line));

test('an insert that is checked: the row, the check and the rules over it, the row for the answer', async () => {
  expect(await explained('insert_orders_one(object: {id: 1, total: 777}) { id total }')).toBe(`\
1. transaction [shop]
   1. insert_orders_one [shop]
      1. insert of 1 row into orders [shop]
         insert into "orders" ("id", "owner", "total") values (?, ?, ?) returning "id" as "c0"
         with 1: insert_orders_one.args.object.id, 2: x-foz-user-id, 3: insert_orders_one.args.object.total
      2. which new rows of orders pass the check of the permission [shop]
         select "t0"."id" as "c0" from "orders" "t0" where ("t0"."id" in (select value from json_each(?)) and "t0"."total" > ?)
         with 1: id of the written rows, 2: constant
      3. whether the written rows of orders are there [shop]
         select "t0"."id" as "c0" from "orders" "t0" where "t0"."id" in (select value from json_each(?))
         with 1: id of the written rows
         when some of them are missing
      4. which written rows of orders pass "no order is that large" [shop]
         select "t0"."id" as "c0" from "orders" "t0" where ("t0"."id" in (select value from json_each(?)) and "t0"."total" < ?)
         with 1: id of the written rows, 2: constant
      5. whether the written rows of orders are there [shop]
         select "t0"."id" as "c0" from "orders" "t0" where "t0"."id" in (select value from json_each(?))
         with 1: id of the written rows
         when some of them are missing
      6. rows of orders for the answer, by key [shop]
         select "t1"."i" as "c0", "t0"."id" as "c1", "t0"."total" as "c2" from (select key as "i", json_extract(value, '$[0]') as "k0" from json_each(?)) "t1" join "orders" "t0" on "t0"."id" = "t1"."k0" and "t0"."owner" = ?
         with 1: id of the written rows, 2: x-foz-user-id
      7. whether the written rows of orders are there [shop]
         select "t0"."id" as "c0" from "orders" "t0" where "t0"."id" in (select value from json_each(?))
         with 1: id of the written rows
         when some of them are missing`);
});

test('rows that are sent alike stand once, each statement with what decides whether it is sent', async () => {
  const rows = [1, 2, 3].map((id) => `{id: ${id}, total: 777}`).join(', ');
  expect(
    await outline(
      `insert_orders(objects: [${rows}], on_conflict: {constraint: orders_pkey, update_columns: [total]}) { affected_rows }`,
    ),
  ).toEqual([
    '1. transaction [shop]',
    '   1. insert_orders [shop]',
    '      1. a row of orders, 3 times [shop]',
    '         1. insert of 1 row into orders [shop]',
    '         2. insert of 1 row into orders [shop]',
    // A role can only change rows that it can read.
    '            when a row is there',
    '      2. which new rows of orders pass the check of the permission [shop]',
    '         when a row is new',
    '      3. which changed rows of orders pass the check of the permission [shop]',
    '         when a row is there and is changed',
    '      4. whether the written rows of orders are there [shop]',
    '         when some of them are missing',
    '      5. which written rows of orders pass "no order is that large" [shop]',
    '         when a row is new or changed',
    '      6. whether the written rows of orders are there [shop]',
    '         when some of them are missing',
  ]);
});

test('nested rows are sent with the key of the row around them; where it is left alone, the write ends', async () => {
  const field =
    'insert_orders_one(object: {total: 777, lines: {data: [{line_no: 1}, {line_no: 2}]}}, on_conflict: {constraint: orders_pkey, update_columns: []}) { id }';
  expect((await outline(field)).slice(6)).toEqual([
    '         when some of them are missing',
    '      4. which written rows of orders pass "no order is that large" [shop]',
    '         when a row is new',
    '      5. whether the written rows of orders are there [shop]',
    '         when some of them are missing',
    '      6. lines, nested in a row [shop]',
    '         when a row is new',
    '         1. insert of 2 rows into lines [shop]',
    '      7. rows of orders for the answer, by key [shop]',
    '         when a row is new',
    '      8. whether the written rows of orders are there [shop]',
    '         when some of them are missing',
    '      9. refused: lines: the row that another one is to refer to was not written: on_conflict left the existing row alone (name update_columns, or give the key itself), or a trigger of the database skipped it. [shop]',
    '         when a row is there and is left alone',
  ]);
  expect(await explained(field)).toContain(
    '1: id of the written rows, 2: insert_orders_one.args.object.lines.data[0].line_no, 3: id of the written rows',
  );
});

test('an update that misses is told, and so is each of several updates', async () => {
  expect(
    (
      await outline(
        'update_orders_by_pk(pk_columns: {id: 1}, _set: {total: 777}, if_match: {version: 3}) { id }',
      )
    ).slice(-6),
  ).toEqual([
    '      6. rows of orders for the answer, by key [shop]',
    '         when there are such rows',
    '      7. whether the written rows of orders are there [shop]',
    '         when some of them are missing',
    '      8. whether the row of orders is there, though if_match does not hold [shop]',
    '         when there are none',
  ]);
  expect(
    await outline(
      'update_orders_many(updates: [{where: {id: {_eq: 1}}, _set: {total: 777}}, {where: {id: {_eq: 2}}, _set: {total: 777}}]) { affected_rows }',
    ),
  ).toContain('      1. one of the updates, 2 times [shop]');
});

test('a write that cannot go on says so', async () => {
  expect(await outline('insert_notes_one(object: {body: "777"}) { body }')).toEqual([
    '1. transaction [shop]',
    '   1. insert_notes_one [shop]',
    '      1. refused: notes has no primary key, so the written rows cannot be read back: ask for affected_rows only, or declare a key. [shop]',
  ]);
});

test('no value is told, neither of a rule nor of the operation, and nothing is written', async () => {
  const texts = await Promise.all([
    explained('insert_orders_one(object: {id: 777, total: 777, lines: {data: {line_no: 777}}}) { id }'),
    explained('update_orders(where: {id: {_eq: 777}}, _set: {total: 777}) { returning { id } }'),
    explained('insert_notes(objects: {body: "777"}) { affected_rows }'),
  ]);
  for (const value of ['777', '424242', '515151', '987654', 'secret word'])
    expect(texts.join('\n')).not.toContain(value);
  expect(await ask(graphs().engine(), { query: '{ orders { id } lines { note } }', variables: {} })).toBe(
    '{"data":{"orders":[],"lines":[]}}',
  );
});
