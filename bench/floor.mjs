// The floor: node:http, the driver, and SQL written by hand that builds the JSON in the database. No GraphQL at all.
import { createServer } from 'node:http';
import mysql from 'mysql2';
import pg from 'pg';

const [engine, url, port] = process.argv.slice(2);
const iso = engine === 'postgres' ? 'placed_at' : "date_format(placed_at, '%Y-%m-%dT%H:%i:%s')";
const text = engine === 'postgres' ? (x) => `${x}::text` : (x) => `cast(${x} as char)`;

const postgresSql = {
  'by key': [
    'select row_to_json(t)::text from (select id, customer_id, status, placed_at, total::text from orders where id = $1) t',
    (v) => [v.id],
    (json) => `{"orders_by_pk":${json}}`,
  ],
  'list of 100': [
    "select coalesce(json_agg(t), '[]')::text from (select id, customer_id, status, placed_at, total::text from orders where id > $1 order by id limit 100) t",
    (v) => [v.from],
    (json) => `{"orders":${json}}`,
  ],
  'nest 10x10x10': [
    "select coalesce(json_agg(t), '[]')::text from (select c.id, c.name, (select coalesce(json_agg(o), '[]') from (select o.id, o.status, o.total::text, (select coalesce(json_agg(l), '[]') from (select l.id, l.quantity, l.price::text from order_lines l where l.order_id = o.id order by l.id limit 10) l) as order_lines from orders o where o.customer_id = c.id order by o.id limit 10) o) as orders from customers c where c.id > $1 order by c.id limit 10) t",
    (v) => [v.from],
    (json) => `{"customers":${json}}`,
  ],
  '50 rows, two to-one hops': [
    "select coalesce(json_agg(t), '[]')::text from (select l.id, l.quantity, l.price::text, json_build_object('id', p.id, 'name', p.name) as product, json_build_object('id', o.id, 'status', o.status, 'customer', json_build_object('id', c.id, 'name', c.name, 'city', c.city)) as \"order\" from order_lines l join products p on p.id = l.product_id join orders o on o.id = l.order_id join customers c on c.id = o.customer_id where l.id > $1 order by l.id limit 50) t",
    (v) => [v.from],
    (json) => `{"order_lines":${json}}`,
  ],
  'filtered aggregate': [
    "select json_build_object('aggregate', json_build_object('count', count(*), 'sum', json_build_object('total', sum(total)::text), 'max', json_build_object('placed_at', max(placed_at))))::text from orders where customer_id = $1 and status <> 'cart'",
    (v) => [v.id],
    (json) => `{"orders_aggregate":${json}}`,
  ],
  'group by': [
    "select json_build_object('group_by', coalesce(json_agg(json_build_object('group_key', json_build_object('status', status), 'aggregate', json_build_object('count', n, 'sum', json_build_object('total', total::text)))), '[]'))::text from (select status, count(*) n, sum(total) total from orders where customer_id between $1 and $2 group by status order by status) g",
    (v) => [v.from, v.to],
    (json) => `{"orders_aggregate":${json}}`,
  ],
  insert: [
    "insert into events (id, kind, amount, note) values ($1, 'click', 3, 'a note') returning json_build_object('id', id, 'kind', kind)::text",
    (v) => [v.id],
    (json) => `{"insert_events_one":${json}}`,
  ],
  upsert: [
    "insert into events (id, kind, amount) values ($1, 'view', $2) on conflict (id) do update set amount = excluded.amount returning json_build_object('id', id, 'amount', amount)::text",
    (v) => [v.id, v.amount],
    (json) => `{"insert_events_one":${json}}`,
  ],
};
const order = (alias) =>
  `'id', ${alias}.id, 'customer_id', ${alias}.customer_id, 'status', ${alias}.status, 'placed_at', ${iso.replace('placed_at,', `${alias}.placed_at,`)}, 'total', ${text(`${alias}.total`)}`;
