import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRuntime } from '../../src/app/index.ts';
import { attach, connect } from '../../src/attach.ts';
import type { FozConfig } from '../../src/control/index.ts';
import { planeForCommands } from '../../src/control/index.ts';
import { openStore } from '../../src/store/store.ts';
import type { SourceConfig } from '../../src/views/index.ts';

const root = mkdtempSync(join(tmpdir(), 'foz-names-'));
afterAll(() => rmSync(root, { recursive: true }));

let made = 0;
const folder = () => mkdtempSync(join(root, `${++made}-`));

/** A database file. Returns a function that runs statements one after the other. */
function database(path: string) {
  return async (...statements: readonly string[]) => {
    const connector = await connect({ name: 'own', kind: 'sqlite', path }, { create: true });
    const context = { signal: new AbortController().signal, timeoutMs: 10_000 };
    for (const text of statements) await connector.run({ text, slots: [] }, [], context);
    await connector.close();
  };
}

const sqlite = (name: string, path: string): SourceConfig => ({ name, kind: 'sqlite', path });
const log = { warn() {}, error() {} };

type Plane = Awaited<ReturnType<typeof planeForCommands>> | null;

async function served(config: FozConfig, plane: Plane = null) {
  const attached = await attach(config, 'command');
  const authentication = { use() {} };
  const runtime = await startRuntime({ ...attached, config, plane, authentication, connect, log });
  const { graphs, registry } = attached;
  return {
    graphs,
    registry,
    runtime,
    /** Fields of a type without `node_id`, after its name: `users: id posts posts_aggregate`. */
    fields: (type: string) => {
      const found = graphs.engine().options.schema.getType(type);
      return found !== undefined && 'getFields' in found
        ? Object.keys(found.getFields())
            .filter((name) => name !== 'node_id')
            .join(' ')
        : undefined;
    },
    /** The root fields that are lists, each with its table. */
    lists: () =>
      Object.entries(graphs.engine().options.schema.getQueryType()!.getFields())
        .map(
          ([name, { extensions }]) =>
            [name, extensions.foz as { kind: string; root?: string; table: { id: string } }] as const,
        )
        .filter(([, { kind, root }]) => kind === 'root' && root === 'select')
        .map(([name, { table }]) => `${name}=${table.id}`)
        .sort(),
    async close() {
      runtime.close();
      await attached.close();
    },
  };
}

/** Starts Foz, calls `of`, and stops Foz. */
async function whileServed<T>(
  config: FozConfig,
  of: (foz: Awaited<ReturnType<typeof served>>) => T,
): Promise<T> {
  const foz = await served(config);
  const found = of(foz);
  await foz.close();
  return found;
}

const users = 'create table users (id integer primary key)';

test('relationships keep their names when other foreign keys come, also those that were there first', async () => {
  const state = folder();
  const path = join(state, 'a.db');
  const run = database(path);
  await run(
    users,
    'create table posts (id integer primary key, author_id integer references users)',
    'create table docs (id integer primary key, writer integer references users)',
  );
  const config = { sources: [sqlite('a', path)], state };
  expect(await whileServed(config, (foz) => foz.fields('users'))).toBe(
    'id docs docs_aggregate posts posts_aggregate',
  );
  await run(
    'alter table posts add column editor_id integer references users',
    // The foreign key that existed first is created last now.
    'drop table docs',
    'create table docs (id integer primary key, checker integer references users, writer integer references users)',
  );
  await whileServed(config, (foz) => {
    expect(foz.fields('users')).toBe(
      'id docs_by_checker docs_by_checker_aggregate docs docs_aggregate posts posts_aggregate posts_by_editor_id posts_by_editor_id_aggregate',
    );
    const { relationships } = [...foz.graphs.catalog.sources.values()][0]!.tables.find(
      ({ name }) => name === 'docs',
    )!;
    expect(relationships.map(({ name, mapping }) => `${name} ${mapping[0]!.from.name}`)).toEqual([
      'users_by_checker checker',
      'users writer',
    ]);
  });
  // Without the stored names, names follow from the rules.
  rmSync(join(state, 'names.json'));
  expect(await whileServed(config, (foz) => foz.fields('users'))).toBe(
    'id docs_by_checker docs_by_checker_aggregate docs_by_writer docs_by_writer_aggregate ' +
      'posts_by_author_id posts_by_author_id_aggregate posts_by_editor_id posts_by_editor_id_aggregate',
  );
}, 60_000);

