// Database access for the resolvers written by hand: prepared statements, a pool, and numbers as texts with all digits.
import mysql from 'mysql2/promise';
import pg from 'pg';

/** A pool of connections to one database. Placeholders are written as `?`. */
export function open(engine, url, poolSize) {
  return engine === 'postgres' ? openPostgres(url, poolSize) : openMysql(url, poolSize);
}

function openPostgres(url, poolSize) {
  const { INT8, TIMESTAMP } = pg.types.builtins;
  pg.types.setTypeParser(INT8, Number);
  pg.types.setTypeParser(TIMESTAMP, (text) => text);
  const pool = new pg.Pool({ connectionString: url, max: poolSize });
  const query = async (name, text, values) => {
    let number = 0;
    const numbered = text.replaceAll('?', () => `$${++number}`);
    return (await pool.query({ name, text: numbered, values })).rows;
  };
  return {
    query,
    upsert:
      "insert into events (id, kind, amount) values (?, 'view', ?) on conflict (id) do update set amount = excluded.amount",
    byKeys: (table, keys) => query(`${table} by keys`, `select * from ${table} where id = any(?)`, [keys]),
    firstOfEach: (table, column, keys, limit) =>
      query(
        `first ${limit} of ${table} by ${column}`,
        `select t.* from unnest(?::int[]) with ordinality k(key, place), lateral (select * from ${table} where ${column} = k.key order by id limit ${Number(limit)}) t order by k.place, t.id`,
        [keys],
      ),
  };
}

function openMysql(url, poolSize) {
  const pool = mysql.createPool({ uri: url, connectionLimit: poolSize, dateStrings: true });
  const query = async (_, text, values) =>
    (
      await pool.execute(
        text,
        values.map((value) => value ?? null),
      )
    )[0];
  return {
    query,
    upsert:
      "insert into events (id, kind, amount) values (?, 'view', ?) on duplicate key update amount = values(amount)",
    byKeys: async (table, keys) => (await pool.query(`select * from ${table} where id in (?)`, [keys]))[0],
    firstOfEach: async (table, column, keys, limit) => {
      const numbered = `select *, row_number() over (partition by ${column} order by id) as place from ${table} where ${column} in (?)`;
      const text = `select * from (${numbered}) t where place <= ${Number(limit)} order by ${column}, id`;
      return (await pool.query(text, [keys]))[0];
    },
  };
}
