import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { connect } from '../../src/attach.ts';
import { loadConfig } from '../../src/control/index.ts';
import { type Started, start } from '../../src/main.ts';
import { command } from '../cli/command.ts';
import { untilRead } from '../support/ready.ts';

const here = import.meta.dirname;
const root = join(here, '../..');
const generated = join(here, 'generated');
const folder = mkdtempSync(join(tmpdir(), 'foz-clients-'));
const context = { signal: new AbortController().signal, timeoutMs: 10_000 };
const programs = [
  'graphql-request',
  'tanstack-query',
  'gql-tada',
  'apollo',
  'urql',
  'relay',
  'react-admin',
  'refine',
  'graphql-ws',
  'graphql-sse',
  'apollo-live',
  'urql-live',
  'deltas',
  'urql-deltas',
];

const config = `server: { port: 0, graphiql: false, limits: { batch: 5 } }
sources:
  - { name: shop, kind: sqlite, path: shop.db }
  - { name: desk, kind: sqlite, path: desk.db }
metadata:
  tables:
    - source: shop
      table: customers
      remote_relationships:
        - name: tickets
          definition:
            to_source: { source: desk, table: tickets, relationship_type: array, field_mapping: { id: customer_id } }
`;
const tables = {
  shop: [
    'create table customers (id integer primary key, name text not null, points bigint not null)',
    'create table orders (id integer primary key, customer_id integer not null references customers (id), note text, total decimal(10,2) not null check (total >= 0), placed_on date not null)',
    'create table order_items (order_id integer not null references orders (id), line_no integer not null, product text not null, primary key (order_id, line_no))',
    "insert into customers values (1, 'Ada', 9007199254740993), (2, 'Grace', 7), (3, 'Edith', 0)",
    "insert into orders values (1, 1, 'first', 10.5, '2024-01-01'), (2, 1, null, 20, '2024-01-02'), (3, 1, null, 30, '2024-01-03'), (4, 2, null, 40, '2024-01-04'), (5, 2, 'last', 50, '2024-01-05')",
    "insert into order_items values (1, 1, 'pen'), (1, 2, 'ink'), (2, 1, 'paper')",
  ],
  desk: [
    'create table tickets (id integer primary key, customer_id integer, subject text not null)',
    "insert into tickets values (1, 1, 'Where is it?'), (2, 1, 'Thanks'), (3, 2, 'Broken')",
  ],
};

/** Runs a program of a package or of Node. Rejects with its output if it fails. */
function run(file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return new Promise<void>((resolve, reject) => {
    const options = { cwd: here, env: { ...process.env, NODE_OPTIONS: '', ...env } };
    execFile(process.execPath, [file, ...args], options, (error, out, err) =>
      error === null ? resolve() : reject(new Error(`${file}\n${out}\n${err}`)),
    );
  });
}
const own = (path: string) => join(here, 'node_modules', path);

/** Installs the clients and the package itself if the lock file has changed since the last run. */
function install(): void {
  const lock = createHash('sha256')
    .update(`with foz ${readFileSync(join(here, 'package-lock.json'), 'utf8')}`)
    .digest('hex');
  const stamp = own('.installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  const args = ['ci', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  execFileSync('npm', args, { cwd: here, shell: process.platform === 'win32' });
  // The package itself, as its users have it.
  symlinkSync(root, own('foz'), 'junction');
  writeFileSync(stamp, lock);
}

let server: Started;
beforeAll(async () => {
  install();
  writeFileSync(join(folder, 'foz.yaml'), config);
  for (const [name, statements] of Object.entries(tables)) {
    const connector = await connect(
      { name, kind: 'sqlite', path: join(folder, `${name}.db`) },
      { create: true },
    );
    for (const text of statements) await connector.run({ text, slots: [] }, [], context);
    await connector.close();
  }
  server = await start(loadConfig(join(folder, 'foz.yaml')), { logger: pino({ level: 'silent' }) });
  await untilRead(server);

  mkdirSync(join(generated, 'relay'), { recursive: true });
  // Prints the schema by the built command, as users do. Within this process there would be two graphql packages: this folder has
  // its own.
  const print = async (file: string, ...args: readonly string[]) => {
    const { out, err, code } = await command(folder, ['schema', ...args]);
    expect([code, err]).toEqual([0, '']);
    writeFileSync(join(generated, file), out);
  };
  await print('schema.graphql', 'print');
  await print('scalars.json', 'scalars', '--for', 'codegen');
  await print('scalars.ts', 'scalars', '--for', 'gql.tada');
  await run(join(root, 'node_modules/@graphql-codegen/cli/cjs/bin.js'), ['--config', 'codegen.ts']);
  await run(own('gql.tada/bin/cli.js'), ['generate-output']);
  await run(own('relay-compiler/cli.js'), []);
}, 600_000);
afterAll(() => server?.close(100));

test('the types of all of them fit the graph', async () => {
  await run(join(root, 'node_modules/typescript/bin/tsc'), ['-p', '.']);
}, 300_000);

test.each(programs)(
  '%s',
  async (name) => {
    const outfile = join(generated, `${name}.mjs`);
    const bundled = [
      '--bundle',
      '--platform=node',
      '--format=esm',
      '--packages=external',
      '--log-level=warning',
    ];
    execFileSync(join(root, 'node_modules/.bin/esbuild'), [
      join(here, `src/${name}.ts`),
      ...bundled,
      `--outfile=${outfile}`,
    ]);
    await run(outfile, [], { FOZ_URL: `${server.url}graphql` });
  },
  120_000,
);

test('the types of scalars for Relay are those of relay.config.json', async () => {
  const read = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  expect(read(join(here, 'relay.config.json')).customScalarTypes).toEqual(
    read(join(generated, 'scalars.json')),
  );
});

/** Each block of docs/clients.md that names a file must be part of that file. */
test('the code in docs/clients.md is that of the programs', () => {
  const text = readFileSync(join(root, 'docs/clients.md'), 'utf8');
  const blocks = [...text.matchAll(/^```\w+ (\S+)\n([\s\S]*?)^```$/gm)];
  const flat = (code: string) => code.replaceAll(/\s+/g, ' ').trim();
  expect(new Set(blocks.map(([, file]) => file)).size).toBeGreaterThan(programs.length);
  for (const [, file, code] of blocks)
    expect(`${file}: ${flat(readFileSync(join(here, file!), 'utf8'))}`).toContain(flat(code!));
});
