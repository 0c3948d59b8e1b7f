import { createHash } from 'node:crypto';
import { shopRows, supportRows } from '../../src/demo/index.ts';

const shop = shopRows();
const support = supportRows(shop);
const keysOf = (table: readonly (readonly unknown[])[], ...columns: number[]) =>
  new Set(table.map((row) => columns.map((column) => row[column]).join('|')));

/** Expects every value of the columns except NULL to be a key of the other table. */
function refers(
  from: readonly (readonly unknown[])[],
  columns: readonly number[],
  to: readonly (readonly unknown[])[],
  keys: readonly number[],
): void {
  const known = keysOf(to, ...keys);
  const missing = from.filter(
    (row) =>
      columns.every((column) => row[column] !== null) &&
      !known.has(columns.map((column) => row[column]).join('|')),
  );
  expect(missing).toEqual([]);
}

test('the demo has the same rows for everybody', () => {
  const hash = createHash('sha256')
    .update(JSON.stringify([[...shopRows()], [...supportRows(shopRows())]]))
    .digest('hex');
  expect(hash).toBe(
    createHash('sha256')
      .update(JSON.stringify([[...shop], [...support]]))
      .digest('hex'),
  );
  expect(hash.slice(0, 16)).toMatchInlineSnapshot(`"b47a994241bc17af"`);
});

test('it has at least ten tables and 20,000 rows', () => {
  const rows = [...shop.values(), ...support.values()].reduce((sum, list) => sum + list.length, 0);
  expect([shop.size + support.size >= 10, rows >= 20_000]).toEqual([true, true]);
});

test('keys are unique', () => {
  const keys: readonly (readonly [readonly (readonly unknown[])[], readonly number[]])[] = [
    [shop.get('customers')!, [0]],
    [shop.get('customers')!, [2]],
    [shop.get('products')!, [1]],
    [shop.get('order_items')!, [0, 1]],
    [shop.get('reviews')!, [0, 1]],
    [shop.get('payments')!, [1]],
    [support.get('ticket_messages')!, [0, 1]],
    [support.get('agents')!, [2]],
  ];
  for (const [table, columns] of keys) expect(keysOf(table, ...columns).size).toBe(table.length);
});

test('foreign keys lead somewhere, within and across the sources', () => {
  refers(shop.get('orders')!, [1], shop.get('customers')!, [0]);
  refers(shop.get('orders')!, [5], shop.get('addresses')!, [0]);
  refers(shop.get('order_items')!, [2], shop.get('products')!, [0]);
  refers(shop.get('categories')!, [2], shop.get('categories')!, [0]);
  refers(support.get('tickets')!, [1], shop.get('customers')!, [0]);
  refers(support.get('tickets')!, [2], support.get('agents')!, [0]);
  refers(support.get('item_notes')!, [1, 2], shop.get('order_items')!, [0, 1]);
});
