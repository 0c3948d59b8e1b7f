import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storePlace } from '../store/place.ts';
import { connect } from '../support/connect.ts';
import { CuttableProxy } from '../support/cuttable-proxy.ts';
import { availability, describeEngines, type Engine, serverUrl } from '../support/engines.ts';
import { until } from '../support/wait.ts';
import { command } from './command.ts';

const program = join(import.meta.dirname, '../../bin/foz.js');
const folder = mkdtempSync(join(tmpdir(), 'foz-first-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const labels = { postgres: 'PostgreSQL', mysql: 'MySQL', mariadb: 'MariaDB' } as const;
type ServerKind = keyof typeof labels;
const kinds = Object.keys(labels) as ServerKind[];
const isThere = (engine: Engine) => 'url' in availability(engine);

/** The URL of a server with the scheme of another kind of source. */
function spelledFor(kind: ServerKind, engine: ServerKind): string {
  const url = serverUrl(engine).replace(/^\w+:/, `${kind}:`);
  return new URL(engine === 'postgres' ? '/postgres' : '/mysql', url).href;
}

describeEngines(kinds, (engine) => {
  for (const kind of kinds.filter((other) => other !== engine))
    test(`a server called ${kind} is told to be what it is`, async () => {
      if (!isThere(kind)) return;
      const url = spelledFor(kind, engine as ServerKind);
      const args = ['init', '--kind', kind, '--url', url, '--config', `${kind}-${engine}.yaml`];
      const { code, err } = await command(folder, args);
      expect(err).toMatch(
        new RegExp(`The server is ${labels[engine as ServerKind]}.*, but the source is of kind ${kind}: `),
      );
      expect([code, existsSync(join(folder, `${kind}-${engine}.yaml`))]).toEqual([1, false]);
    }, 60_000);
});

/** How a server spells its version, what an old one says instead, and the oldest version that Foz takes. */
const versions = {
  postgres: { query: 'show server_version', found: /^\d\d(?=\.)/, old: '11', oldest: 'PostgreSQL 12' },
  mysql: { query: 'select version()', found: /^\d+(?=\.)/, old: '5', oldest: 'MySQL 8.0.19' },
  mariadb: { query: 'select version()', found: /^\d\d\.\d\d(?=\.)/, old: '10.06', oldest: 'MariaDB 10.11.0' },
} as const;

describeEngines(kinds, (engine) => {
  test('a server that is too old is told with its version and the one that is needed', async () => {
    const { query, found, old, oldest } = versions[engine as ServerKind];
    const url = spelledFor(engine as ServerKind, engine as ServerKind);
    const direct = await connect(engine, url);
    const version = String(Object.values((await direct.query(query))[0]!)[0]);
    await direct.close();
    const proxy = new CuttableProxy(url);
    proxy.replaces = [version, version.replace(found, old)];
    expect(proxy.replaces[1].length).toBe(version.length);
    try {
      const args = ['init', '--kind', engine, '--url', await proxy.open(), '--config', `old-${engine}.yaml`];
      const { code, err } = await command(folder, args);
      const there = `${labels[engine as ServerKind]} ${old}`;
      expect(err).toContain(`The server is ${there}`);
      expect(err).toContain(`, which is too old: Foz needs ${oldest} or later.`);
      expect([code, existsSync(join(folder, `old-${engine}.yaml`))]).toEqual([1, false]);
    } finally {
      await proxy.cut();
    }
  }, 60_000);
});

describeEngines(['mysql', 'mariadb'], (engine) => {
  test('a user without rights on its database is told what to grant', async () => {
    const user = `first_${randomBytes(4).toString('hex')}`;
    const admin = await connect(engine, serverUrl(engine));
    await admin.execute(`create user ${user}@'%' identified by 'pa55'`);
    try {
      const url = new URL('/mysql', serverUrl(engine));
      [url.username, url.password] = [user, 'pa55'];
      const { err, code } = await command(folder, [
        'init',
        '--kind',
        engine,
        '--url',
        url.href,
        '--config',
        user,
      ]);
      expect(err).toContain(
        'has no right to its database: grant it some (grant select on the database to the user)',
      );
      expect([code, existsSync(join(folder, user))]).toEqual([1, false]);
    } finally {
      await admin.execute(`drop user ${user}@'%'`);
      await admin.close();
    }
  }, 60_000);
});

describeEngines(['postgres'], () => {
  const name = `first_${randomBytes(4).toString('hex')}`;
  let mine: string;
  beforeAll(async () => {
    const admin = await connect('postgres', serverUrl('postgres'));
    await admin.execute(`create role ${name} login password 'pa55'`);
    await admin.execute(`create database ${name}`);
    await admin.close();
    const url = new URL(`/${name}`, serverUrl('postgres'));
    const owner = await connect('postgres', url.href);
    await owner.execute(
      'create table orders (id int primary key); create schema hidden; create table hidden.secrets (id int)',
    );
    await owner.close();
    [url.username, url.password] = [name, 'pa55'];
    mine = url.href;
  });
  afterAll(async () => {
    const admin = await connect('postgres', serverUrl('postgres'));
    await admin.execute(`drop database ${name} with (force)`);
    await admin.execute(`drop role ${name}`);
    await admin.close();
  });

  test('init keeps a password out of the configuration, in a file that others cannot read', async () => {
    const args = ['init', '--kind', 'postgres', '--url', mine, '--name', 'shop'];
    expect(await command(folder, args)).toMatchObject({ code: 0, err: '' });
    const yaml = readFileSync(join(folder, 'foz.yaml'), 'utf8');
    expect(yaml).toContain(`url: \${file:.foz/shop.url}`);
    expect(yaml).not.toContain('pa55');
    expect(readFileSync(join(folder, '.foz/shop.url'), 'utf8')).toBe(`${mine}\n`);
    const modes = ['.foz', '.foz/shop.url'].map((path) => statSync(join(folder, path)).mode & 0o777);
    expect(modes).toEqual([0o700, 0o600]);
    expect(readFileSync(join(folder, '.foz/.gitignore'), 'utf8')).toBe('*\n');
  }, 60_000);

  test('a user who may read nothing is told what to grant, and to whom', async () => {
    writeFileSync(join(folder, 'rights.yaml'), `sources: [{ name: shop, kind: postgres, url: "${mine}" }]\n`);
    const check = () => command(folder, ['check', '--config', 'rights.yaml']);
    const before = await check();
    expect(before.out).toContain(
      `error: shop: the user ${name} may read none of its 2 tables (hidden.secrets, public.orders): grant it usage on schema hidden, select on them`,
    );
    expect(before).toMatchObject({ code: 1 });
    const owner = await connect('postgres', new URL(`/${name}`, serverUrl('postgres')).href);
    await owner.execute(`grant select on orders to ${name}`);
    await owner.close();
    const after = await check();
    expect(after.out).toContain(
      `note: shop: 1 table is left out, which the user ${name} may not read: hidden.secrets`,
    );
    expect(after).toMatchObject({ code: 0 });
  }, 90_000);

  test('what follows from missing rights is one sentence, not a suggestion of another column', async () => {
    const owner = await connect('postgres', new URL(`/${name}`, serverUrl('postgres')).href);
    await owner.execute(
      `create table customers (id int primary key, name text);
       create table invoices (id int primary key, customer_id int references customers);
       grant select on invoices to ${name}`,
    );
    await owner.close();
    writeFileSync(
      join(folder, 'partly.yaml'),
      `sources: [{ name: shop, kind: postgres, url: "${mine}" }]
metadata:
  tables:
    - { source: shop, table: customers }
    - { source: shop, table: { schema: hidden, name: secrets } }
    - source: shop
      table: invoices
      select_permissions:
        - { role: clerk, permission: { columns: [id], filter: { customer: { name: { _eq: Ada } } } } }
`,
    );
    const told = [
      `note: shop: 2 tables are left out, which the user ${name} may not read: hidden.secrets, public.customers`,
      'partly.yaml:4:30  error: shop.customers: metadata names tables that the user of the source may not read (customers, secrets): grant it select on them',
    ];
    const { out, code } = await command(folder, ['check', '--config', 'partly.yaml']);
    expect([code, out.trimEnd().split('\n').slice(1)]).toEqual([
      1,
      [
        ...told,
        '2 more problems follow from these, and go away with them. See all with --all.',
        'There are problems.',
      ],
    ]);
    const all = await command(folder, ['check', '--config', 'partly.yaml', '--all']);
    expect(all.out).toContain(
      'filter.customer: the relationship "customer" leads to a table that the user of the source may not read; the permission is left out',
    );
  }, 90_000);

  test('at a terminal, init asks again after a wrong URL, and writes once it is right', async () => {
    const wrong = mine.replace(`/${name}`, '/nowhere');
    const target = join(folder, 'asked.yaml');
    const args = [
      program,
      'init',
      '--kind',
      'postgres',
      '--name',
      'asked',
      '--config',
      target,
      '--url',
      wrong,
    ];
    const line = [process.execPath, ...args].map((part) => `'${part}'`).join(' ');
    // script(1) gives the command a terminal; without a width it would break every line.
    const child = spawn('script', ['-qec', `stty cols 200 rows 50; ${line}`, '/dev/null'], {
      cwd: folder,
      env: { ...process.env, NODE_OPTIONS: '', TERM: 'xterm' },
    });
    let shown = '';
    const seen = (pattern: RegExp) =>
      new Promise<void>((resolve, reject) => {
        const check = () => pattern.test(shown) && resolve();
        child.stdout.on('data', check);
        child.on('close', () => reject(new Error(`ended without ${pattern}:\n${shown}`)));
        check();
      });
    child.stdout.on('data', (bytes) => {
      shown += bytes;
    });
    await seen(/cannot be reached, so nothing was written[\s\S]*Its URL\?/);
    expect(existsSync(target)).toBe(false);
    // The prompt contains the URL that failed. The test deletes it and types the right one.
    child.stdin.write('\x7f'.repeat(wrong.length));
    child.stdin.write(mine);
    child.stdin.write('\r');
    await seen(/asked\.yaml is written/);
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(code).toBe(0);
    expect(readFileSync(join(folder, '.foz/asked.url'), 'utf8')).toBe(`${mine}\n`);
  }, 120_000);

  test('a start without its store says that it is not ready, and when it is', async () => {
    const place = await storePlace('postgres');
    const proxy = new CuttableProxy(place.url!);
    const url = await proxy.open();
    await proxy.cut();
    writeFileSync(
      join(folder, 'far.yaml'),
      JSON.stringify({ state: place.folder, store: { url }, auth: {}, server: { port: 0 }, sources: [] }),
    );
    const child = spawn(process.execPath, [program, 'serve', '--config', 'far.yaml'], {
      cwd: folder,
      env: { ...process.env, NODE_OPTIONS: '', FOZ_LOG_LEVEL: 'fatal' },
    });
    let shown = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (bytes) => {
        shown += bytes;
      });
    try {
      await until(() => shown.includes('Until then requests are refused'), 60_000);
      expect(shown).toContain('is not ready yet');
      expect(shown).not.toContain('Foz is ready');
      await proxy.open();
      await until(() => shown.includes('Foz is ready'), 60_000);
    } finally {
      child.kill('SIGKILL');
      await proxy.cut();
      await place.drop();
    }
  }, 150_000);
});
