// Hand-written SQL for PostgreSQL.
/**
 * By operation: the statement, its values as a function of the variables, and the text around the JSON that the database builds.
 */
export const postgresSql = {
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
    "select json_build_object('aggregate', json_build_object('count', count(*), 'sum', json_build_object('total', sum(total)::text), 'max', json_build_object('total', max(total)::text)))::text from orders where customer_id = $1 and status <> 'cart'",
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
