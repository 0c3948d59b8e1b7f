import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Metadata } from '../../../src/catalog/index.ts';
import { canonicalMetadata, plain, sameMetadata } from '../../../src/catalog/metadata-order.ts';
import { loadConfig } from '../../../src/control/index.ts';
import { readFolder } from '../../../src/control/metadata/folder.ts';
import { writeFolder } from '../../../src/control/metadata/write-folder.ts';
import { randomMetadata, randomNumbers } from './random-metadata.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'foz-metadata-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const shop: Metadata = {
  tables: [
    {
      source: 'shop',
      table: { schema: 'sales', name: 'orders' },
      configuration: { custom_name: 'Order', column_config: { total: { comment: 'with tax' } } },
      select_permissions: [
        { role: 'clerk', permission: { columns: '*', filter: {} } },
        { role: 'buyer', permission: { columns: ['id'], filter: { buyer_id: { _eq: 'X-Foz-User-Id' } } } },
      ],
    },
    { source: 'shop', table: 'customers', tracked: false },
  ],
  inherited_roles: [{ role_name: 'boss', role_set: ['clerk', 'buyer'] }],
};

test('a file for each table, in one order', () => {
  expect(writeFolder(folder, shop)).toEqual({
    written: ['shop/customers.yaml', 'shop/sales.orders.yaml', 'inherited_roles.yaml'],
    removed: [],
    unchanged: [],
  });
  const [comment, ...lines] = readFileSync(join(folder, 'shop/sales.orders.yaml'), 'utf8').split('\n');
  expect(lines.join('\n')).toMatchSnapshot();
  const [, path, definition] = /^# yaml-language-server: \$schema=(\S+)#\/\$defs\/(\S+)$/.exec(comment!)!;
  const { $defs } = JSON.parse(readFileSync(join(folder, 'shop', path!), 'utf8'));
  expect($defs[definition!].properties).toHaveProperty('select_permissions');
  expect(sameMetadata(readFolder(folder).metadata!, shop)).toBe(true);
});

test('what says the same is not touched, what is gone is removed', () => {
  writeFolder(folder, shop);
  const before = statSync(join(folder, 'shop/customers.yaml')).mtimeMs;
  expect(writeFolder(folder, { tables: [shop.tables[1]!] })).toEqual({
    written: [],
    removed: ['shop/sales.orders.yaml', 'inherited_roles.yaml'],
    unchanged: ['shop/customers.yaml'],
  });
  expect(statSync(join(folder, 'shop/customers.yaml')).mtimeMs).toBe(before);
  writeFolder(folder, { tables: [] });
  expect(readdirSync(folder)).toEqual([]);
  expect(readFolder(folder).metadata).toEqual({ tables: [] });
});

test('comments, own file names and the order of keys stay', () => {
  mkdirSync(join(folder, 'shop'));
  writeFileSync(
    join(folder, 'shop/my orders.yaml'),
    '# why it is here\nselect_permissions:\n  # who packs\n  - role: packer\n    permission: { columns: [id], filter: {} } # flow\n  # who asks\n  - role: buyer\n    permission:\n      columns: [ id ]\n      filter: {}\n      # page\n      limit: 10\ntable: orders\n',
  );
  const { metadata } = readFolder(folder);
  const [orders] = metadata!.tables;
  const buyer = { role: 'buyer', permission: { columns: ['id', 'total'], filter: {}, limit: 20 } };
  const changed: Metadata = {
    tables: [{ ...orders!, select_permissions: [buyer, orders!.select_permissions![1]!] }],
  };
  expect(writeFolder(folder, changed).written).toEqual(['shop/my orders.yaml']);
  const text = readFileSync(join(folder, 'shop/my orders.yaml'), 'utf8');
  for (const comment of ['# why it is here', '# who packs', '# flow', '# who asks', '# page'])
    expect(text).toContain(comment);
  expect(text.indexOf('select_permissions')).toBeLessThan(text.indexOf('table:'));
  expect(sameMetadata(readFolder(folder).metadata!, changed)).toBe(true);
});

