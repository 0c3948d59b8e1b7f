import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/attach.ts';
import { inProcess } from './in-process.ts';

const context = { signal: new AbortController().signal, timeoutMs: 10_000 };
const metadata = `sources: [{ name: shop, kind: sqlite, path: shop.db }]
metadata:
  tables:
    - source: shop
      table: orders
      select_permissions:
        - { role: desk, permission: { columns: [id], filter: { country: { _eq: X-Foz-Country } } } }
`;
let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'foz-keys-'));
  const connector = await connect(
    { name: 'shop', kind: 'sqlite', path: join(folder, 'shop.db') },
    { create: true },
  );
  const text = 'create table orders (id integer primary key, country text)';
  await connector.run({ text, slots: [] }, [], context);
  await connector.close();
  writeFileSync(join(folder, 'foz.yaml'), metadata);
});
afterEach(() => rmSync(folder, { recursive: true }));

const file = () => readFileSync(join(folder, 'foz.yaml'), 'utf8');
const newKey = (...args: readonly string[]) =>
  inProcess(folder, ['key', 'new', '--name', 'till', '--role', 'desk', ...args]);
const keyIn = (out: string) => /^foz_([\w-]{12})/.exec(out)![1]!;

test('a key whose role needs a variable: warned of, and replaced by one that has it', async () => {
  const first = await newKey('--write');
  expect([first.code, first.err]).toEqual([
    0,
    'The key has no session variable country, which the role desk needs for shop.orders: its requests there are refused. Give it one: --variable country=VALUE (with --write --replace where the key is in the file already).\n',
  ]);
  const entry = file();
  const refused = await newKey('--variable', 'country=DE', '--write');
  expect([refused.code, refused.out, refused.err, file()]).toEqual([
    1,
    '',
    'foz.yaml has a key till already, in line 10. What it may do can be changed there, as variables: { country: DE }. A new key in its place: the same command with --replace (the key before is then refused). A second key: another --name.\n',
    entry,
  ]);
  const second = await newKey('--variable', 'country=DE', '--write', '--replace');
  expect([second.code, second.err]).toEqual([0, '']);
  expect(file()).toContain(`prefix: ${keyIn(second.out)}`);
  expect(file()).not.toContain(keyIn(first.out));
  expect((await inProcess(folder, ['check'])).out).toMatch(/All is well\.$/m);
});

test('--replace keeps the rest of the file as it is', async () => {
  const others = (key: string) =>
    `${metadata}auth:\n  api_keys: # ours\n    - { name: a, roles: [desk], variables: { country: FR } } # one\n${key}    # two\n    - name: b\n      roles: [desk]   # three\n`;
  writeFileSync(join(folder, 'foz.yaml'), others('    - name: till\n      roles: [desk]\n'));
  const { out } = await newKey('--variable', 'country=DE', '--write', '--replace');
  const [, hash] = /hash: (\S+)/.exec(file())!;
  expect(file()).toBe(
    others(
      `    - name: till\n      prefix: ${keyIn(out)}\n      hash: ${hash}\n      roles:\n        - desk\n      variables:\n        country: DE\n`,
    ),
  );
});

test('--replace of a name that is new adds it; without --write it is refused', async () => {
  expect((await newKey('--variable', 'country=DE', '--write', '--replace')).code).toBe(0);
  expect(file()).toContain('name: till');
  expect((await newKey('--replace')).err).toBe('--replace says what --write does: give both.\n');
});

