import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parse } from 'yaml';
import { attach, connect } from '../../../src/attach.ts';
import type { Metadata } from '../../../src/catalog/index.ts';
import { importHasura } from '../../../src/control/import/import-hasura.ts';
import { ConfigError, type FozConfig, loadConfig } from '../../../src/control/index.ts';
import type { SourceConfig } from '../../../src/views/index.ts';

const folders = join(import.meta.dirname, 'folders');
const made = mkdtempSync(join(tmpdir(), 'foz-import-'));
afterAll(() => rmSync(made, { recursive: true }));

const secrets = {
  SHOP_URL: 'postgres://u@h/shop',
  CRM_CA: 'pem',
  MY_DB_DATABASE_URL: 'postgres://u@h/crm',
  EMPTY_DATABASE_URL: 'postgres://u@h/empty',
  BOOKS_DATABASE_URL: 'mssql://u:p@h/books',
  HASURA_GRAPHQL_DATABASE_URL: 'postgres://u@h/blog',
};

function imported(name: string) {
  const base = mkdtempSync(join(made, `${name}-`));
  const out = join(base, 'foz.yaml');
  const report = importHasura(join(folders, name), out);
  const findings = report.findings.map(
    ({ file, line, where, reason }) => `${relative(join(folders, name), file)}:${line} ${where} | ${reason}`,
  );
  return { base, report, findings, config: loadConfig(out, secrets), text: readFileSync(out, 'utf8') };
}

/** The issues of a configuration when each source is an embedded database made by these statements. */
async function issuesOf(config: FozConfig, statements: Readonly<Record<string, string>>) {
  const context = { signal: new AbortController().signal, timeoutMs: 20_000 };
  const sources: SourceConfig[] = [];
  for (const { url: _, pool: _p, tls: _t, ...source } of config.sources) {
    const kind = source.kind === 'sqlite' ? 'sqlite' : 'pglite';
    const path = join(mkdtempSync(join(made, 'db-')), 'data');
    const own: SourceConfig = { ...source, kind, path };
    const connector = await connect(own, { create: true });
    for (const text of (statements[source.name] ?? '').split(';').filter((part) => part.trim() !== ''))
      await connector.run({ text, slots: [] }, [], context);
    await connector.close();
    sources.push(own);
  }
  const attached = await attach({ ...config, sources, state: join(made, 'state') }, 'command');
  await attached.close();
  return attached.graphs.issues.filter(({ severity }) => severity === 'error');
}

const tableOf = (metadata: Metadata | undefined, name: string) =>
  metadata?.tables.find(({ table }) => (typeof table === 'string' ? table : table.name) === name);

test('a shop: what is taken over', async () => {
  const { report, config, text } = imported('shop');
  expect([report.sources, report.tables, report.permissions]).toEqual([1, 5, 10]);
  expect(parse(text)).toMatchSnapshot();
  expect(config.metadata).toMatchSnapshot();
  expect(config.server?.limits).toEqual({
    depth: 10,
    nodes: 100,
    time_ms: 10_000,
    rate: { requests: 600, seconds: 60 },
    roles: { customer: { depth: 5, rate: { requests: 60, seconds: 60 } }, clerk: { time_ms: 60_000 } },
  });
  const statements = `create table customers (id int primary key, full_name text, region text, created_by int);
    create table products (id int primary key, name text, price numeric, list_price numeric);
    create schema sales;
    create table order_status (value text primary key);
    create table sales.orders (id int primary key, customer_id int references customers, total numeric, status text, changed_by int);
    create table sales.order_lines (id int primary key, order_id int references sales.orders, product_id int);
    create table untracked (id int primary key);
    insert into order_status values ('open'), ('paid')`;
  expect(await issuesOf(config, { default: statements })).toEqual([]);
}, 60_000);

test('a shop: what is not', () => {
  const { findings } = imported('shop');
  expect(findings).toMatchSnapshot();
});

test('how keys of two sources are compared is kept, where a folder says it for Foz', () => {
  const from = join(made, 'compared');
  cpSync(join(folders, 'several'), from, { recursive: true });
  const file = join(from, 'databases/databases.yaml');
  const mapping = '              field_mapping: { person_id: id }';
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace(mapping, `${mapping}\n              compare: ignore_case`),
  );
  const out = join(made, 'compared.yaml');
  importHasura(from, out);
  const remote = loadConfig(out, secrets).metadata!.tables.flatMap(
    (table) => table.remote_relationships ?? [],
  );
  expect(remote.map(({ name, definition }) => [name, definition.to_source.compare])).toEqual([
    ['person', 'ignore_case'],
  ]);
});

