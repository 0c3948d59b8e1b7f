import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/attach.ts';
import { command } from './command.ts';
import { inProcess } from './in-process.ts';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'foz-cli-metadata-'));

const foz = (...args: readonly string[]) => inProcess(folder, args);
/** In a process of its own. */
const apart = (...args: readonly string[]) => command(folder, args);

beforeAll(async () => {
  if (!existsSync(join(root, 'dist/command/foz.js')))
    throw new Error('The command is not built: run "npm run build".');
  const connector = await connect(
    { name: 'shop', kind: 'sqlite', path: join(folder, 'shop.db') },
    { create: true },
  );
  const text = 'create table orders (id integer primary key, note text)';
  await connector.run({ text, slots: [] }, [], { signal: new AbortController().signal, timeoutMs: 10_000 });
  await connector.close();
  writeFileSync(join(folder, 'foz.yaml'), 'sources:\n  - { name: shop, kind: sqlite, path: shop.db }\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

const table = join(folder, 'metadata/shop/orders.yaml');

test('from files into the store and back: diff, dry run, apply, export', async () => {
  expect((await foz('metadata', 'diff', 'metadata')).err).toMatch(/^There is no folder metadata: make one/);
  mkdirSync(join(folder, 'metadata/shop'), { recursive: true });
  writeFileSync(
    table,
    '# for the desk\ntable: orders\nselect_permissions:\n  - role: clerk\n    permission: { columns: [id], filter: {} }\n',
  );
  const diff = await apart('metadata', 'diff', 'metadata');
  expect([diff.code, diff.out]).toEqual([
    1,
    expect.stringMatching(
      /^shop\.orders\n {2}\+ the table is declared\n {2}\+ role clerk may read: columns id; rows all\n2 changes against the store /,
    ),
  ]);
  expect((await foz('metadata', 'apply', 'metadata', '--dry-run')).out).toMatch(/2 changes would be applied/);
  const applied = await apart('metadata', 'apply', 'metadata', '--json');
  expect(JSON.parse(applied.out)).toMatchObject({ applied: true, version: 1 });
  expect((await foz('metadata', 'diff', 'metadata')).code).toBe(0);
  expect((await foz('metadata', 'apply', 'metadata', '--expect', '0')).err).toMatch(
    /is at version 1, not at 0/,
  );
  const exported = await apart('metadata', 'export', 'again');
  expect(exported.out).toMatch(
    /^\+ shop\/orders\.yaml\nagain has the metadata of the store .*, version 1: 1 file/,
  );
  expect((await foz('metadata', 'export', 'metadata')).out).toMatch(
    /0 files written, 0 removed, 1 as they were/,
  );
  expect(readFileSync(table, 'utf8')).toMatch(/^# for the desk\n/);
}, 300_000);

test('all that is wrong is told at once, with places, and changes nothing', async () => {
  writeFileSync(join(folder, 'metadata/shop/other.yaml'), 'table: nowhere\n');
  const unknown = await foz('metadata', 'apply', 'metadata');
  expect([unknown.code, unknown.err]).toEqual([
    1,
    expect.stringMatching(/^metadata\/shop\/other\.yaml:1:8 {2}shop\.nowhere: /),
  ]);
  writeFileSync(join(folder, 'metadata/shop/other.yaml'), 'table: nowhere\ntraked: false\nprimary_key: 3\n');
  expect((await foz('metadata', 'apply', 'metadata')).err).toBe(
    'metadata/shop/other.yaml:2:1  file: has no setting "traked" (did you mean "tracked"?)\nmetadata/shop/other.yaml:3:14  primary_key: must be array\nmetadata/shop/other.yaml:1:8  shop.nowhere: metadata names a table that does not exist\n',
  );
  rmSync(join(folder, 'metadata/shop/other.yaml'));
  expect((await foz('metadata', 'diff', 'metadata')).code).toBe(0);
}, 300_000);

test('Hasura: imported, checked, and what has no counterpart is listed', async () => {
  mkdirSync(join(folder, 'hasura/databases'), { recursive: true });
  writeFileSync(join(folder, 'hasura/version.yaml'), 'version: 3\n');
  writeFileSync(
    join(folder, 'hasura/databases/databases.yaml'),
    `- name: shop
  kind: sqlite
  configuration: { value: { db: ../shop.db } }
  tables:
    - table: [orders]
      event_triggers: [{ name: mail }]
      select_permissions:
        - { role: clerk, permission: { columns: [id], filter: { note: { $neq: secret } } } }
`,
  );
  const { out, code } = await apart('import', 'hasura', 'hasura', '--out', 'new/foz.yaml');
  expect([code, out]).toEqual([
    0,
    expect.stringMatching(/\+ new\/foz\.yaml\n\+ new\/metadata\/shop\/orders\.yaml\n/),
  ]);
  expect(out).toContain(
    'hasura/databases/databases.yaml:6:24  shop.orders: event trigger mail: it has no definition, or no webhook\n',
  );
  const written = readFileSync(join(folder, 'new/foz.yaml'), 'utf8');
  const schema = /^# yaml-language-server: \$schema=(\S+)\n/.exec(written)![1]!;
  expect(JSON.parse(readFileSync(join(folder, 'new', schema), 'utf8')).properties).toHaveProperty('sources');
  expect((await foz('check', '--config', 'new/foz.yaml')).out).toMatch(/All is well\.\n$/);
  expect((await foz('schema', 'print', '--config', 'new/foz.yaml', '--role', 'clerk')).out).toMatch(
    /type orders implements Node \{\n {2}id: Int!\n/,
  );
  expect((await foz('metadata', 'apply', 'metadata', '--config', 'new/foz.yaml')).err).toMatch(
    /^The configuration holds the metadata itself/,
  );
  expect((await foz('import', 'hasura', 'hasura', '--out', 'new/foz.yaml')).err).toMatch(
    /^new\/foz\.yaml exists/,
  );
}, 300_000);
