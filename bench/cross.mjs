// The statements of the join across sources, and the time of each alone.
import mysql from 'mysql2/promise';
import pg from 'pg';

/** Lines from PostgreSQL, orders from MySQL by a JSON array of keys, customers from PostgreSQL by an array; each answers one JSON text. */
export const crossStatements = {
  lines:
    "select coalesce(json_agg(t), '[]')::text from (select id, quantity, price::text, order_id from order_lines where id > $1 order by id limit 50) t",
  orders:
    "select coalesce(json_arrayagg(json_object('id', o.id, 'status', o.status, 'customer_id', o.customer_id)), '[]') from json_table(?, '$[*]' columns (k int path '$')) keys_of join orders o on o.id = keys_of.k",
  customers:
    "select coalesce(json_agg(t), '[]')::text from (select id, name, city from customers where id = any($1)) t",
};

const median = (list) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)];

/** The median time of each statement in milliseconds, over `times` runs: prepared, on an open connection, one at a time. */
export async function timeStatements(postgresUrl, mysqlUrl, times) {
  const postgres = new pg.Client({ connectionString: postgresUrl });
  await postgres.connect();
  const other = await mysql.createConnection({ uri: mysqlUrl, jsonStrings: true, rowsAsArray: true });
  const spent = { lines: [], orders: [], customers: [] };
  const timed = async (name, work) => {
    const started = performance.now();
    const json = await work();
    spent[name].push(performance.now() - started);
    return JSON.parse(json);
  };
  const query = async (name, values) =>
    (await postgres.query({ name, text: crossStatements[name], values, rowMode: 'array' })).rows[0][0];
  try {
    for (let time = 0; time < times; time++) {
      const lines = await timed('lines', () => query('lines', [Math.floor(Math.random() * 190_000)]));
      const orderIds = JSON.stringify([...new Set(lines.map((row) => row.order_id))]);
      const orders = await timed('orders', async () => {
        const [rows] = await other.execute(crossStatements.orders, [orderIds]);
        return rows[0][0];
      });
      await timed('customers', () => query('customers', [orders.map((row) => row.customer_id)]));
    }
  } finally {
    await Promise.all([postgres.end(), other.end()]);
  }
  return Object.fromEntries(Object.entries(spent).map(([name, list]) => [name, median(list)]));
}
