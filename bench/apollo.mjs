// Apollo Server with a schema and resolvers written by hand, and a dataloader per relationship and request.
// apollo.mjs ENGINE URL PORT POOL-SIZE [URL of MySQL for joins across sources]
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import DataLoader from 'dataloader';
import { open } from './apollo-databases.mjs';

const [engine, url, port, poolSize, otherUrl] = process.argv.slice(2);
const database = open(engine === 'cross' ? 'postgres' : engine, url, Number(poolSize));
const other = otherUrl === undefined ? database : open('mysql', otherUrl, Number(poolSize));

const typeDefs = `
  type Customer { id: Int! name: String! email: String! city: String! balance: String! orders(limit: Int!): [Order!]! }
  type Product { id: Int! name: String! price: String! }
  type Order { id: Int! customer_id: Int! status: String! placed_at: String! total: String! customer: Customer! order_lines(limit: Int!): [OrderLine!]! shop_customer: Customer! }
  type OrderLine { id: Int! quantity: Int! price: String! product: Product! order: Order! shop_order: Order! }
  type Event { id: Int! kind: String! amount: Int! note: String }
  type Total { total: String }
  type Aggregate { count: Int! sum: Total! max: Total! }
  type GroupKey { status: String! }
  type Group { group_key: GroupKey! aggregate: Aggregate! }
  type OrdersAggregate { aggregate: Aggregate! group_by: [Group!]! }
  type Query {
    orders_by_pk(id: Int!): Order
    orders(from: Int!, limit: Int!): [Order!]!
    customers(from: Int!, limit: Int!): [Customer!]!
    order_lines(from: Int!, limit: Int!): [OrderLine!]!
    orders_aggregate(customer_id: Int, status_not: String, customer_from: Int, customer_to: Int): OrdersAggregate!
  }
  type Mutation {
    insert_events_one(id: Int!, kind: String!, amount: Int!, note: String): Event!
    upsert_event(id: Int!, amount: Int!): Event!
  }`;

const rowsFrom =
  (table) =>
  (_, { from, limit }) =>
    database.query(
      `rows of ${table}`,
      `select * from ${table} where id > ? order by id limit ${Number(limit)}`,
      [from],
    );
const aggregateOf = ({ count, sum, max }) => ({ count, sum: { total: sum }, max: { total: max } });
const sums = 'count(*) as count, sum(total) as sum, max(total) as max';

const resolvers = {
  Query: {
    orders_by_pk: async (_, { id }) =>
      (await database.query('order', 'select * from orders where id = ?', [id]))[0],
    orders: rowsFrom('orders'),
    customers: rowsFrom('customers'),
    order_lines: rowsFrom('order_lines'),
    orders_aggregate: (_, filter) => filter,
  },
  OrdersAggregate: {
    aggregate: async ({ customer_id, status_not }) => {
      const text = `select ${sums} from orders where customer_id = ? and status <> ?`;
      return aggregateOf((await database.query('aggregate', text, [customer_id, status_not]))[0]);
    },
    group_by: async ({ customer_from, customer_to }) => {
      const text = `select status, ${sums} from orders where customer_id between ? and ? group by status`;
      const rows = await database.query('groups', text, [customer_from, customer_to]);
      return rows.map((row) => ({ group_key: { status: row.status }, aggregate: aggregateOf(row) }));
    },
  },
  Customer: { orders: ({ id }, { limit }, { many }) => many('orders', 'customer_id', limit).load(id) },
  Order: {
    placed_at: ({ placed_at }) => placed_at.replace(' ', 'T'),
    order_lines: ({ id }, { limit }, { many }) => many('order_lines', 'order_id', limit).load(id),
    customer: ({ customer_id }, _, { one }) => one('customers').load(customer_id),
    shop_customer: ({ customer_id }, _, { one }) => one('customers').load(customer_id),
  },
  OrderLine: {
    product: ({ product_id }, _, { one }) => one('products').load(product_id),
    order: ({ order_id }, _, { one }) => one('orders').load(order_id),
    shop_order: ({ order_id }, _, { one }) => one('orders', other).load(order_id),
  },
  Mutation: {
    insert_events_one: async (_, { id, kind, amount, note }) => {
      await database.query('insert', 'insert into events (id, kind, amount, note) values (?, ?, ?, ?)', [
        id,
        kind,
        amount,
        note,
      ]);
      return { id, kind, amount, note };
    },
    upsert_event: async (_, { id, amount }) => {
      await database.query('upsert', database.upsert, [id, amount]);
      return { id, kind: 'view', amount };
    },
  },
};

/** The dataloaders of one request: rows by key, and the first rows of each parent. */
function loaders() {
  const made = new Map();
  const once = (key, make) => {
    if (!made.has(key)) made.set(key, make());
    return made.get(key);
  };
  return {
    one: (table, from = database) =>
      once(
        `${table} ${from === other}`,
        () =>
          new DataLoader(async (keys) => {
            const found = new Map((await from.byKeys(table, keys)).map((row) => [row.id, row]));
            return keys.map((key) => found.get(key));
          }),
      ),
    many: (table, column, limit) =>
      once(
        `${table} ${column} ${limit}`,
        () =>
          new DataLoader(async (keys) => {
            const found = new Map(keys.map((key) => [key, []]));
            for (const row of await database.firstOfEach(table, column, keys, limit))
              found.get(row[column]).push(row);
            return keys.map((key) => found.get(key));
          }),
      ),
  };
}

const server = new ApolloServer({ typeDefs, resolvers, introspection: false });
await startStandaloneServer(server, {
  listen: { port: Number(port), host: '127.0.0.1' },
  context: async () => loaders(),
});
console.log('ready');
process.once('SIGTERM', () => process.exit(0));
