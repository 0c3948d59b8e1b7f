import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import type { TableMetadata } from '../../src/catalog/index.ts';
import { type Started, start } from '../../src/main.ts';
import { type Connection, connect } from '../support/connect.ts';
import { freshDatabase, type TestDatabase } from '../support/databases.ts';
import { describeEngines } from '../support/engines.ts';
import { until } from '../support/wait.ts';

const names = ['a', 'b', 'c'] as const;
const table = `items_${randomBytes(4).toString('hex')}`;
/** The number of concurrent requests; each pool has one connection. */
const clients = 20;
const rounds = 6;

const tables = names.map(
  (source): TableMetadata => ({
    source,
    table,
    remote_relationships: names
      .filter((other) => other !== source)
      .map((other) => ({
        name: `to_${other}`,
        definition: {
          to_source: { source: other, table, relationship_type: 'object', field_mapping: { other: 'id' } },
        },
      })),
  }),
);

/** Operations over the three sources in every order, with one or two statements each. */
function operations(): string[] {
  const orders = names.flatMap((one) =>
    names
      .filter((name) => name !== one)
      .map((two) => [one, two, names.find((name) => name !== one && name !== two)!]),
  );
  const root = (source: string) => `${source}_${table}`;
  const reads = orders.flatMap(([one, two, three]) => [
    `{ x: ${root(one!)} { n } y: ${root(one!)}_aggregate { aggregate { count } } z: ${root(two!)} { n } u: ${root(two!)} { id } }`,
    `{ x: ${root(one!)} { n to_${two} { n to_${three} { n } } } }`,
    `{ x: ${root(one!)} { n to_${two} { n to_${one} { n } } } y: ${root(three!)} { n } }`,
    `{ x: ${root(one!)}(where: {to_${two}: {n: {_gte: 0}}}, order_by: {to_${three}: {n: asc}}) { n to_${three} { n } } y: ${root(one!)} { id } }`,
  ]);
  const writes = orders.map(
    ([one, two, three], at) =>
      `mutation { u: ${one}_update_${table}_by_pk(pk_columns: {id: ${1 + (at % 3)}}, _inc: {n: 1}) { n to_${two} { n to_${three} { n } } } v: ${two}_update_${table}_by_pk(pk_columns: {id: ${1 + (at % 3)}}, _inc: {n: 1}) { to_${one} { n } } }`,
  );
  return [...reads, ...writes];
}

describeEngines(['postgres', 'mysql', 'mariadb', 'sqlite'], (engine) => {
  let database: TestDatabase;
  let own: Connection;
  let server: Started;

  beforeAll(async () => {
    database = await freshDatabase(engine, 'shop');
    own = await connect(engine, database.location);
    await own.execute(
      `create table ${table} (id integer primary key, other integer not null, n integer not null); insert into ${table} values (1, 2, 0), (2, 3, 0), (3, 1, 0);`,
    );
    const where = engine === 'sqlite' ? { path: database.location } : { url: database.location };
    server = await start(
      {
        server: { port: 0, graphiql: false },
        // One database behind three pools of one connection each: requests that take them in different orders would deadlock.
        sources: names.map((name) => ({
          name,
          kind: engine,
          ...where,
          tables: { include: [table] },
          pool: { max: 1, wait_ms: 30_000 },
          customization: { root_fields: { prefix: `${name}_` }, type_names: { prefix: `${name}_` } },
        })) as never,
        metadata: { tables },
      },
      { logger: pino({ level: 'silent' }) },
    );
  }, 120_000);
  afterAll(async () => {
    await server?.close(0);
    await own?.close();
    await database?.drop();
  });

  const ask = async (query: string) => {
    const response = await fetch(`${server.url}graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    return (await response.json()) as { errors?: { message: string }[] };
  };

  test('requests that name sources in any order never wait for each other in a circle', async () => {
    const all = operations();
    // Every operation runs alone first: it succeeds, and its plan is cached.
    for (const query of all) expect([query, (await ask(query)).errors]).toEqual([query, undefined]);
    let next = 0;
    const failed: string[] = [];
    const client = async () => {
      for (let at = next++; at < all.length * rounds; at = next++) {
        const { errors } = await ask(all[(at * 7) % all.length]!);
        for (const { message } of errors ?? []) failed.push(message);
      }
    };
    await Promise.all(Array.from({ length: clients }, client));
    // Writes of the same rows may deadlock in the database. Waiting for a connection of a pool must never fail.
    expect(failed.filter((message) => /connection|time limit/i.test(message))).toEqual([]);
    // The other reads of an operation that has failed may still give up waiting.
    const { sources } = server.attached.registry;
    await until(() => sources.every(({ connector }) => connector.pool().waiting === 0), 60_000);
  }, 120_000);
});
