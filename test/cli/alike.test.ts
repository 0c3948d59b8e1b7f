import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/attach.ts';
import { mintKey, plainHash } from '../../src/auth/index.ts';
import { createKey } from '../../src/control/index.ts';
import { attachSource, type Running, running, secret } from '../control/sources/runtime.ts';
import { command, type Ended } from './command.ts';
import { inProcess } from './in-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-cli-alike-'));
const state = join(folder, 'state');
const shop = { name: 'shop', kind: 'sqlite', path: join(folder, 'shop.db') } as const;
const desk = { name: 'desk', kind: 'sqlite', path: join(folder, 'desk.db') } as const;
const { key, prefix } = mintKey(new Uint8Array(32));
const declared = {
  name: 'till',
  prefix,
  hash: plainHash(key),
  roles: ['clerk', 'buyer'],
  scopes: { operations: ['read' as const], tables: ['shop.*'] },
  limits: { rows: 7 },
  variables: { country: 'DE', 'user-id': '7' },
  networks: ['127.0.0.0/8'],
  expires_at: '2100-01-31T00:00:00Z',
};
const config = {
  state,
  // Automatic refreshes are off, so that the server does not know the new table yet.
  schema_check_seconds: 0,
  control: { files: folder },
  sources: [shop],
  auth: { admin_secrets: [secret], api_keys: [declared] },
};
let foz: Running;
/** Ids of two keys in the store: one that is valid, one that was revoked (`gone`). */
let [report, gone] = ['', ''];

const env = { FOZ_ADMIN_SECRET: secret };
const here = (...args: readonly string[]) => inProcess(folder, args, { env });
const inAnother = (...args: readonly string[]) => command(folder, args, env);
const there = (...args: readonly string[]) => here(...args, '--endpoint', foz.server.url);

async function run(source: typeof shop | typeof desk, ...texts: readonly string[]): Promise<void> {
  const connector = await connect(source, { create: true });
  const context = { signal: new AbortController().signal, timeoutMs: 10_000 };
  for (const text of texts) await connector.run({ text, slots: [] }, [], context);
  await connector.close();
}

const document = {
  tables: [
    {
      source: 'shop',
      table: 'orders',
      select_permissions: [
        {
          role: 'clerk',
          permission: {
            columns: ['id', 'note'],
            filter: { id: { _gt: 1 } },
            limit: 10,
            allow_aggregations: true,
          },
        },
        { role: 'buyer', permission: { columns: ['id'], filter: {} } },
      ],
      insert_permissions: [
        { role: 'clerk', permission: { columns: ['id'], check: {}, set: { note: 'X-Foz-User-Id' } } },
      ],
    },
    { source: 'shop', table: 'states', is_enum: true },
    {
      source: 'desk',
      table: 'notes',
      select_permissions: [{ role: 'clerk', permission: { columns: ['id'], filter: {} } }],
      delete_permissions: [{ role: 'clerk', permission: { filter: { id: { _eq: 3 } } } }],
    },
    // This entry is wrong on purpose, so that there is an issue to report.
    {
      source: 'desk',
      table: 'people',
      select_permissions: [{ role: 'clerk', permission: { columns: ['id'], filter: {} } }],
    },
  ],
};

beforeAll(async () => {
  await run(
    shop,
    'create table states (name text primary key)',
    "insert into states values ('new'), ('paid')",
    'create table orders (id integer primary key, note text, state text references states(name))',
  );
  await run(desk, 'create table notes (id integer primary key)');
  // JSON is valid YAML.
  writeFileSync(join(folder, 'foz.yaml'), JSON.stringify({ ...config, auth: { api_keys: [declared] } }));
  foz = await running(config);
  await foz.control(attachSource, { name: 'desk', kind: 'sqlite', settings: { path: 'desk.db' } });
  await foz.control(
    'mutation ($document: JSON!) { replaceMetadata(document: $document, force: true) { applied } }',
    {
      document,
    },
  );
  await foz.control('mutation { setLimits(role: "clerk", limits: { depth: 5, rows: 100 }) { role } }');
  const make = async (name: string, table: string) => {
    const input = { name, roles: ['clerk'], scopes: { tables: [table] } };
    const { data } = await foz.control(
      'mutation ($input: KeyInput!) { createKey(input: $input) { key { id } } }',
      {
        input,
      },
    );
    return data.createKey.key.id;
  };
  report = await make('report', 'desk.*');
  gone = await make('gone', 'desk.*');
  await foz.control('mutation ($id: String!) { revokeKey(id: $id) { id } }', { id: gone });
}, 300_000);
afterAll(async () => {
  await foz.server.close(100);
  rmSync(folder, { recursive: true });
});

