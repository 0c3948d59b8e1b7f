import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSchema } from 'graphql';
import { connect } from '../../src/attach.ts';
import { kindNames } from '../../src/views/index.ts';
import { command } from './command.ts';
import { inProcess } from './in-process.ts';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'foz-cli-'));
const context = { signal: new AbortController().signal, timeoutMs: 10_000 };

const foz = (...args: readonly string[]) => inProcess(folder, args);
/** In a process of its own. */
const apart = (...args: readonly string[]) => command(folder, args);

beforeAll(async () => {
  if (!existsSync(join(root, 'dist/command/foz.js')))
    throw new Error('The command is not built: run "npm run build".');
  const connector = await connect(
    { name: 'own', kind: 'sqlite', path: join(folder, 'shop.db') },
    { create: true },
  );
  await connector.run(
    { text: 'create table orders (id integer primary key, note text)', slots: [] },
    [],
    context,
  );
  await connector.close();
});

test('init tries the connection before it writes', async () => {
  const ended = await foz('init', '--kind', 'sqlite', '--path', 'nowhere/shop.db', '--config', 'none.yaml');
  expect([ended.code, existsSync(join(folder, 'none.yaml'))]).toEqual([1, false]);
  expect(ended.err).toMatch(/^SQLite cannot be reached, so nothing was written/);
}, 300_000);

test('init without a terminal asks for flags, and never replaces a file unasked', async () => {
  expect((await apart('init')).err).toMatch(/^There is no terminal to ask at: give --kind and --url/);
  expect((await apart('init', '--kind', 'sqlite', '--path', 'shop.db', '--name', 'shop')).out).toMatch(
    /^foz.yaml is written/m,
  );
  expect(readFileSync(join(folder, 'foz.yaml'), 'utf8')).toMatch(
    /- name: shop\n {4}kind: sqlite\n {4}path: shop.db\n/,
  );
  const again = ['init', '--kind', 'sqlite', '--path', 'shop.db', '--name', 'shop'];
  expect((await foz(...again)).err).toBe(
    'foz.yaml has a source shop already: give this one another --name, or replace the whole file with --force.\n',
  );
}, 300_000);

test('commands leave the journal mode of a SQLite file as it is; serving sets WAL', async () => {
  const path = join(folder, 'quiet.db');
  /** Byte 18 of the header is the write version: 1 for a rollback journal, 2 for WAL. */
  const version = () => readFileSync(path)[18];
  const use = async (options: { create?: boolean; forServing?: boolean }, text: string) => {
    const connector = await connect({ name: 'own', kind: 'sqlite', path }, options);
    await connector.run({ text, slots: [] }, [], context);
    await connector.close();
  };
  await use({ create: true, forServing: false }, 'create table notes (id integer primary key)');
  await foz('init', '--kind', 'sqlite', '--path', 'quiet.db', '--name', 'quiet', '--config', 'quiet.yaml');
  expect((await foz('check', '--config', 'quiet.yaml')).out).toContain('1 table');
  expect(version()).toBe(1);
  await use({}, 'select 1');
  expect(version()).toBe(2);
}, 300_000);

test('init again adds a source; the URL may stay in the environment; editors find the schema', async () => {
  const more = (...args: readonly string[]) =>
    foz('init', '--config', 'two.yaml', '--kind', 'sqlite', ...args);
  await more('--path', 'shop.db', '--name', 'shop');
  const before = readFileSync(join(folder, 'two.yaml'), 'utf8');
  const schema = /^# yaml-language-server: \$schema=(\S+)\n/.exec(before)?.[1];
  expect(existsSync(join(folder, schema!))).toBe(true);
  process.env.DESK_FILE = 'shop.db';
  const ended = await more('--env', 'DESK_FILE', '--name', 'desk');
  delete process.env.DESK_FILE;
  expect([ended.err, ended.out]).toEqual([
    '',
    expect.stringMatching(/^The source desk is added to two\.yaml/),
  ]);
  expect(readFileSync(join(folder, 'two.yaml'), 'utf8')).toBe(
    `${before}  - name: desk\n    kind: sqlite\n    path: \${env:DESK_FILE}\n`,
  );
  expect((await more('--env', 'DESK_FILE', '--path', 'shop.db')).err).toMatch(
    /^--env cannot stand beside --url or --path/,
  );
}, 300_000);