const mysqlSql = {
  'by key': [
    `select json_object(${order('o')}) from orders o where id = ?`,
    (v) => [v.id],
    (json) => `{"orders_by_pk":${json}}`,
  ],
  'list of 100': [
    `select coalesce(json_arrayagg(json_object(${order('o')})), '[]') from (select * from orders where id > ? order by id limit 100) o`,
    (v) => [v.from],
    (json) => `{"orders":${json}}`,
  ],
  'filtered aggregate': [
    `select json_object('aggregate', json_object('count', count(*), 'sum', json_object('total', ${text('sum(total)')}), 'max', json_object('placed_at', date_format(max(placed_at), '%Y-%m-%dT%H:%i:%s')))) from orders where customer_id = ? and status <> 'cart'`,
    (v) => [v.id],
    (json) => `{"orders_aggregate":${json}}`,
  ],
  'group by': [
    `select json_object('group_by', json_arrayagg(json_object('group_key', json_object('status', status), 'aggregate', json_object('count', n, 'sum', json_object('total', ${text('total')}))))) from (select status, count(*) n, sum(total) total from orders where customer_id between ? and ? group by status order by status) g`,
    (v) => [v.from, v.to],
    (json) => `{"orders_aggregate":${json}}`,
  ],
  '50 rows, two to-one hops': [
    `select json_arrayagg(json_object('id', id, 'quantity', quantity, 'price', ${text('price')}, 'product', json_object('id', pid, 'name', pname), 'order', json_object('id', oid, 'status', status, 'customer', json_object('id', cid, 'name', cname, 'city', city)))) from (select l.id, l.quantity, l.price, p.id pid, p.name pname, o.id oid, o.status, c.id cid, c.name cname, c.city from order_lines l join products p on p.id = l.product_id join orders o on o.id = l.order_id join customers c on c.id = o.customer_id where l.id > ? order by l.id limit 50) t`,
    (v) => [v.from],
    (json) => `{"order_lines":${json}}`,
  ],
  'nest 10x10x10': [
    engine === 'mysql'
      ? `select json_arrayagg(json_object('id', c.id, 'name', c.name, 'orders', (select json_arrayagg(json_object('id', o.id, 'status', o.status, 'total', ${text('o.total')}, 'order_lines', (select json_arrayagg(json_object('id', l.id, 'quantity', l.quantity, 'price', ${text('l.price')})) from (select * from order_lines x where x.order_id = o.id order by x.id limit 10) l))) from (select * from orders y where y.customer_id = c.id order by y.id limit 10) o))) from (select * from customers where id > ? order by id limit 10) c`
      : `select json_arrayagg(json_object('id', c.id, 'name', c.name, 'orders', json_extract((select json_arrayagg(json_object('id', o.id, 'status', o.status, 'total', ${text('o.total')}, 'order_lines', json_extract((select json_arrayagg(json_object('id', l.id, 'quantity', l.quantity, 'price', ${text('l.price')}) order by l.id limit 10) from order_lines l where l.order_id = o.id), '$')) order by o.id limit 10) from orders o where o.customer_id = c.id), '$'))) from (select * from customers where id > ? order by id limit 10) c`,
    (v) => [v.from],
    (json) => `{"customers":${json}}`,
  ],
  insert: [
    "insert into events (id, kind, amount, note) values (?, 'click', 3, 'a note')",
    (v) => [v.id],
    (_, v) => `{"insert_events_one":{"id":${v.id},"kind":"click"}}`,
  ],
  upsert: [
    "insert into events (id, kind, amount) values (?, 'view', ?) on duplicate key update amount = values(amount)",
    (v) => [v.id, v.amount],
    (_, v) => `{"insert_events_one":{"id":${v.id},"amount":${v.amount}}}`,
  ],
};

const ask = engine === 'postgres' ? postgres() : mysqlServer();

function postgres() {
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  return async (name, variables) => {
    const [sql, values, wrap] = postgresSql[name];
    const { rows } = await pool.query({ name, text: sql, values: values(variables), rowMode: 'array' });
    return wrap(rows[0]?.[0] ?? 'null', variables);
  };
}

function mysqlServer() {
  const pool = mysql.createPool({ uri: url, connectionLimit: 10, jsonStrings: true, rowsAsArray: true });
  return (name, variables) =>
    new Promise((resolve, reject) => {
      const [sql, values, wrap] = mysqlSql[name];
      pool.execute(sql, values(variables), (error, rows) =>
        error ? reject(error) : resolve(wrap(rows[0]?.[0] ?? 'null', variables)),
      );
    });
}

createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', async () => {
    const { operation, variables } = JSON.parse(Buffer.concat(chunks));
    try {
      const body = `{"data":${await ask(operation, variables)}}`;
      response.writeHead(200, {
        'content-type': 'application/json; charset=utf-8',
        'content-length': Buffer.byteLength(body),
      });
      response.end(body);
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
}).listen(Number(port), '127.0.0.1', () => console.log('ready'));