test('commands print the same, whether a Foz that runs is asked or its store is opened', async () => {
  const commands = [
    ['permissions'],
    ['permissions', '--json'],
    ['permissions', 'clerk'],
    ['permissions', 'clerk', '--json'],
    ['permissions', '--key', 'till'],
    ['permissions', '--key', 'report', '--json'],
    ['permissions', 'nobody'],
    ['permissions', '--key', gone],
    ['permissions', '--key', 'gone'],
    ['schema', 'print', '--role', 'clerk'],
    ['schema', 'print', '--key', 'till'],
    ['schema', 'print', '--key', 'till', '--role', 'buyer'],
    ['schema', 'print', '--key', 'till', '--role', 'admin'],
    ['schema', 'print', '--key', gone],
    ['schema', 'scalars', '--for', 'codegen'],
    ['check'],
    ['check', '--json'],
    ['introspect', '--json'],
    ['introspect', 'desk', '--write'],
  ];
  const asked: Ended[] = [];
  for (const args of commands) asked.push(await there(...args));
  for (const args of [
    ['permissions', 'clerk'],
    ['schema', 'print'],
  ])
    expect([args, (await inAnother(...args)).err]).toEqual([
      args,
      expect.stringMatching(
        /^What the store says is left out\. .*open in another process: .* Add --endpoint URL to ask that one, or stop it\.\n/,
      ),
    ]);
  await foz.server.close(100);
  const opened: Ended[] = [];
  for (const args of commands) opened.push(await here(...args));
  foz = await running(config);
  expect(asked.map((ended, at) => [commands[at], ended])).toEqual(
    opened.map((ended, at) => [commands[at], ended]),
  );
  const output = (...args: readonly string[]) =>
    asked[commands.findIndex((one) => one.join() === args.join())]!;
  expect(output('permissions').out).toBe(
    'role   select  insert  update  delete\nbuyer  1       0       0       0\nclerk  2       1       0       1\n',
  );
  expect(output('permissions', 'clerk')).toEqual({
    code: 0,
    out: [
      'role clerk',
      '  desk.notes',
      '    select  id',
      '    delete  rows where {"id":{"_eq":3}}',
      '  shop.orders',
      '    select  id, note; rows where {"id":{"_gt":1}}; at most 10 rows; aggregates',
      '    insert  id; note is set to "X-Foz-User-Id"',
      '  limit depth: 5',
      '  limit rows: 100',
      '',
    ].join('\n'),
    err: 'desk.people: metadata names a table that does not exist\n',
  });
  expect(output('permissions', '--key', 'till').out).toMatch(
    /^key till as role clerk\n {2}operations: read\n {2}variables: country = "DE", user-id = "7"\n {2}accepted from 127\.0\.0\.0\/8, until 2100-01-31T00:00:00\.000Z\n {2}shop\.orders\n[\s\S]*limit rows: 7\n[\s\S]*key till as role buyer\n[\s\S]*\n {2}shop\.orders\n {4}select {2}id\n/,
  );
  expect(JSON.parse(output('permissions', '--key', 'report', '--json').out)).toMatchObject([
    { key: 'report', role: 'clerk', tables: [{ source: 'desk', table: 'notes' }] },
  ]);
  expect(output('permissions', '--key', gone).out).toMatch(/was revoked: it may do nothing/);
  expect(output('permissions', '--key', 'gone')).toMatchObject({
    code: 1,
    err: expect.stringMatching(/no key gone/),
  });
  const graph = output('schema', 'print', '--key', 'till').out;
  expect(graph).toContain('type query_root');
  expect(graph).not.toMatch(/mutation_root|subscription_root|notes/);
  expect(output('schema', 'print', '--key', 'till', '--role', 'buyer').out).not.toMatch(/note/);
  expect(output('schema', 'print', '--key', 'till', '--role', 'admin').err).toBe(
    'The key till cannot take the role admin: it has clerk, buyer.\n',
  );
  expect(output('schema', 'print', '--key', gone).err).toMatch(/was revoked: it has no graph\.\n$/);
  expect(output('check')).toMatchObject({
    code: 1,
    out: expect.stringMatching(/^shop: ok: .*\ndesk: ok: .*\nerror: /),
  });
  expect(output('introspect', 'desk', '--write').out).toBe('desk: 1 table, nothing has changed\n');
}, 900_000);