test('all that is wrong is told at once, and nothing is written over it', () => {
  mkdirSync(join(folder, 'shop'));
  writeFileSync(
    join(folder, 'shop/a.yaml'),
    'table: orders\nselect_permissions:\n  - role: r\n    permision: {}\n',
  );
  writeFileSync(join(folder, 'shop/b.yaml'), 'table: [\n');
  writeFileSync(join(folder, 'shop/c.yaml'), 'table: customers\n');
  writeFileSync(join(folder, 'shop/d.yaml'), 'table: { name: customers }\n');
  writeFileSync(join(folder, 'docker-compose.yaml'), 'services: {}\n');
  writeFileSync(join(folder, 'inherited_roles.yaml'), '- role_name: x\n');
  const problems = readFolder(folder).problems.map(
    ({ file, line, column, where }) => `${file.slice(folder.length + 1)}:${line}:${column} ${where}`,
  );
  expect(problems).toEqual([
    'docker-compose.yaml:1:1 file',
    'inherited_roles.yaml:1:3 [0]',
    'shop/a.yaml:3:5 select_permissions[0]',
    'shop/a.yaml:4:5 select_permissions[0]',
    expect.stringMatching(/^shop\/b.yaml:\d:\d yaml$/),
    'shop/d.yaml:1:1 table',
  ]);
  expect(() => writeFolder(folder, shop)).toThrow(/docker-compose\.yaml:1:1 {2}file: is no part of metadata/);
  expect(readdirSync(join(folder, 'shop'))).toEqual(['a.yaml', 'b.yaml', 'c.yaml', 'd.yaml']);
});

test('two entries for one table cannot be in a folder', () => {
  expect(() => writeFolder(folder, { tables: [shop.tables[0]!, shop.tables[0]!] })).toThrow(/two entries/);
});

test('a configuration may name a folder', () => {
  writeFolder(join(folder, 'metadata'), shop);
  const file = join(folder, 'foz.yaml');
  writeFileSync(file, 'metadata: metadata\nsources:\n  - { name: shop, kind: sqlite, path: shop.db }\n');
  expect(sameMetadata(loadConfig(file, {}).metadata!, shop)).toBe(true);
  writeFileSync(join(folder, 'metadata/shop/customers.yaml'), 'tabel: customers\n');
  expect(() => loadConfig(file, {})).toThrow(/customers\.yaml:1:1 {2}file: has no setting "tabel"/);
});

test('names that no file may have, and texts that look like settings of the environment', () => {
  const names = [
    'Orders',
    'orders',
    'a/b',
    '..',
    'con',
    'a.b',
    'ü',
    '\ud83d\ude00',
    '100%',
    'x'.repeat(300),
    '',
  ];
  const metadata: Metadata = {
    tables: [
      ...names.map((name) => ({ source: 'shop', table: { schema: 'dbo', name } })),
      ...names.map((name) => ({ source: 'shop', table: name })),
      { source: 'Shop', table: 'orders', configuration: { comment: '$' + '{env:HOME}' } },
    ],
  };
  writeFolder(folder, metadata);
  const paths = readFolder(folder).files.map(({ path }) => path.toLowerCase());
  expect(new Set(paths).size).toBe(metadata.tables.length);
  expect(sameMetadata(readFolder(folder).metadata!, metadata)).toBe(true);
});

test('random metadata comes back from files as it went in, also written over other metadata', () => {
  const random = randomNumbers(7);
  for (let round = 0; round < 60; round++) {
    const metadata = randomMetadata(random);
    const { written, unchanged } = writeFolder(folder, metadata);
    const read = readFolder(folder);
    expect(read.problems).toEqual([]);
    expect(read.metadata).toEqual(plain(canonicalMetadata(metadata)));
    expect(written.length + unchanged.length).toBe(
      metadata.tables.length + ((metadata.inherited_roles ?? []).length > 0 ? 1 : 0),
    );
    expect(writeFolder(folder, metadata).written).toEqual([]);
  }
});

test('one order only moves things', () => {
  const random = randomNumbers(11);
  const leaves = (value: unknown): string[] =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, item]) =>
          leaves(item).map((leaf) => `${Array.isArray(value) ? '' : key}/${leaf}`),
        )
      : [JSON.stringify(value)];
  for (let round = 0; round < 60; round++) {
    const metadata = plain(randomMetadata(random));
    expect(leaves(canonicalMetadata(metadata)).sort()).toEqual(leaves(metadata).sort());
    const turned = { ...metadata, tables: [...metadata.tables].reverse() };
    expect(JSON.stringify(canonicalMetadata(turned))).toBe(JSON.stringify(canonicalMetadata(metadata)));
  }
});
