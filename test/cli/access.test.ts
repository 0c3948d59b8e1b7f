import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSchema, isObjectType } from 'graphql';
import { pino } from 'pino';
import { parse } from 'yaml';
import { connect } from '../../src/attach.ts';
import { hasHash, keyPrefix } from '../../src/auth/api-keys/format.ts';
import { loadConfig } from '../../src/control/index.ts';
import { start } from '../../src/main.ts';
import { untilRead } from '../support/ready.ts';
import { command } from './command.ts';
import { inProcess } from './in-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-access-'));
const context = { signal: new AbortController().signal, timeoutMs: 10_000 };

const foz = (args: readonly string[], input = '') => inProcess(folder, args, { input });
/** In a process of its own. */
const apart = (args: readonly string[]) => command(folder, args);

const config = `
sources:
  - { name: shop, kind: sqlite, path: shop.db }
server: { port: 0, graphiql: false }
audit: true
metadata:
  tables:
    - source: shop
      table: orders
      select_permissions:
        - { role: reader, permission: { columns: [id, note], filter: { id: { _gt: 1 } }, limit: 10 } }
        - { role: writer, permission: { columns: '*', filter: {} } }
      insert_permissions:
        - { role: writer, permission: { columns: [note], check: {}, set: { owner: X-Foz-User-Id } } }
    - source: shop
      table: people
      select_permissions:
        - { role: writer, permission: { columns: '*', filter: {} } }
`;

const write = (auth: string) => writeFileSync(join(folder, 'foz.yaml'), `${config}${auth}`);

beforeAll(async () => {
  const connector = await connect(
    { name: 'own', kind: 'sqlite', path: join(folder, 'shop.db') },
    { create: true },
  );
  for (const text of [
    'create table orders (id integer primary key, note text, owner text)',
    'create table people (id integer primary key)',
    "insert into orders values (1, 'hidden', 'a'), (2, 'seen', 'b')",
  ])
    await connector.run({ text, slots: [] }, [], context);
  await connector.close();
  write('');
}, 300_000);

test('what a role may do is what its graph has', async () => {
  const { out, err } = await apart(['permissions', 'reader']);
  expect(err).toBe('');
  expect(out).toBe(
    'role reader\n  shop.orders\n    select  id, note; rows where {"id":{"_gt":1}}; at most 10 rows\n',
  );
  const [permissions] = JSON.parse((await foz(['permissions', 'reader', '--json'])).out);
  const graph = buildSchema((await foz(['schema', 'print', '--role', 'reader'])).out, { assumeValid: true });
  const orders = graph.getType('orders');
  expect(isObjectType(orders) && Object.keys(orders.getFields()).sort()).toEqual(
    [...permissions.tables[0].select.columns, 'node_id'].sort(),
  );
  expect(graph.getType('people')).toBeUndefined();
  expect(permissions.tables).toHaveLength(1);
}, 300_000);

test('all roles at a glance; a role that nobody knows is refused with those that there are', async () => {
  expect((await apart(['permissions'])).out).toBe(
    'role    select  insert  update  delete\nreader  1       0       0       0\nwriter  2       1       0       0\n',
  );
  expect((await foz(['permissions', 'nobody'])).err).toBe(
    'The role "nobody" has no permission: those that have are reader, writer.\n',
  );
}, 300_000);

