import { type Instance, openInstance } from '../support/cases/instance.ts';
import { Roles, roleMetadata, sessionOf, withPermissions } from '../support/cases/roles.ts';
import { ask } from '../support/cases/run.ts';
import {
  expectExplained,
  explanationOf,
  lacksOf,
  lineOf,
  recording,
  type Sent,
  statementsOf,
} from '../support/cases/sent.ts';
import { describeEngines, engines } from '../support/engines.ts';

/** Writes that send every statement of their explanation. */
const complete: readonly (readonly [title: string, as: string, ask: string])[] = [
  [
    'an insert with a check',
    'clerk employee-id=3',
    'insert_products_one(object: {sku: "n-1", name: "n", category_id: 4, price: "1.00"}) { sku price active }',
  ],
  [
    'several rows with a check',
    'customer user-id=5',
    'insert_addresses(objects: [{label: "a", street: "s", city: "c", country: "de"}, {label: "b", street: "s", city: "c"}]) { affected_rows returning { label country } }',
  ],
  [
    'a row that others refer to, nested in it',
    'customer user-id=5',
    'insert_orders_one(object: {status: cart, placed_at: "2025-01-01T00:00:00", billing_address: {data: {label: "new", street: "s", city: "c", country: "be"}}}) { status billing_address { label customer_id } }',
  ],
  [
    'rows that refer to a row, nested in it',
    'customer user-id=5',
    'insert_orders_one(object: {billing_address_id: 7, status: cart, placed_at: "2025-01-01T00:00:00", order_items: {data: [{line_no: 1, product_id: 1, quantity: 2, unit_price: "48.00"}, {line_no: 2, product_id: 2, quantity: 1, unit_price: "12.50"}]}}) { status order_items(order_by: {line_no: asc}) { line_no product { name } } }',
  ],
  [
    'upserts with a check of updates, of a new row and of one that is there',
    'keeper',
    'insert_stock(objects: [{warehouse_code: "lis", product_id: 17, quantity: 7}, {warehouse_code: "ams", product_id: 1, quantity: 51}], on_conflict: {constraint: stock_pkey, update_columns: [quantity]}) { affected_rows returning { warehouse_code product_id quantity } }',
  ],
  [
    'masks over what is handed back of an insert',
    'masker',
    'insert_customers_one(object: {email: "n@example.com", full_name: "N"}) { full_name id }',
  ],
  [
    'rules over new rows',
    'builder',
    'insert_warehouses(objects: [{code: "zza", city: "rotterdam", capacity: 6000}, {code: "zzb", city: "oslo", capacity: 5}]) { affected_rows returning { code } }',
  ],
  [
    'rules over changed rows',
    'builder',
    'update_warehouses(where: {code: {_in: ["ams", "ber"]}}, _set: {capacity: 4000}) { affected_rows returning { code } }',
  ],
  [
    'an update with a check',
    'customer user-id=5',
    'update_customers(where: {}, _set: {points: 4}) { affected_rows returning { id points } }',
  ],
  [
    'rows that are marked instead of removed',
    'archivist reason=gone',
    'delete_products(where: {id: {_in: [1, 17]}}) { affected_rows returning { id name } }',
  ],
  [
    'two fields in one transaction',
    'customer user-id=5',
    'insert_visits(objects: {page: "/x", visited_on: "2025-01-01"}) { affected_rows } insert_addresses_one(object: {label: "x", street: "s", city: "c", country: "nl"}) { id label }',
  ],
  [
    'a check that looks into another database',
    'customer user-id=5',
    'insert_tickets_one(object: {subject: "hello", order_id: 11, opened_at: "2025-01-01T00:00:00"}) { subject order { id status } }',
  ],
];

/** The explanation of a write must match the statements that the drivers run for it. */
describeEngines(engines, (engine) => {
  const sent: Sent[] = [];
  let instance: Instance;
  let roles: Roles;
  beforeAll(async () => {
    instance = await openInstance(engine, true, 'explained');
    const permissions = withPermissions(roleMetadata.tables, roleMetadata.inherited_roles);
    roles = await Roles.open(recording(instance.connectors, sent), permissions);
  }, 120_000);
  afterAll(() => instance?.close());

  test.each(complete)('%s: each statement that is told is sent, and no other', async (_, as, field) => {
    const session = sessionOf(as);
    const role = roles.engine(session);
    const asked = { query: `mutation { ${field} }`, variables: {}, session: session.variables };
    sent.length = 0;
    const explained = (await explanationOf(role, asked))!;
    expect(sent).toEqual([]);
    const answer = await ask(role, asked);
    expect(answer).toMatch(/^\{"data"/);
    expectExplained(explained, sent, answer);
    const lines = new Set(sent.map(lineOf));
    const unsent = [...lacksOf(explained)].filter((line) => !lines.has(line));
    expect([...statementsOf(explained)].sort()).toEqual([...lines, ...unsent].sort());
  });
});
