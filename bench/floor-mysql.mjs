// Hand-written SQL for MySQL and MariaDB, which build nested JSON in different ways. With inner joins MariaDB would start from the
// customers and sort (180 ms). Left joins make it start from the lines (1 ms).
const iso = (column) => `date_format(${column}, '%Y-%m-%dT%H:%i:%s')`;
const text = (expression) => `cast(${expression} as char)`;
const order = (alias) =>
  `'id', ${alias}.id, 'customer_id', ${alias}.customer_id, 'status', ${alias}.status, 'placed_at', ${iso(`${alias}.placed_at`)}, 'total', ${text(`${alias}.total`)}`;
/** As `postgresSql`, for `engine`. */
export const mysqlSql = (engine) => ({
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
    `select json_object('aggregate', json_object('count', count(*), 'sum', json_object('total', ${text('sum(total)')}), 'max', json_object('total', ${text('max(total)')}))) from orders where customer_id = ? and status <> 'cart'`,
    (v) => [v.id],
    (json) => `{"orders_aggregate":${json}}`,
  ],
  'group by': [
    `select json_object('group_by', json_arrayagg(json_object('group_key', json_object('status', status), 'aggregate', json_object('count', n, 'sum', json_object('total', ${text('total')}))))) from (select status, count(*) n, sum(total) total from orders where customer_id between ? and ? group by status order by status) g`,
    (v) => [v.from, v.to],
    (json) => `{"orders_aggregate":${json}}`,
  ],
  '50 rows, two to-one hops': [
    `select json_arrayagg(json_object('id', id, 'quantity', quantity, 'price', ${text('price')}, 'product', json_object('id', pid, 'name', pname), 'order', json_object('id', oid, 'status', status, 'customer', json_object('id', cid, 'name', cname, 'city', city)))) from (select l.id, l.quantity, l.price, p.id pid, p.name pname, o.id oid, o.status, c.id cid, c.name cname, c.city from order_lines l left join products p on p.id = l.product_id left join orders o on o.id = l.order_id left join customers c on c.id = o.customer_id where l.id > ? order by l.id limit 50) t`,
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
});
