// Deterministic data: 2,000 customers, 20,000 orders, 200,000 lines, 1,000 products; the same in every engine.
import mysql from 'mysql2/promise';
import pg from 'pg';

export const sizes = { customers: 2000, products: 1000, orders: 20_000, lines: 10 };

const tables = [
  [
    'customers',
    'id int primary key, name varchar(80) not null, email varchar(120) not null, city varchar(40) not null, balance decimal(12,2) not null',
  ],
  ['products', 'id int primary key, name varchar(80) not null, price decimal(10,2) not null'],
  [
    'orders',
    'id int primary key, customer_id int not null references customers (id), status varchar(12) not null, placed_at timestamp not null, total decimal(12,2) not null',
  ],
  [
    'order_lines',
    'id int primary key, order_id int not null references orders (id), product_id int not null references products (id), quantity int not null, price decimal(10,2) not null',
  ],
  ['events', 'id int primary key, kind varchar(20) not null, amount int not null, note varchar(80)'],
];
const constraints = [
  'alter table orders add constraint orders_customer foreign key (customer_id) references customers (id)',
  'alter table order_lines add constraint lines_order foreign key (order_id) references orders (id)',
  'alter table order_lines add constraint lines_product foreign key (product_id) references products (id)',
];
const indexes = [
  'create index orders_customer_idx on orders (customer_id)',
  'create index lines_order_idx on order_lines (order_id)',
];
const cities = ['berlin', 'lyon', 'oslo', 'porto', 'turin', 'utrecht', 'vienna'];
const statuses = ['cart', 'paid', 'placed', 'shipped'];

function* rowsOf(table) {
  if (table === 'customers')
    for (let id = 1; id <= sizes.customers; id++)
      yield [id, `customer ${id}`, `c${id}@example.org`, cities[id % 7], ((id * 37) % 100000) / 4];
  if (table === 'products')
    for (let id = 1; id <= sizes.products; id++) yield [id, `product ${id}`, ((id * 13) % 4000) / 4 + 1];
  if (table === 'orders')
    for (let id = 1; id <= sizes.orders; id++) {
      const day = new Date(Date.UTC(2023, 0, 1) + (id % 700) * 86_400_000 + (id % 86400) * 1000)
        .toISOString()
        .slice(0, 19)
        .replace('T', ' ');
      yield [
        id,
        ((id * 7919) % sizes.customers) + 1,
        statuses[(id + Math.floor(id / 2000)) % 4],
        day,
        ((id * 31) % 40000) / 4,
      ];
    }
  if (table === 'order_lines')
    for (let id = 1; id <= sizes.orders * sizes.lines; id++)
      yield [
        id,
        Math.ceil(id / sizes.lines),
        ((id * 104729) % sizes.products) + 1,
        (id % 5) + 1,
        ((id * 17) % 4000) / 4 + 1,
      ];
}

/** Increase it when the data changes: a database with another version is loaded again. */
const version = 2;

/** Loads the database `foz_bench` unless it exists and is complete. Returns its URL. */
export async function load(engine, server) {
  const url = new URL('/foz_bench', server).href;
  const run = engine === 'postgres' ? await postgres(server) : await mysqlServer(server);
  try {
    if (await run.complete()) return url;
    await run.create();
    for (const [table, columns] of tables) {
      await run.script(
        `create table ${table} (${engine === 'postgres' ? columns : columns.replaceAll(/ references \w+ \(id\)/g, '').replace('timestamp', 'datetime')})`,
      );
      let values = [];
      const flush = async () => {
        if (values.length > 0) await run.script(`insert into ${table} values ${values.join(',')}`);
        values = [];
      };
      for (const row of rowsOf(table)) {
        values.push(`(${row.map((cell) => (typeof cell === 'number' ? cell : `'${cell}'`)).join(',')})`);
        if (values.length === 2000) await flush();
      }
      await flush();
    }
    for (const text of engine === 'postgres' ? indexes : [...indexes, ...constraints]) await run.script(text);
    for (const [table] of tables)
      await run.script(engine === 'postgres' ? `analyze ${table}` : `analyze table ${table}`);
    await run.script(`insert into events values (0, 'loaded', ${version}, null)`);
    return url;
  } finally {
    await run.end();
  }
}

async function postgres(server) {
  const admin = new pg.Client({ connectionString: server });
  await admin.connect();
  let client = null;
  const open = async () => {
    client = new pg.Client({ connectionString: new URL('/foz_bench', server).href });
    await client.connect();
  };
  return {
    async complete() {
      const { rows } = await admin.query("select 1 from pg_database where datname = 'foz_bench'");
      if (rows.length === 0) return false;
      await open();
      return client.query(`select 1 from events where id = 0 and amount = ${version}`).then(
        ({ rowCount }) => rowCount === 1,
        () => false,
      );
    },
    async create() {
      await client?.end();
      await admin.query('drop database if exists foz_bench with (force)');
      await admin.query('create database foz_bench');
      await open();
    },
    script: (text) => client.query(text),
    async end() {
      await client?.end();
      await admin.end();
    },
  };
}

async function mysqlServer(server) {
  const connection = await mysql.createConnection({ uri: server });
  return {
    complete: () =>
      connection.query(`select 1 from foz_bench.events where id = 0 and amount = ${version}`).then(
        ([rows]) => rows.length === 1,
        () => false,
      ),
    async create() {
      await connection.query('drop database if exists foz_bench');
      await connection.query('create database foz_bench');
      await connection.query('use foz_bench');
    },
    script: (text) => connection.query(text),
    end: () => connection.end(),
  };
}

/** Deletes the rows that measurements inserted. */
export async function clean(engine, url, from) {
  const text = `delete from events where id >= ${from}`;
  if (engine === 'postgres') {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(text);
    await client.query('vacuum analyze events');
    await client.end();
  } else {
    const connection = await mysql.createConnection({ uri: url });
    await connection.query(text);
    await connection.end();
  }
}
