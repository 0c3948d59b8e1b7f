// The floor: node:http, the driver, and hand-written SQL that builds the JSON in the database, without GraphQL. floor.mjs ENGINE
// URL PORT POOL-SIZE [URL of MySQL for joins across sources]
import { createServer } from 'node:http';
import mysql from 'mysql2';
import pg from 'pg';
import { crossStatements } from './cross.mjs';
import { mysqlSql } from './floor-mysql.mjs';
import { postgresSql } from './floor-postgres.mjs';

const [engine, url, port, poolSize, otherUrl] = process.argv.slice(2);
const operations = { postgres: onPostgres, mysql: onMysql, mariadb: onMysql, cross: onBoth };
const ask = operations[engine]();

function postgresPool() {
  const pool = new pg.Pool({ connectionString: url, max: Number(poolSize) });
  return async (name, text, values) =>
    (await pool.query({ name, text, values, rowMode: 'array' })).rows[0]?.[0] ?? 'null';
}

function mysqlPool(uri) {
  const pool = mysql.createPool({
    uri,
    connectionLimit: Number(poolSize),
    jsonStrings: true,
    rowsAsArray: true,
  });
  return (text, values) =>
    new Promise((resolve, reject) => {
      pool.execute(text, values, (error, rows) => (error ? reject(error) : resolve(rows[0]?.[0] ?? 'null')));
    });
}

function onPostgres() {
  const query = postgresPool();
  return async (operation, variables) => {
    const [sql, values, wrap] = postgresSql[operation];
    return wrap(await query(operation, sql, values(variables)));
  };
}

function onMysql() {
  const query = mysqlPool(url);
  const statements = mysqlSql(engine);
  return async (operation, variables) => {
    const [sql, values, wrap] = statements[operation];
    return wrap(await query(sql, values(variables)), variables);
  };
}

/** Three statements. The keys of one are the condition of the next, and their rows are merged here. */
function onBoth() {
  const query = postgresPool();
  const other = mysqlPool(otherUrl);
  const { lines, orders, customers } = crossStatements;
  return async (_, { from }) => {
    const rows = JSON.parse(await query('lines', lines, [from]));
    const orderIds = [...new Set(rows.map((row) => row.order_id))];
    const found = JSON.parse(await other(orders, [JSON.stringify(orderIds)]));
    const customerIds = [...new Set(found.map((row) => row.customer_id))];
    const people = new Map(
      JSON.parse(await query('customers', customers, [customerIds])).map((row) => [row.id, row]),
    );
    const byId = new Map(
      found.map(({ id, status, customer_id }) => [
        id,
        { id, status, shop_customer: people.get(customer_id) },
      ]),
    );
    return JSON.stringify({
      order_lines: rows.map(({ order_id, ...row }) => ({ ...row, shop_order: byId.get(order_id) })),
    });
  };
}

createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', async () => {
    try {
      const { operation, variables } = JSON.parse(Buffer.concat(chunks));
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
process.once('SIGTERM', () => process.exit(0));
