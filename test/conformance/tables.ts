import type { Table } from '../../src/catalog/index.ts';
import type { Kind, TableRows, Value } from '../catalogs/content.ts';
import { contents } from '../catalogs/load.ts';
import { add, exact, times, toText } from './exact.ts';
import { Document, type Held, type Row } from './values.ts';
import { visibleRowsNow } from './visible-rows.ts';

const read: Partial<Record<Kind, (value: NonNullable<Value>) => Held>> = {
  json: (text) => new Document(JSON.parse(String(text))),
};

function rowsOf({ columns, rows }: TableRows): Row[] {
  const kinds = Object.entries(columns);
  return rows.map((row) =>
    Object.fromEntries(
      kinds.map(([name, kind], at) => {
        const value = row[at]!;
        return [name, value === null ? null : (read[kind] ?? ((given) => given))(value)];
      }),
    ),
  );
}

const stored = Object.fromEntries(
  [...contents.shop, ...contents.support].map((entry) => [entry.table, rowsOf(entry)]),
);

const cents = (text: Held) => exact(String(text));
const money = (digits: Parameters<typeof toText>[0]) => toText(digits);
const named = (table: string, id: Held) => stored[table]!.find((row) => row.id === id);

/** What the database computes by itself: generated columns and views, as the fixtures' SQL defines them. */
const computed: Readonly<Record<string, () => Row[]>> = {
  products: () =>
    stored.products!.map((row) => ({
      ...row,
      margin: row.cost === null ? null : money(add(cents(row.price!), times(cents(row.cost!), exact(-1)))),
    })),
  order_items: () =>
    stored.order_items!.map((row) => ({
      ...row,
      line_total: money(times(cents(row.unit_price!), exact(row.quantity))),
    })),
  active_products: () =>
    stored
      .products!.filter((row) => row.active)
      .map(({ id, sku, name, price, released_on, category_id }) => ({
        id: id!,
        sku: sku!,
        name: name!,
        price: price!,
        released_on: released_on!,
        category: named('categories', category_id!)?.name ?? null,
      })),
  customer_totals: () =>
    stored.customers!.map(({ id, email }) => {
      const own = stored.orders!.filter((order) => order.customer_id === id);
      const spent = own.map((order) => cents(order.total!)).reduce(add, exact('0.00'));
      return {
        customer_id: id!,
        email: email!,
        orders: String(own.length),
        spent: own.length === 0 ? null : money(spent),
      };
    }),
  open_tickets: () =>
    stored
      .tickets!.filter((row) => row.closed_at === null)
      .map(({ id, customer_id, subject, priority, opened_at, agent_id }) => ({
        id: id!,
        customer_id: customer_id!,
        subject: subject!,
        priority: priority!,
        opened_at: opened_at!,
        agent: named('agents', agent_id!)?.name ?? null,
      })),
};

const known = new Map<string, readonly Row[]>();

/** The visible rows of a fixture's table or view, in the order of the primary key if there is one. */
export function rowsOfTable(table: Table): readonly Row[] {
  const visible = visibleRowsNow();
  if (visible !== null) return visible.rows(table);
  let rows = known.get(table.name);
  if (rows === undefined) {
    rows = computed[table.name]?.() ?? stored[table.name];
    if (rows === undefined) throw new Error(`The fixtures have no table ${table.name}`);
    known.set(table.name, rows);
  }
  return rows;
}
