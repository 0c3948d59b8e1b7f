import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { connect } from '../../src/attach.ts';
import { loadConfig } from '../../src/control/index.ts';
import { start } from '../../src/main.ts';
import { attachSource, running } from '../control/sources/runtime.ts';
import { command } from './command.ts';
import { inProcess } from './in-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-cli-stored-'));
const permissions = (column: string) =>
  `select_permissions:\n  - role: clerk\n    permission: { columns: [${column}], filter: {} }\n`;

const foz = (...args: readonly string[]) => inProcess(folder, args);

beforeAll(async () => {
  for (const [name, table] of [
    ['shop', 'orders'],
    ['desk', 'notes'],
  ]) {
    const connector = await connect(
      { name: name!, kind: 'sqlite', path: join(folder, `${name}.db`) },
      { create: true },
    );
    const context = { signal: new AbortController().signal, timeoutMs: 10_000 };
    await connector.run({ text: `create table ${table} (id integer primary key)`, slots: [] }, [], context);
    await connector.close();
    mkdirSync(join(folder, 'metadata', name!), { recursive: true });
  }
  writeFileSync(join(folder, 'metadata/shop/orders.yaml'), `table: orders\n${permissions('id')}`);
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true }));

test('metadata of the store holds for commands, and for a server that needs a store for nothing else', async () => {
  writeFileSync(
    join(folder, 'foz.yaml'),
    'server: { port: 0 }\nsources:\n  - { name: shop, kind: sqlite, path: shop.db }\n',
  );
  expect((await foz('metadata', 'apply', 'metadata')).out).toMatch(/2 changes applied/);
  expect((await foz('explain', '{ orders { id } }', '--role', 'clerk')).out).toMatch(/1\. orders \[shop\]/);
  expect((await foz('permissions', 'clerk')).out).toMatch(/shop\.orders\n {4}select {2}id/);
  expect((await foz('schema', 'print', '--role', 'clerk')).out).toContain('type orders implements Node {');
  const server = await start(loadConfig(join(folder, 'foz.yaml'), {}), { logger: pino({ level: 'silent' }) });
  const response = await fetch(`${server.url}graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"query":"{ orders { id } }"}',
  });
  expect([await response.text(), [...server.attached.graphs.permissions.roles.keys()]]).toEqual([
    '{"data":{"orders":[]}}',
    ['clerk'],
  ]);
  // The server has the embedded store open, so this command cannot read it.
  const aside = await command(folder, ['explain', '{ orders { id } }', '--role', 'clerk']);
  expect([aside.code, aside.err]).toEqual([
    1,
    expect.stringMatching(
      /^What the store says is left out\. .*open in another process.* Add --endpoint URL to ask that one, or stop it\.\n/,
    ),
  ]);
  // Its way out is not --endpoint, which this command does not have.
  const changes = await command(folder, ['changes', 'status']);
  expect([changes.code, changes.err]).toEqual([
    0,
    expect.stringMatching(
      /^What the store says is left out\. .*open in another process.*\. Stop that one to have what its store says\.\n$/,
    ),
  ]);
  await server.close(0);
}, 240_000);

test('sources of the store are known to commands; what they apply is in the audit log', async () => {
  writeFileSync(join(folder, 'foz.yaml'), `state: other\nauth: {}\ncontrol: { files: . }\nsources: []\n`);
  rmSync(join(folder, 'metadata/shop'), { recursive: true });
  writeFileSync(join(folder, 'metadata/desk/notes.yaml'), `table: notes\n${permissions('id')}`);
  const config = { state: join(folder, 'other'), control: { files: folder } };
  const before = await running(config);
  await before.control(attachSource, { name: 'desk', kind: 'sqlite', settings: { path: 'desk.db' } });
  await before.server.close(0);
  expect((await foz('check')).out).toMatch(/^desk: ok: sqlite/);
  writeFileSync(join(folder, 'metadata/desk/notes.yaml'), `table: notes\n${permissions('gone')}`);
  expect((await foz('metadata', 'apply', 'metadata')).err).toMatch(/has no column "gone"/);
  writeFileSync(join(folder, 'metadata/desk/notes.yaml'), `table: notes\n${permissions('id')}`);
  const applied = await foz('metadata', 'apply', 'metadata');
  expect([applied.err, applied.out]).toEqual(['', expect.stringMatching(/2 changes applied/)]);
  expect((await command(folder, ['audit', 'verify'])).code).toBe(0);
  const missing = await foz('audit', 'verify', '--checkpoint', 'moved.json');
  expect([missing.code, missing.err]).toEqual([
    1,
    expect.stringMatching(/^There is no checkpoint in moved\.json/),
  ]);
  const after = await running(config);
  const { data } = await after.control(
    '{ audit(limit: 2) { entries { kind operation actorKind after } } roles { role } }',
  );
  expect(data.roles).toEqual([{ role: 'clerk' }]);
  expect(data.audit.entries).toContainEqual({
    kind: 'control',
    operation: 'metadata.apply',
    actorKind: 'command',
    after: expect.stringContaining('select_permissions.clerk'),
  });
  await after.server.close(0);
}, 240_000);