test('what would allow more without a part of it is left out', () => {
  const { metadata } = imported('shop').config;
  const roles = (name: string) =>
    [
      ...(tableOf(metadata, name)?.select_permissions ?? []),
      ...(tableOf(metadata, name)?.insert_permissions ?? []),
    ].map(({ role }) => role);
  expect(roles('products').sort()).toEqual(['buyer', 'customer']);
  expect(roles('customers').sort()).toEqual(['clerk', 'clerk', 'customer']);
  expect(roles('orders')).toEqual(['customer']);
});

test('allowed operations go into files, and into a configuration when it takes them', () => {
  const { base, report } = imported('shop');
  expect(
    report.written.filter((path) => path.includes('allow-list')).map((path) => relative(base, path)),
  ).toEqual(['allow-list/app-1.graphql', 'allow-list/desk-2.graphql', 'allow-list.yaml']);
  const own = parse(readFileSync(join(base, 'allow-list.yaml'), 'utf8'));
  const whole = { ...parse(readFileSync(join(base, 'foz.yaml'), 'utf8')), ...own };
  writeFileSync(join(base, 'with-list.yaml'), JSON.stringify(whole));
  const lists = loadConfig(join(base, 'with-list.yaml'), secrets).allow_list;
  expect(lists?.find(({ role }) => role === 'clerk')?.operations.length).toBe(2);
  expect(lists?.find(({ role }) => role === 'customer')?.operations).toEqual([
    '# mine\nquery mine { orders: sales_orders { id } }',
  ]);
});

test('several databases', async () => {
  const { config, findings, text } = imported('several');
  expect(findings).toMatchSnapshot();
  expect(parse(text)).toMatchSnapshot();
  expect(config.metadata).toMatchSnapshot();
  for (const secret of ['secret', 'hidden-one']) expect(text).not.toContain(secret);
  expect(
    await issuesOf(config, {
      my_db: `create table people (id int primary key, name text, region text, boss_id int references people);
        create table desks (id int primary key, person_id int unique references people)`,
      desk: 'create table notes (id integer primary key, body text, person_id integer, invoice_id integer)',
      books: 'create schema dbo; create table dbo.entries (id int primary key)',
    }),
  ).toEqual([]);
}, 60_000);

test('a project of the older form', async () => {
  const { config, findings } = imported('older');
  expect(findings).toMatchSnapshot();
  expect(config.metadata).toMatchSnapshot();
  expect(config.sources).toMatchObject([
    { name: 'default', kind: 'postgres', tables: { include: ['public.article', 'public.author'] } },
  ]);
  const statements = `create table author (id int primary key, full_name text);
    create table article (id int primary key, author_id int references author, title text, published boolean)`;
  expect(await issuesOf(config, { default: statements })).toEqual([]);
}, 60_000);

test('metadata as the API exports it', () => {
  const file = join(made, 'export.json');
  const metadata = {
    version: 3,
    sources: [{ name: 'a', kind: 'postgres', tables: [{ table: 't' }], configuration: {} }],
  };
  writeFileSync(file, JSON.stringify({ resource_version: 7, metadata }));
  const report = importHasura(file, join(made, 'api/foz.yaml'));
  expect(report.findings.map(({ line, where }) => `${line} ${where}`)).toEqual(['1 a: connection']);
  expect(loadConfig(join(made, 'api/foz.yaml'), { A_DATABASE_URL: 'postgres://u@h/a' }).metadata).toEqual({
    tables: [{ source: 'a', table: 't' }],
  });
});

test('what is not as Hasura has it is left out and listed; what is made can be read', () => {
  const file = join(made, 'odd.json');
  const permission = { columns: ['id'], filter: {} };
  const tables = [
    {
      table: 't',
      select_permissions: [
        { role: 'good', permission },
        { role: 'odd', permission: { ...permission, columns: ['id', 5] } },
        { role: 'odder', permission: { ...permission, limit: 'many' } },
      ],
      object_relationships: [{ name: 7, using: { foreign_key_constraint_on: 'a' } }],
    },
  ];
  const customization = { root_fields: { prefix: 3 } };
  const metadata = { version: 3, sources: [{ name: 'a', kind: 'postgres', tables, customization }] };
  writeFileSync(file, JSON.stringify(metadata));
  const report = importHasura(file, join(made, 'odd/foz.yaml'));
  expect(report.findings.map(({ where, reason }) => `${where} | ${reason}`).sort()).toEqual([
    expect.stringMatching(/^a\.t: object_relationships\[0\]\.name \| left out, .*: must be string$/),
    expect.stringMatching(/^a\.t: select_permissions\[1\]\.permission\.columns\[1\] \| left out, /),
    expect.stringMatching(/^a\.t: select_permissions\[2\]\.permission\.limit \| left out, /),
    expect.stringMatching(/^a: connection \| /),
    expect.stringMatching(/^a: customization\.root_fields\.prefix \| left out, /),
  ]);
  const read = loadConfig(join(made, 'odd/foz.yaml'), { A_DATABASE_URL: 'postgres://u@h/a' });
  expect(read.metadata?.tables).toEqual([
    { source: 'a', table: 't', select_permissions: [{ role: 'good', permission }] },
  ]);
});

