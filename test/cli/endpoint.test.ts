import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/attach.ts';
import { type Running, running, secret } from '../control/sources/runtime.ts';
import { command } from './command.ts';
import { inProcess } from './in-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-cli-endpoint-'));
const shop = { name: 'shop', kind: 'sqlite', path: join(folder, 'shop.db') } as const;
let foz: Running;
let elsewhere: Server;
/** Credentials that were sent to the other server. */
const sent: unknown[] = [];

const env = { FOZ_ADMIN_SECRET: secret };
const here = (...args: readonly string[]) => inProcess(folder, args, { env });
const there = (...args: readonly string[]) => here(...args, '--endpoint', foz.server.url);
/** In a process of its own. */
const apart = (...args: readonly string[]) => command(folder, [...args, '--endpoint', foz.server.url], env);

beforeAll(async () => {
  const connector = await connect(shop, { create: true });
  const context = { signal: new AbortController().signal, timeoutMs: 10_000 };
  await connector.run(
    { text: 'create table orders (id integer primary key, note text)', slots: [] },
    [],
    context,
  );
  await connector.close();
  foz = await running({ state: join(folder, 'state'), sources: [shop] });
  elsewhere = createServer((request, response) => {
    sent.push(request.headers['x-foz-admin-secret']);
    if (request.url === '/moved/control/graphql')
      response.writeHead(307, { location: '/control/graphql' }).end();
    else response.writeHead(200, { 'content-type': 'text/html' }).end('<p>hello');
  }).listen(0, '127.0.0.1');
}, 300_000);
afterAll(async () => {
  await foz.server.close(100);
  elsewhere.close();
  rmSync(folder, { recursive: true });
});

test('metadata goes into a Foz that runs and back out of it', async () => {
  const document = (name: string) => ({
    tables: [
      {
        source: 'shop',
        table: 'orders',
        select_permissions: [{ role: name, permission: { columns: ['id'], filter: {} } }],
      },
    ],
  });
  const replace = 'mutation ($document: JSON!) { replaceMetadata(document: $document) { resourceVersion } }';
  await foz.control(replace, { document: document('clerk') });
  const exported = await apart('metadata', 'export', 'files');
  expect([exported.code, exported.out]).toEqual([
    0,
    expect.stringMatching(
      /^\+ shop\/orders\.yaml\nfiles has the metadata of the Foz at http.*, version 1: 1 file/,
    ),
  ]);
  expect((await there('metadata', 'diff', 'files')).code).toBe(0);
  await foz.control(replace, { document: document('buyer') });
  const diff = await there('metadata', 'diff', 'files');
  expect([diff.code, diff.out]).toEqual([1, expect.stringMatching(/^shop\.orders\n {2}[+-] role/)]);
  const tried = await there('metadata', 'apply', 'files', '--dry-run');
  expect(tried.out).toMatch(/2 changes would be applied on top of version 2/);
  expect((await there('metadata', 'apply', 'files', '--expect', '1')).err).toMatch(
    /is at version 2, not at 1/,
  );
  const applied = await apart('metadata', 'apply', 'files', '--json');
  expect(JSON.parse(applied.out)).toMatchObject({ applied: true, version: 3 });
  expect((await foz.control('{ roles { role } }')).data).toEqual({ roles: [{ role: 'clerk' }] });
}, 300_000);

test('what would be wrong is told at once, and nothing is changed', async () => {
  writeFileSync(
    join(folder, 'files/shop/orders.yaml'),
    'table: orders\nselect_permissions:\n  - role: clerk\n    permission: { columns: [gone], filter: {} }\n  - role: buyer\n    permission: { columns: [lost], filter: {} }\n',
  );
  const { code, err } = await there('metadata', 'apply', 'files');
  expect(code).toBe(1);
  expect(err).toMatch(/gone/);
  expect(err).toMatch(/lost/);
  expect((await foz.control('{ metadata { resourceVersion } }')).data.metadata.resourceVersion).toBe(3);
}, 300_000);