test('a new key is let in by the lines it comes with, for one table and nothing else', async () => {
  const made = await apart([
    ...['key', 'new', '--name', 'report', '--role', 'writer'],
    ...['--table', 'shop.orders', '--operation', 'read'],
  ]);
  expect([made.code, made.err]).toEqual([0, '']);
  const [key] = made.out.split('\n');
  expect(keyPrefix(key!)).toBeDefined();
  const yaml = made.out.slice(made.out.indexOf('auth:'));
  expect(yaml).not.toContain(key);
  write(`${yaml}  admin_secrets: [a-secret-of-some-length]\n`);

  const { out } = await foz(['permissions', '--key', 'report']);
  expect(out).toBe(
    'key report as role writer\n  operations: read\n  variables: none\n  accepted from any address, without an end\n  shop.orders\n    select  id, note, owner\n',
  );
  expect((await foz(['permissions', '--key', 'other'])).code).toBe(1);

  const server = await start(loadConfig(join(folder, 'foz.yaml')), { logger: pino({ level: 'silent' }) });
  await untilRead(server);
  const ask = async (query: string, headers: Record<string, string>) =>
    (
      await fetch(`${server.url}graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query }),
      })
    ).json();
  const own = { 'x-api-key': key! };
  expect(await ask('{ orders { id } }', own)).toEqual({ data: { orders: [{ id: 1 }, { id: 2 }] } });
  for (const query of [
    '{ people { id } }',
    'mutation { insert_orders(objects: [{note: "x"}]) { affected_rows } }',
  ])
    expect(await ask(query, own)).toMatchObject({ errors: [expect.anything()] });
  expect(await ask('{ orders { id } }', {})).toMatchObject({ errors: [expect.anything()] });

  const admin = { 'x-foz-admin-secret': 'a-secret-of-some-length', 'content-type': 'application/json' };
  const response = await fetch(`${server.url}control/graphql`, {
    method: 'POST',
    headers: admin,
    body: JSON.stringify({
      query:
        '{ roles { role } role(name: "reader") { tables { source namespace table selectColumns insertColumns deletes limit json } } }',
    }),
  });
  const { data } = (await response.json()) as {
    data: { roles: unknown; role: { tables: { json: string }[] } };
  };
  expect(data.roles).toEqual([{ role: 'reader' }, { role: 'writer' }]);
  expect(data.role.tables).toMatchObject([
    {
      source: 'shop',
      table: 'orders',
      selectColumns: ['id', 'note'],
      insertColumns: null,
      deletes: false,
      limit: 10,
    },
  ]);
  expect(JSON.parse(data.role.tables[0]!.json).select.filter).toEqual({ id: { _gt: 1 } });
  await server.close(0);
}, 300_000);

test('a key that somebody has is hashed without standing on a command line', async () => {
  const made = await foz(['key', 'new', '--name', 'x', '--role', 'r']);
  const key = made.out.split('\n')[0]!;
  const { out } = await foz(['key', 'hash'], `${key}\n`);
  const { prefix, hash } = parse(out);
  expect(prefix).toBe(keyPrefix(key));
  expect(hasHash(key, hash, [])).toBe(true);
  const wrong = await foz(['key', 'hash'], 'no key');
  expect([wrong.code, wrong.err]).toEqual([1, expect.stringMatching(/is no key of Foz/)]);
  for (const args of [
    ['--role', '', '--name', 'x'],
    ['--role', 'r', '--name', 'x', '--expires', 'soon'],
    ['--role', 'r', '--name', 'x', '--operation', 'dance'],
  ])
    expect([args, (await foz(['key', 'new', ...args])).code]).toEqual([args, 1]);
}, 300_000);

test('an admin secret is made anew each time', async () => {
  const [one, other] = await Promise.all([apart(['admin-secret', 'new']), apart(['admin-secret', 'new'])]);
  const secret = (out: string) => out.split('\n')[0]!;
  expect(secret(one.out).length).toBeGreaterThanOrEqual(32);
  expect(secret(one.out)).not.toBe(secret(other.out));
}, 300_000);

test('the audit log is written out, shortened, and still verified', async () => {
  const config = loadConfig(join(folder, 'foz.yaml'));
  const server = await start(config, { logger: pino({ level: 'silent' }) });
  await untilRead(server);
  for (let count = 0; count < 3; count++)
    await fetch(`${server.url}graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-foz-admin-secret': 'a-secret-of-some-length' },
      body: '{"query":"mutation { insert_people(objects: [{}]) { affected_rows } }"}',
    });
  await server.close(0);
  const lines = async (...args: string[]) =>
    (await apart(['audit', 'export', ...args])).out
      .trim()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  const all = await lines();
  expect(all.map(({ seq }) => seq)).toEqual(all.map((_, at) => at + 1));
  const mutations = await lines('--kind', 'mutation', '--since', '2020-01-01', '--source', 'shop');
  expect(mutations).toHaveLength(3);
  expect(mutations[0]).toMatchObject({
    table: 'shop.people',
    affectedRows: 1,
    actor: { kind: 'admin-secret' },
  });
  expect(await lines('--until', '2020-01-01')).toEqual([]);
  expect((await foz(['audit', 'export', '--kind', 'gossip'])).code).toBe(1);
  expect((await foz(['audit', 'prune', '--days', 'x'])).code).toBe(1);
  expect((await apart(['audit', 'prune', '--days', '30'])).out).toMatch(/^0 records from before/);
  expect(await lines()).toEqual(all);
  expect((await apart(['audit', 'verify'])).out).toMatch(/all as they were written/);
}, 300_000);