describe('what cannot be read', () => {
  const write = (files: Readonly<Record<string, string>>) => {
    const folder = mkdtempSync(join(made, 'bad-'));
    mkdirSync(join(folder, 'databases'));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return folder;
  };
  const problems = (folder: string) => {
    try {
      importHasura(folder, join(folder, 'out/foz.yaml'));
    } catch (error) {
      if (error instanceof ConfigError)
        return error.problems.map(
          ({ file, line, message }) => `${relative(folder, file)}:${line} ${message}`,
        );
      throw error;
    }
    return [];
  };

  test('is told at once, with places, and nothing is written', () => {
    const folder = write({
      'databases/databases.yaml':
        '- name: a\n  tables: "!include gone.yaml"\n- name: b\n  tables: !include ../../outside.yaml\n- name: c\n  tables: !include /etc/hostname\n- name: d\n  tables: "!include databases.yaml"\n',
      'actions.yaml': 'actions: [\n',
    });
    expect(problems(folder)).toEqual([
      expect.stringMatching(/^actions\.yaml:\d /),
      'databases/databases.yaml:2 includes gone.yaml, which does not exist',
      'databases/databases.yaml:4 includes ../../outside.yaml, which is outside of the folder',
      'databases/databases.yaml:6 includes /etc/hostname, which is outside of the folder',
      'databases/databases.yaml:8 includes databases.yaml, which includes itself',
    ]);
    expect(readdirSync(folder).sort()).toEqual(['actions.yaml', 'databases']);
  });

  test('files that repeat themselves without end, or too often, or are nested too deeply', () => {
    const tens = (name: string) => Array(10).fill(`*${name}`).join();
    const bomb = Array.from({ length: 9 }, (_, at) => `k${at + 1}: &k${at + 1} [${tens(`k${at}`)}]\n`);
    const folder = write({
      'databases/databases.yaml': '- name: a\n  tables: &t\n    - *t\n',
      'actions.yaml': `k0: &k0 [1]\n${bomb.join('')}`,
      'network.yaml': '['.repeat(50_000) + ']'.repeat(50_000),
    });
    const repeats = 'repeats itself without end, or too often, by aliases (*name)';
    expect(problems(folder)).toEqual([
      `actions.yaml:1 ${repeats}`,
      'network.yaml:1 is nested too deeply',
      `databases/databases.yaml:1 ${repeats}`,
    ]);
  });

  test('links that lead outside of the folder, and files that include each other too often', () => {
    const outside = join(mkdtempSync(join(made, 'outside-')), 'secret.yaml');
    writeFileSync(outside, '- table: { schema: public, name: stolen }\n');
    const twice = Object.fromEntries(
      Array.from({ length: 40 }, (_, at) => [
        `databases/f${at}.yaml`,
        `- !include f${at + 1}.yaml\n- !include f${at + 1}.yaml\n`,
      ]),
    );
    const folder = write({
      'databases/databases.yaml':
        '- name: a\n  tables: !include link.yaml\n- name: b\n  tables: !include inside.yaml\n- name: c\n  tables: !include f0.yaml\n',
      'databases/real.yaml': '[]\n',
      'databases/f40.yaml': '[]\n',
      ...twice,
    });
    symlinkSync(outside, join(folder, 'databases/link.yaml'));
    symlinkSync('real.yaml', join(folder, 'databases/inside.yaml'));
    symlinkSync(outside, join(folder, 'actions.yaml'));
    expect(problems(folder)).toEqual([
      'actions.yaml:1 is a link that leads outside of the folder',
      'databases/link.yaml:1 is a link that leads outside of the folder',
      'databases/f40.yaml:1 is included more than 1000 times',
    ]);
  });

  test('no metadata at all', () => {
    expect(problems(write({ 'readme.md': 'x' }))[0]).toMatch(/is no metadata of Hasura/);
    expect(problems(join(made, 'nowhere'))[0]).toMatch(/does not exist/);
  });
});

test('existing files are not replaced unasked', () => {
  const out = join(made, 'twice/foz.yaml');
  importHasura(join(folders, 'older'), out);
  expect(() => importHasura(join(folders, 'older'), out)).toThrow(/exists: name another with --out/);
  const again = importHasura(join(folders, 'older'), out, true);
  expect(again.written).toEqual([out]);
  expect(parse(readFileSync(out, 'utf8')).metadata).toBe('metadata');
});
