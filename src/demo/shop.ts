import { Random } from './random.ts';
import {
  adjectives,
  categories,
  cities,
  colors,
  firstNames,
  lastNames,
  praise,
  streets,
  tags,
} from './words.ts';

/** A cell of a row. The loader quotes text, writes `null` as NULL, and knows the engine's form of arrays and objects. */
export type Cell =
  | string
  | number
  | boolean
  | null
  | readonly string[]
  | { readonly json: unknown }
  | { readonly base64: string };
/** Rows by table, in an order that satisfies foreign keys. */
export type Rows = ReadonlyMap<string, readonly (readonly Cell[])[]>;

export const sizes = {
  customers: 2000,
  products: 400,
  orders: 4000,
  reviews: 1800,
  employees: 40,
  tickets: 2600,
} as const;

const statuses = ['cancelled', 'delivered', 'paid', 'placed', 'shipped'] as const;
const methods = ['card', 'invoice', 'paypal', 'transfer'];

/** All rows of the shop. */
export function shopRows(): Rows {
  const random = new Random(20240229);
  const rows = new Map<string, Cell[][]>();
  rows.set('categories', categoryRows());
  rows.set('employees', employeeRows(random));
  const products = productRows(random);
  rows.set('products', products);
  const { customers, addresses } = customerRows(random);
  rows.set('customers', customers);
  rows.set('addresses', addresses);
  for (const [table, list] of orderRows(random, products, addresses)) rows.set(table, list);
  rows.set('reviews', reviewRows(random));
  return rows;
}

function categoryRows(): Cell[][] {
  const ids = new Map<string, number>(categories.map(([name], index) => [name, index + 1]));
  return categories.map(([name, parent], index) => [
    index + 1,
    name,
    parent === null ? null : ids.get(parent)!,
  ]);
}

function employeeRows(random: Random): Cell[][] {
  return Array.from({ length: sizes.employees }, (_, index) => {
    const id = index + 1;
    const manager = id === 1 ? null : random.between(1, Math.max(1, Math.floor(id / 4)));
    const start = `${String(random.between(6, 14)).padStart(2, '0')}:${random.pick(['00', '15', '30', '45'])}:00`;
    return [
      id,
      `${random.pick(firstNames)} ${random.pick(lastNames)}`,
      manager,
      random.between(1, 9),
      random.moment('2012-01-01', '2024-06-01').slice(0, 10),
      start,
    ];
  });
}

function productRows(random: Random): Cell[][] {
  return Array.from({ length: sizes.products }, (_, index) => {
    const category = random.between(1, categories.length);
    const name = `${random.pick(adjectives)} ${categories[category - 1]![0].replace(/s$/, '')} ${random.between(100, 999)}`;
    const labels = tags.filter(() => random.chance(0.2));
    const attributes = {
      color: random.pick(colors),
      size: { width: random.between(5, 120), height: random.between(5, 200) },
    };
    return [
      index + 1,
      random.uuid(),
      name,
      category,
      random.money(3, 900),
      random.between(0, 500),
      random.between(0, 5_000_000_000),
      random.between(1, 400) / 8,
      random.between(0, 20) / 4,
      random.chance(0.92),
      `P${random.between(1, 5)}Y`,
      labels,
      { json: attributes },
      { base64: Buffer.from(`thumb-${index + 1}`).toString('base64') },
    ];
  });
}

function customerRows(random: Random): { customers: Cell[][]; addresses: Cell[][] } {
  const customers: Cell[][] = [];
  const addresses: Cell[][] = [];
  for (let id = 1; id <= sizes.customers; id++) {
    const first = random.pick(firstNames);
    const last = random.pick(lastNames);
    const birthday = random.chance(0.8) ? random.moment('1950-01-01', '2005-12-31').slice(0, 10) : null;
    const email = `${first}.${last}.${id}@example.org`.toLowerCase();
    customers.push([
      id,
      `${first} ${last}`,
      email,
      birthday,
      random.chance(0.3),
      `${random.moment('2019-01-01', '2024-01-01')}Z`,
    ]);
    for (let number = random.between(1, 2); number > 0; number--) {
      const [city, country] = random.pick(cities);
      addresses.push([
        addresses.length + 1,
        id,
        `${random.between(1, 180)} ${random.pick(streets)}`,
        city,
        country,
        String(random.between(10000, 99999)),
      ]);
    }
  }
  return { customers, addresses };
}

function orderRows(
  random: Random,
  products: readonly Cell[][],
  addresses: readonly Cell[][],
): Map<string, Cell[][]> {
  const orders: Cell[][] = [];
  const items: Cell[][] = [];
  const payments: Cell[][] = [];
  for (let id = 1; id <= sizes.orders; id++) {
    const address = random.pick(addresses);
    const status = random.pick(statuses);
    const placed = random.moment('2022-01-01', '2024-12-31');
    const shipping = random.chance(0.2) ? random.pick(addresses)[0]! : address[0]!;
    const delivered =
      status === 'delivered'
        ? new Date(Date.parse(`${placed}Z`) + random.between(1, 9) * 86_400_000).toISOString().slice(0, 19)
        : null;
    orders.push([
      id,
      address[1]!,
      status,
      `${placed}Z`,
      delivered,
      address[0]!,
      shipping,
      random.chance(0.1) ? 'Please ring twice.' : null,
    ]);
    let total = 0;
    for (let line = 1, lines = random.between(1, 5); line <= lines; line++) {
      const product = random.pick(products);
      const quantity = random.between(1, 4);
      total += Number(product[4]) * quantity;
      items.push([id, line, product[0]!, quantity, product[4]!]);
    }
    if (status !== 'cancelled' && status !== 'placed')
      payments.push([payments.length + 1, id, random.pick(methods), total.toFixed(2), `${placed}Z`]);
  }
  return new Map([
    ['orders', orders],
    ['order_items', items],
    ['payments', payments],
  ]);
}

function reviewRows(random: Random): Cell[][] {
  const seen = new Set<string>();
  const reviews: Cell[][] = [];
  while (reviews.length < sizes.reviews) {
    const product = random.between(1, sizes.products);
    const customer = random.between(1, sizes.customers);
    if (seen.has(`${product}-${customer}`)) continue;
    seen.add(`${product}-${customer}`);
    reviews.push([
      product,
      customer,
      random.between(1, 5),
      random.pick(praise),
      `${random.moment('2022-01-01', '2024-12-31')}Z`,
    ]);
  }
  return reviews;
}
