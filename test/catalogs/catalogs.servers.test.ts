import { type Connection, connect } from '../support/connect.ts';
import { freshDatabase, sharedDatabase, type TestDatabase } from '../support/databases.ts';
import { testEngines } from '../support/engine/index.ts';
import { describeEngines, type Engine, engines } from '../support/engines.ts';
import type { TableRows } from './content.ts';
import { contents, resetScript } from './load.ts';

/** A query per table for the number of rows that are found by all their values, except JSON, which not every engine can compare. */
function found(engine: Engine, { table, columns, rows }: TableRows): string {
  const { name, literal, same } = testEngines[engine].spelling;
  const kinds = Object.entries(columns);
  const conditions = rows.map((row) => {
    const equal = kinds.flatMap(([column, kind], at) =>
      kind === 'json' ? [] : [`${name(column)} ${same} ${literal(row[at]!, kind)}`],
    );
    return `when ${equal.join(' and ')} then 1`;
  });
  return `select count(case ${conditions.join('\n')} end) as found, count(*) as total from ${name(table)}`;
}

/** Tables whose rows differ from the content: `{ orders: 'found 31 of 32, expected 32' }`. */
async function differences(
  connection: Connection,
  { engine, catalog }: TestDatabase,
): Promise<Record<string, string>> {
  const wrong: Record<string, string> = {};
  for (const rows of contents[catalog as keyof typeof contents]) {
    const [counts] = await connection.query(found(engine, rows));
    const expected = rows.rows.length;
    if (Number(counts?.found) === expected && Number(counts?.total) === expected) continue;
    wrong[rows.table] = `found ${counts?.found} of ${counts?.total}, expected ${expected}`;
  }
  return wrong;
}

const single = async (connection: Connection, text: string) =>
  Object.values((await connection.query(text))[0] ?? {}).map(String);

// Opening a database of PGlite takes a second, so each test opens one as seldom as it can.
describeEngines(engines, (engine) => {
  const { name } = testEngines[engine].spelling;

  test.each(['shop', 'support'] as const)(
    '%s holds exactly the rows of the content',
    async (catalog) => {
      const database = await sharedDatabase(engine, catalog);
      expect(await database.use((connection) => differences(connection, database))).toEqual({});
    },
    60_000,
  );

  test('the database computes what is generated, and big numbers keep their digits', async () => {
    const shop = await sharedDatabase(engine, 'shop');
    await shop.use(async (connection) => {
      const margin = await single(connection, 'select margin from products where id = 1');
      expect(margin.map(Number)).toEqual([17.5]);
      const big = (id: number) => single(connection, `select a_bigint from every_type where id = ${id}`);
      expect(await big(1)).toEqual(['9007199254740993']);
      expect(await big(2)).toEqual(['-9223372036854775808']);
      expect(await big(3)).toEqual(['9223372036854775807']);
      expect(
        await single(
          connection,
          'select count(*) from orders o where o.total <> (select sum(line_total) from order_items i where i.order_id = o.id)',
        ),
      ).toEqual(['0']);
      expect(await single(connection, 'select count(*) from active_products')).toEqual(['29']);
    });
  }, 60_000);

  test('constraints hold: duplicates, dangling references, checks and unknown enum values are refused', async () => {
    const shop = await freshDatabase(engine, 'shop');
    const refused = [
      "insert into categories (id, name) values (50, 'kitchen')",
      'insert into product_tags (product_id, tag_id) values (999, 1)',
      'update products set price = -1 where id = 1',
      "update orders set status = 'lost' where id = 1",
      'insert into stock (warehouse_code, product_id, quantity) select warehouse_code, product_id, 1 from stock',
      'update returns set order_id = 1, line_no = 99 where id = 1',
    ];
    try {
      await shop.use(async (connection) => {
        for (const statement of refused) {
          const answer = await connection.execute(statement).then(
            () => 'accepted',
            () => 'refused',
          );
          expect({ statement, answer }).toEqual({ statement, answer: 'refused' });
        }
        expect(await differences(connection, shop)).toEqual({});
      });
    } finally {
      await shop.drop();
    }
  }, 60_000);

  test('a copy is written to and brought back, counters included, while the shared one stays', async () => {
    const copy = await freshDatabase(engine, 'shop');
    try {
      const mess = `delete from order_items where order_id in (1, 2);
        update customers set nickname = 'changed' where id < 5;
        insert into tags (name) values ('one more');
        delete from visits;
        update ${name('odd "table" [of] `names`?')} set ${name('GROUP')} = null;`;
      await copy.use(async (connection) => {
        await connection.execute(mess);
        expect(Object.keys(await differences(connection, copy)).length).toBe(5);
        await copy.reset(['order_items', 'customers'], (script) => connection.execute(script));
        expect(Object.keys(await differences(connection, copy)).sort()).toEqual([
          'odd "table" [of] `names`?',
          'tags',
          'visits',
        ]);
      });
      await copy.reset();
      await copy.use(async (connection) => {
        expect(await differences(connection, copy)).toEqual({});
        await connection.execute("insert into tags (name) values ('next')");
        expect(await single(connection, "select id from tags where name = 'next'")).toEqual(['9']);
      });
      const shop = await sharedDatabase(engine, 'shop');
      expect(await shop.use((connection) => differences(connection, shop))).toEqual({});
    } finally {
      await copy.drop();
    }
    expect(() => resetScript(engine, 'shop', ['nothing'])).toThrow(
      'The catalog shop has no table "nothing".',
    );
  }, 60_000);
});

describeEngines(['postgres', 'pglite'], (engine) => {
  test('pg_extra holds what only PostgreSQL has', async () => {
    const extra = await freshDatabase(engine, 'pg_extra');
    try {
      await extra.use(async (connection) => {
        const counted = (table: string) => single(connection, `select count(*) from extra.${table}`);
        expect(await counted('special_types')).toEqual(['4']);
        expect(await counted('measurements_later')).toEqual(['2']);
        expect(
          await single(
            connection,
            "select average::float8 from extra.station_averages where station = 'west'",
          ),
        ).toEqual(['-4.5']);
        expect(await counted('animals')).toEqual(['3']);
      });
      expect(extra.namespace).toBe('extra');
    } finally {
      await extra.drop();
    }
    await expect(
      connect(engine, extra.location).then((connection) => connection.query('select 1 from extra.animals')),
    ).rejects.toThrow();
  }, 300_000);
});