test('a key is named by its id, its name or a prefix; two of one name by their ids', async () => {
  const keyed = async (id: string) => {
    const { data, errors } = await foz.control(
      'query ($id: String!) { keyPermissions(id: $id) { key role } }',
      { id },
    );
    return errors?.map(({ message, extensions }) => `${extensions.code}: ${message}`) ?? data.keyPermissions;
  };
  const till = [
    { key: 'till', role: 'clerk' },
    { key: 'till', role: 'buyer' },
  ];
  for (const name of ['till', 'file:till', prefix]) expect([name, await keyed(name)]).toEqual([name, till]);
  for (const name of ['report', report])
    expect([name, await keyed(name)]).toEqual([name, [{ key: 'report', role: 'clerk' }]]);
  // Creates the key in the store before the file declares one of the same name.
  const actor = { kind: 'command', id: 'test', role: 'admin' } as const;
  const made = await createKey(foz.server.plane!, actor, { name: 'till', roles: ['buyer'] });
  const { id } = made.description;
  expect(await keyed('till')).toEqual([
    `conflict: There are several keys till: name one by its id, file:till or ${id}.`,
  ]);
  expect(await keyed('file:till')).toEqual(till);
  for (const name of [id, made.description.prefixes[0]!.prefix])
    expect(await keyed(name)).toEqual([{ key: 'till', role: 'buyer' }]);
  expect((await there('permissions', 'buyer', '--key', 'report')).err).toBe(
    'The key report cannot take the role buyer.\n',
  );
}, 300_000);

test('introspect sees what came to any source, enum tables too, and has a Foz that runs serve it', async () => {
  await run(desk, 'create table people (id integer primary key)');
  await run(shop, "insert into states values ('sent')");
  const seen = [
    'shop: 2 tables, 1 change',
    '  ~ states  enum values +sent',
    '  graph: + sent was added to enum type states_enum',
    'desk: 2 tables, 1 change',
    '  + people  table, 1 column',
    '  graph: + people was added (and 68 more that follow from it)',
    'Store it with --write.',
    '',
  ].join('\n');
  expect(await there('introspect')).toEqual({ code: 0, out: seen, err: '' });
  expect((await foz.ask('{ people { id } }')).errors?.[0]?.extensions.code).toBe('validation-failed');
  await foz.server.close(100);
  expect(await here('introspect')).toEqual({ code: 0, out: seen, err: '' });
  expect((await here('introspect', 'none')).err).toBe('There is no source none in foz.yaml or its store.\n');
  foz = await running(config);
  await run(desk, 'create table places (id integer primary key)');
  expect((await there('introspect', 'desk', '--write')).out).toBe(
    'desk: 3 tables, 1 change\n  + places  table, 1 column\n  graph: + places was added (and 68 more that follow from it)\n',
  );
  expect((await foz.ask('{ places { id } }')).data).toEqual({ places: [] });
  expect((await there('introspect', 'none')).err).toMatch(/^There is no source none in the Foz at http/);
}, 900_000);