test('the graph and the types of its scalars, of all or of a role', async () => {
  const asked = [
    ['schema', 'print'],
    ['schema', 'print', '--role', 'clerk'],
    ['schema', 'scalars', '--for', 'codegen'],
    ['schema', 'scalars', '--role', 'clerk'],
  ];
  const found = await Promise.all(asked.map((args) => there(...args)));
  expect(found.map(({ code, err }) => [code, err])).toEqual(asked.map(() => [0, '']));
  expect(found[0]!.out).toMatch(/\n {2}insert_orders\(/);
  expect(found[1]!.out).toMatch(/\ntype orders [^}]*\n {2}id: Int!\n/);
  expect(found[1]!.out).not.toMatch(/insert_orders|note/);
  expect(found[2]!.out).toBe('{\n  "bigint": "string",\n  "timestamptz": "string"\n}\n');
  expect((await there('schema', 'print', '--role', 'clrek')).err).toMatch(
    /^The role "clrek" has no permission \(did you mean "clerk"\?\)/,
  );
  expect((await there('schema', 'print', '--naming', 'graphql-default')).err).toMatch(
    /^--naming cannot stand beside --endpoint/,
  );
}, 120_000);

test('plans and the audit log', async () => {
  const explained = await apart('explain', '{ orders { id } }', '--role', 'clerk');
  expect([explained.err, explained.out]).toEqual([
    '',
    expect.stringMatching(/1\. orders \[shop\]\n {3}select /),
  ]);
  expect((await there('explain', '{ orders { note } }', '--role', 'clerk')).err).toMatch(
    /^Cannot query field "note"/,
  );
  const verified = await apart('audit', 'verify');
  expect([verified.code, verified.out]).toEqual([
    0,
    expect.stringMatching(/^\d+ records .* all as they were written/),
  ]);
  expect((await there('audit', 'verify', '--checkpoint', 'a.json')).err).toMatch(
    /^--checkpoint cannot stand beside --endpoint/,
  );
  const lines = (await apart('audit', 'export', '--kind', 'control')).out.trim().split('\n');
  expect(lines.map((line) => JSON.parse(line).operation)).toEqual(Array(3).fill('metadata.replace'));
  expect((await there('audit', 'export', '--kind', 'nothing')).err).not.toBe('');
}, 300_000);

test('a secret that is wrong or missing, a URL that is none, a server that is none or somebody else', async () => {
  writeFileSync(join(folder, 'wrong'), 'not the secret\n');
  writeFileSync(join(folder, 'right'), `${secret}\n`);
  expect((await there('audit', 'verify', '--secret-file', 'wrong')).err).toMatch(
    /does not take this admin secret\.\n$/,
  );
  expect((await there('audit', 'verify', '--secret-file', 'right')).code).toBe(0);
  for (const path of ['graphql', 'graphql/', 'control/graphql'])
    expect([path, await here('audit', 'verify', '--endpoint', `${foz.server.url}${path}`)]).toMatchObject([
      path,
      { code: 0 },
    ]);
  const other = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
  expect((await here('audit', 'verify', '--endpoint', other)).err).toMatch(/^There is no control API at /);
  sent.length = 0;
  expect((await here('audit', 'verify', '--endpoint', `${other}/moved`)).err).toMatch(/does not answer/);
  expect(sent).toEqual([secret]);
  // In a process of its own, since errors of Node are no `Error` of Jest's context.
  const nobody = await command(folder, ['audit', 'verify', '--endpoint', await nobodyAt()], env);
  expect(nobody.err).toMatch(/does not answer: .*ECONNREFUSED/);
  expect((await here('audit', 'verify', '--endpoint', 'localhost:80')).err).toMatch(
    /^--endpoint must be the URL/,
  );
}, 300_000);

/** The URL of a server that has been closed. */
async function nobodyAt(): Promise<string> {
  const gone = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => gone.once('listening', resolve));
  const { port } = gone.address() as AddressInfo;
  await new Promise((resolve) => gone.close(resolve));
  return `http://127.0.0.1:${port}`;
}