test('introspect shows what has changed, and stores it when told to', async () => {
  expect((await foz('introspect')).out).toMatch(
    /^shop: 1 table, 1 change\n {2}\+ orders {2}table, 2 columns\nStore it with --write/,
  );
  await apart('introspect', '--write');
  expect((await foz('introspect', 'shop')).out).toBe('shop: 1 table, nothing has changed\n');
  expect((await foz('introspect', 'other')).err).toBe('There is no source other in foz.yaml.\n');
  for (const args of [
    ['introspect', 'shopp'],
    ['changes', 'status', 'shopp'],
  ])
    expect((await foz(...args)).err).toBe('There is no source shopp in foz.yaml (did you mean "shop"?).\n');
}, 300_000);

test('check tells all is well, or everything that is not', async () => {
  const good = await apart('check');
  expect([good.code, good.out]).toEqual([
    0,
    expect.stringMatching(
      /^shop: ok: sqlite [\d.]+, 1 table, followed by the version of the file\nAll is well\.\n$/,
    ),
  ]);
  writeFileSync(
    join(folder, 'bad.yaml'),
    'sources:\n  - { name: gone, kind: postgres, url: "postgres://nobody:hush@127.0.0.1:1/none" }\n  - { name: shop, kind: sqlite, path: shop.db }\nmetadata: { tables: [{ source: shop, table: nothing }] }\n',
  );
  const bad = await apart('check', '--config', 'bad.yaml', '--json');
  const report = JSON.parse(bad.out) as {
    ok: boolean;
    sources: { name: string; state: string }[];
    issues: { where: string; severity: string }[];
  };
  expect([bad.code, report.ok, report.sources.map(({ name, state }) => `${name} ${state}`)]).toEqual([
    1,
    false,
    ['gone unavailable', 'shop available'],
  ]);
  expect(report.issues.map((issue) => issue.where)).toEqual(['shop.nothing']);
  expect(bad.out + bad.err).not.toContain('hush');
}, 300_000);

test('schema print, in both conventions', async () => {
  expect((await apart('schema', 'print')).out).toMatch(/orders_by_pk\(id: Int!\): orders/);
  expect((await foz('schema', 'print', '--naming', 'graphql-default')).out).toMatch(
    /ordersByPk\(id: Int!\): Orders/,
  );
  expect((await foz('schema', 'print', '--naming', 'camel')).err).toMatch(
    /^There is no naming convention camel/,
  );
}, 300_000);

test('schema scalars, for each tool', async () => {
  const { out } = await apart('schema', 'scalars', '--for', 'codegen');
  const types = JSON.parse(out) as Record<string, string>;
  expect(Object.keys(types)).toEqual(Object.keys(types).sort());
  expect((await foz('schema', 'scalars', '--for', 'relay')).out).toBe(out);
  const tada = Object.entries(types).map(([scalar, type]) => `  ${scalar}: ${type};\n`);
  expect((await foz('schema', 'scalars', '--for', 'gql.tada')).out).toBe(
    `export interface Scalars {\n${tada.join('')}}\n`,
  );
  expect((await foz('schema', 'scalars', '--for', 'elm')).err).toBe(
    'There is no format elm: it is one of text, codegen, relay, gql.tada.\n',
  );
}, 300_000);

test('explain shows the SQL and where values come from', async () => {
  const ended = await apart(
    'explain',
    'query ($id: Int!) { orders_by_pk(id: $id) { note } }',
    '--variables',
    '{"id": 1}',
  );
  expect(ended.out).toMatch(
    /\n1\. orders_by_pk \[shop\]\n {3}select .* from "orders" .*\n {3}with 1: \$id\n$/,
  );
  expect((await foz('explain', '{ nothing }')).err).toMatch(/Cannot query field "nothing"/);
  expect((await foz('explain', '{ orders {')).err).toBe('Syntax Error: Expected Name, found <EOF>.\n');
  expect((await foz('explain', '{ orders { id } }', '--variables', '[1]')).err).toBe(
    'The variables must be a JSON object, as {"id": 1}.\n',
  );
}, 300_000);

/** Starts `foz serve` and waits for its URL. */
async function serve(...args: readonly string[]) {
  const child = spawn(process.execPath, [join(root, 'bin/foz.js'), 'serve', '--port', '0', ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '', FOZ_LOG_LEVEL: 'silent' },
  });
  let [out, err] = ['', ''];
  child.stderr.on('data', (data) => {
    err += data;
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (data) => {
      out += data;
      const found = /GraphQL:\s+(\S+)\n/.exec(out)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.on('exit', () => reject(new Error(out)));
  });
  const ask = async (query: string) => {
    const body = JSON.stringify({ query });
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    return response.text();
  };
  /** Stops the server. Resolves with its exit code. */
  const stop = () => {
    const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
    child.kill('SIGTERM');
    return ended;
  };
  return { url, out, err: () => err, ask, stop };
}