test('a scope that matches nothing is told when the key is made, and by check', async () => {
  const country = ['--variable', 'country=DE'];
  const misspelt =
    'scopes.tables: no table matches "shop.order" (did you mean "shop.orders"?): this entry opens nothing.\n';
  const tables = ['--table', 'shop.order', 'shop.orders', 'shop.x*', 'shop.*', 'desk.*'];
  const refused = await newKey(...country, ...tables, '--write');
  expect([refused.code, refused.out, refused.err]).toEqual([1, '', `${misspelt}Nothing was written.\n`]);
  expect(file()).toBe(metadata);
  // Without --write, the lines are for somebody who reads the warning. A pattern with * may be for tables to come.
  const shown = await newKey(...country, ...tables);
  const patterns = [
    'scopes.tables: no table matches "shop.x*": this entry opens nothing.',
    'scopes.tables: no table matches "desk.*": this entry opens nothing.',
    '',
  ].join('\n');
  expect([shown.code, shown.err]).toEqual([0, misspelt + patterns]);
  const made = await newKey(...country, ...tables.filter((text) => text !== 'shop.order'), '--write');
  expect([made.code, made.err]).toEqual([0, patterns]);
  writeFileSync(
    join(folder, 'foz.yaml'),
    file()
      .replace('scopes:', 'scopes:\n        sources: [shopp, shop]')
      .replace('- shop.orders\n', '- shop.order\n          - shop.orders\n'),
  );
  const { code, out } = await inProcess(folder, ['check']);
  expect(code).toBe(0);
  expect(out).toMatch(/^All is well, apart from 4 notes\.$/m);
  expect(out).toMatch(
    /^foz\.yaml:\d+:19 {2}note: auth\.api_keys\[0\]\.scopes\.sources\[0\]: no source matches "shopp" \(did you mean "shop"\?\): this entry opens nothing$/m,
  );
  expect([...out.matchAll(/scopes\.tables\[(\d)\]: no table matches/g)].map(([, at]) => at)).toEqual([
    '0',
    '2',
    '4',
  ]);
});

test('nothing is said of a scope for a source that was never read', async () => {
  const source = '{ name: desk, kind: postgres, url: "postgres://me:a@127.0.0.1:1/desk" }';
  writeFileSync(join(folder, 'foz.yaml'), metadata.replace('[{', `[${source}, {`));
  const { err } = await newKey(
    '--variable',
    'country=DE',
    '--table',
    'desk.tickets',
    'd*.tickets',
    'shop.none',
    '--write',
  );
  expect(err).toBe(
    'scopes.tables: no table matches "shop.none": this entry opens nothing.\nNothing was written.\n',
  );
});

test('a role without permissions, and a table of no source, are refused unless a store may have them', async () => {
  const args = ['key', 'new', '--name', 'till', '--role', 'dsk', '--table', 'desk.tickets', '--write'];
  const [role, table] = [
    'The role "dsk" has no permission (did you mean "desk"?): those that have are desk.',
    'scopes.tables: no table matches "desk.tickets": this entry opens nothing.',
  ];
  const refused = await inProcess(folder, args);
  expect([refused.code, refused.err]).toEqual([1, `${role}\n${table}\nNothing was written.\n`]);
  expect(file()).toBe(metadata);
  const warned = [0, `${role} Metadata in the store may give it one.\n${table}\n`];
  // A store that is made at the first start, or that only the deployment has a URL of.
  for (const more of ['auth: {}\n', 'audit: {}\n', 'audit: { when_down: open }\nauth: { api_keys: [] }\n']) {
    writeFileSync(join(folder, 'foz.yaml'), metadata + more);
    const made = await inProcess(folder, args);
    expect([made.code, made.err]).toEqual(warned);
  }
  writeFileSync(join(folder, 'foz.yaml'), metadata);
  const withUrl = await inProcess(folder, args, {
    env: { FOZ_STORE_URL: 'postgres://me:a@127.0.0.1:1/foz' },
  });
  expect([withUrl.code, withUrl.err]).toEqual(warned);
  writeFileSync(join(folder, 'foz.yaml'), `${metadata}audit: false\n`);
  expect((await inProcess(folder, args)).code).toBe(1);
  mkdirSync(join(folder, '.foz/store'), { recursive: true });
  const made = await inProcess(folder, args);
  expect([made.code, made.err]).toEqual(warned);
});

test.each([
  [['--name', ''], '--name: must have 1 to 100 characters, not only blanks\n'],
  [['--name', 'x'.repeat(101)], '--name: must have 1 to 100 characters, not only blanks\n'],
  [['--expires', '2001-01-01'], '--expires: has passed already: the key would let nobody in\n'],
])('a key that would let nobody in is not written: %j', async (args, err) => {
  expect(await newKey('--variable', 'country=DE', '--write', ...args)).toEqual({ code: 1, out: '', err });
  expect(file()).toBe(metadata);
});