test('a column that comes later does not take the name of a relationship', async () => {
  const state = folder();
  const path = join(state, 'a.db');
  const run = database(path);
  await run(users, 'create table posts (id integer primary key, author_id integer references users)');
  const config = { sources: [sqlite('a', path)], state };
  await whileServed(config, () => {});
  await run('alter table posts add column author text', 'alter table users add column posts_aggregate text');
  await whileServed(config, (foz) => {
    expect(foz.fields('posts')).toBe('id author_id author_2 author');
    expect(foz.fields('users')).toBe('id posts_aggregate_2 posts posts_aggregate');
    expect(foz.graphs.issues.map(({ where }) => where).sort()).toEqual([
      'a.posts.author',
      'a.users.posts_aggregate',
    ]);
  });
}, 60_000);

test('tables keep their names: against other sources, when they are dropped and made again, until the names are forgotten', async () => {
  const state = folder();
  const [one, two] = [join(state, 'one.db'), join(state, 'two.db')];
  await database(one)('create table orders (id integer primary key)');
  await database(two)(
    'create table orders (id integer primary key)',
    'create table "orders_by_pk" (id integer primary key)',
  );
  const first = sqlite('zeta', one);
  const both = { sources: [sqlite('alfa', two), first], state };
  expect(await whileServed({ sources: [first], state }, (foz) => foz.lists())).toEqual([
    'orders=zeta.orders',
  ]);
  const names = ['alfa_orders=alfa.orders', 'alfa_orders_by_pk_2=alfa.orders_by_pk', 'orders=zeta.orders'];
  await whileServed(both, (foz) => {
    expect(foz.lists()).toEqual(names);
    expect(foz.graphs.issues.map(({ reason }) => reason)).toEqual([
      expect.stringContaining(
        '"orders" is that of zeta.orders (it was named earlier), so alfa.orders is called',
      ),
      expect.stringContaining('"orders_by_pk" is that of zeta.orders ('),
    ]);
  });
  expect(await whileServed({ ...both, sources: [...both.sources].reverse() }, (foz) => foz.lists())).toEqual(
    names,
  );
  // The table is gone, and a third source has one with the same name. The stored name stays reserved for the first one.
  const three = join(state, 'three.db');
  await database(three)('create table orders (id integer primary key)');
  await database(one)('alter table orders rename to kept');
  const all = { ...both, sources: [...both.sources, sqlite('beta', three)] };
  expect(await whileServed(all, (foz) => foz.lists())).toEqual([
    'alfa_orders=alfa.orders',
    'alfa_orders_by_pk_2=alfa.orders_by_pk',
    'beta_orders=beta.orders',
    'kept=zeta.kept',
  ]);
  expect(
    await whileServed(all, ({ graphs }) =>
      graphs.issues.filter(({ where }) => where === 'beta.orders').map(({ reason }) => reason),
    ),
  ).toEqual([
    '"orders" is kept for the table orders of zeta, which is not there now, so beta.orders is called "beta_orders". To free the name: foz names reset zeta orders; to call this table so all the same: - { source: beta, table: orders, configuration: { custom_name: orders } }',
  ]);
  await database(one)('create table orders (id integer primary key)');
  expect(await whileServed(all, (foz) => foz.lists())).toContain('orders=zeta.orders');
  // Without stored names the rules decide: the source whose name sorts first gets the short name.
  const foz = await served(all);
  for (const { name } of all.sources) expect(await foz.runtime.names.reset(name, null)).toBe(true);
  expect(await foz.runtime.names.reset('nobody', null)).toBe(false);
  await foz.close();
  expect(await whileServed(all, (other) => other.lists())).toContain('alfa_orders=alfa.orders');
  rmSync(join(state, 'names.json'));
  expect(await whileServed(all, (other) => other.lists())).toContain('orders=alfa.orders');
}, 120_000);

test('another customization makes names anew; a source that is gone leaves its names', async () => {
  const state = folder();
  const [one, two] = [join(state, 'one.db'), join(state, 'two.db')];
  await database(one)('create table orders (id integer primary key)');
  await database(two)('create table orders (id integer primary key)');
  const a = sqlite('a', one);
  const b = sqlite('b', two);
  expect(await whileServed({ sources: [a, b], state }, (foz) => foz.lists())).toContain('b_orders=b.orders');
  const prefixed = {
    ...b,
    customization: { root_fields: { prefix: 'old_' }, type_names: { prefix: 'old_' } },
  };
  expect(await whileServed({ sources: [a, prefixed], state }, (foz) => foz.lists())).toEqual([
    'old_orders=b.orders',
    'orders=a.orders',
  ]);
  expect(await whileServed({ sources: [sqlite('c', two)], state }, (foz) => foz.lists())).toEqual([
    'orders=c.orders',
  ]);
}, 60_000);