test('serve prints its URL, answers, and stops when told to', async () => {
  const server = await serve();
  expect(await server.ask('{ orders { id } }')).toBe('{"data":{"orders":[]}}');
  expect(await server.stop()).toBe(0);
}, 300_000);

test('a start names the place of each problem in the metadata', async () => {
  const files = {
    'faulty.yaml':
      'sources:\n  - { name: shop, kind: sqlite, path: shop.db }\nstate: faulty-state\nmetadata: faulty-metadata.yaml\n',
    'faulty-metadata.yaml': 'tables:\n  - source: shop\n    table: nothing\n',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const server = await serve('--config', 'faulty.yaml');
  await server.stop();
  expect(server.err()).toMatch(/^faulty-metadata\.yaml:3:12 {2}shop\.nothing: /m);
}, 300_000);

test('serve --demo makes two databases once and joins them', async () => {
  const query = '{ customers(limit: 1, order_by: [{ id: asc }]) { id tickets(limit: 1) { id } } }';
  const first = await serve('--demo');
  const answer = await first.ask(query);
  expect(await first.stop()).toBe(0);
  expect(first.out).toMatch(/^Setting up the demo: a shop in PGlite and a support desk in SQLite/);
  expect(JSON.parse(answer)).toEqual({ data: { customers: [{ id: 1, tickets: [expect.anything()] }] } });
  const again = await serve('--demo');
  try {
    expect(again.out).toMatch(/^\n {2}Foz is ready: {2}http:\/\/127\.0\.0\.1:\d+\//);
    expect(await again.ask(query)).toBe(answer);
    const secret = /Control API: +\S+\/control\/graphql {2}\(header x-foz-admin-secret: (\S{32})\)\n/.exec(
      again.out,
    )![1]!;
    const control = async (given: string, query = '{ sources { name state } }') => {
      const response = await fetch(again.url.replace(/graphql$/, 'control/graphql'), {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-foz-admin-secret': given },
        body: JSON.stringify({ query }),
      });
      return [response.status, await response.text()];
    };
    expect(await control(secret)).toEqual([
      200,
      '{"data":{"sources":[{"name":"shop","state":"available"},{"name":"support","state":"available"}]}}',
    ]);
    expect((await control('x'.repeat(32)))[0]).toBe(401);
    // The types of the control API keep their names, though the classes behind them were bundled.
    const types = JSON.parse((await control(secret, '{ __schema { types { name } } }'))[1] as string);
    const kept = buildSchema(readFileSync(join(root, 'schema/control.graphql'), 'utf8'));
    expect(types.data.__schema.types.map(({ name }: { name: string }) => name).sort()).toEqual(
      Object.keys(kept.getTypeMap()).sort(),
    );
    const page = await fetch(again.url.replace(/graphql$/, ''));
    expect([page.status, page.headers.get('content-type')]).toEqual([
      200,
      expect.stringMatching(/^text\/html/),
    ]);
  } finally {
    await again.stop();
  }
}, 300_000);

test('a configuration that is wrong is told in full, without a stack', async () => {
  writeFileSync(
    join(folder, 'wrong.yaml'),
    'server: { prot: 1 }\nsources:\n  - { name: shop, kind: sqlite, path: shop.db }\n  - { name: shop, kind: oracle, path: x }\n',
  );
  for (const [run, ...args] of [
    [apart, 'serve'],
    [foz, 'introspect'],
    [foz, 'schema', 'print'],
    [foz, 'explain', '{ orders { id } }'],
  ] as const)
    expect(await run(...args, '--config', 'wrong.yaml')).toEqual({
      code: 1,
      out: '',
      err: [
        'wrong.yaml:1:11  server: has no setting "prot"',
        `wrong.yaml:4:25  sources[1].kind: must be one of ${kindNames.join(', ')}`,
        '',
      ].join('\n'),
    });
  // This command looks further than the mistakes of form.
  expect(await apart('check', '--config', 'wrong.yaml')).toEqual({
    code: 1,
    err: '',
    out: expect.stringMatching(
      /^shop: ok: .*\nwrong\.yaml:1:11 {2}error: server: has no setting "prot"\nwrong\.yaml:4:25 {2}error: sources\[1\]\.kind: must be one of .*\nThere are problems\.\n$/,
    ),
  });
}, 300_000);