test('a file that cannot be read is told and left as it is', async () => {
  const state = folder();
  const path = join(state, 'a.db');
  await database(path)('create table orders (id integer primary key)');
  const names = join(state, 'in-git.json');
  writeFileSync(names, '{"a": 1}');
  const config = { sources: [sqlite('a', path)], state, names };
  expect(await whileServed(config, (foz) => foz.lists())).toEqual(['orders=a.orders']);
  expect(readFileSync(names, 'utf8')).toBe('{"a": 1}');
  rmSync(names);
  await whileServed(config, () => {});
  expect(JSON.parse(readFileSync(names, 'utf8'))).toEqual({
    a: { customization: '', relationships: {}, tables: { orders: 'orders' } },
  });
}, 60_000);

test('processes that share a store agree, whoever sees a table first', async () => {
  const state = folder();
  const [one, two] = [join(state, 'one.db'), join(state, 'two.db')];
  await database(one)('create table orders (id integer primary key)');
  await database(two)('create table orders (id integer primary key)');
  const store = openStore({ folder: state });
  await store.open();
  const plane = await planeForCommands(store, { state }, {}, log);
  const process = (...sources: readonly SourceConfig[]) => served({ sources, state: folder() }, plane);
  const early = await process(sqlite('b', two));
  expect(early.lists()).toEqual(['orders=b.orders']);
  await early.close();
  const both = await Promise.all([
    process(sqlite('a', one), sqlite('b', two)),
    process(sqlite('b', two), sqlite('a', one)),
  ]);
  for (const foz of both) {
    expect(foz.lists()).toEqual(['a_orders=a.orders', 'orders=b.orders']);
    expect(foz.graphs.names.a!.tables).toEqual({ orders: 'a_orders' });
    await foz.close();
  }
  await store.close();
}, 120_000);

describe('after a table was renamed', () => {
  const state = folder();
  const path = join(state, 'desk.db');
  const entry = (table: string, custom?: string) => ({
    source: 'desk',
    table,
    ...(custom === undefined ? {} : { configuration: { custom_name: custom } }),
    select_permissions: [{ role: 'clerk', permission: { columns: ['id', 'name'], filter: {} } }],
  });
  const config = (...tables: readonly ReturnType<typeof entry>[]): FozConfig => ({
    sources: [sqlite('desk', path)],
    state,
    metadata: { tables },
  });
  /** The issues, and the fields of tickets. */
  const seen = (given: FozConfig) =>
    whileServed(given, (foz) => ({
      told: foz.graphs.issues.map(({ where, reason }) => `${where}: ${reason}`).sort(),
      tickets: foz.fields('tickets'),
      lists: foz.lists(),
    }));

  test('the messages say so, with the ways out', async () => {
    const run = database(path);
    await run(
      'create table agents (id integer primary key, name text)',
      'create table tickets (id integer primary key, agent_id integer references agents)',
    );
    expect((await seen(config(entry('agents')))).told).toEqual([]);
    await run('alter table agents rename to staff');
    const renamed = await seen(config(entry('agents')));
    expect(renamed.told).toEqual([
      'desk.agents: metadata names a table that does not exist. staff has all columns that are named here: renamed? Then write table: staff; to keep the name in the graph, add configuration: { custom_name: agents }; to free the name for another table: foz names reset desk agents',
      'desk.tickets.agent: the name is kept for the foreign key agent_id -> agents(id), which is gone, so the relationship to desk.staff is called staff_by_agent_id. To free it: foz names reset desk tickets',
    ]);
    expect([renamed.tickets, renamed.lists]).toEqual([
      'id agent_id staff_by_agent_id',
      ['staff=desk.staff', 'tickets=desk.tickets'],
    ]);
  }, 60_000);

  test('each of them works', async () => {
    expect((await seen(config(entry('staff')))).lists).toEqual(['staff=desk.staff', 'tickets=desk.tickets']);
    const kept = await seen(config(entry('staff', 'agents')));
    expect(kept.lists).toEqual(['agents=desk.staff', 'tickets=desk.tickets']);
    const foz = await served(config(entry('staff')));
    await foz.runtime.names.reset('desk', 'tickets');
    expect(foz.fields('tickets')).toBe('id agent_id agent');
    await foz.close();
  }, 60_000);
});
