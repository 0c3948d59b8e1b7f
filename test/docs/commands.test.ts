import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSchema, parse, validate } from 'graphql';
import jest from '../../jest.config.js';
import { samples } from '../../src/demo/samples.ts';
import { Subscriber } from '../events/subscriber.ts';
import { connect } from '../support/connect.ts';
import { until } from '../support/wait.ts';
import { freePort, programsIn } from './programs.ts';

const root = join(import.meta.dirname, '../..');

/** A fenced block of a document that a reader may type: commands, or an operation. */
interface Block {
  readonly page: string;
  readonly kind: 'commands' | 'operation';
  readonly text: string;
}

const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith('.md'),
);
const blocks = pages.flatMap((page): Block[] =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)].flatMap(
    ([, kind = '', text = '']): Block[] => {
      if (/^(?:sh|bash)\b/.test(kind) || (kind === '' && /^(?:\$|npm|npx|foz|[A-Z_]+=\S+ npm) /.test(text)))
        return [{ page, kind: 'commands', text }];
      return kind === 'graphql' ? [{ page, kind: 'operation', text }] : [];
    },
  ),
);

/** Where a block can be run. `offline`: in the folder of the example, before it is served. */
type Stage = 'offline' | 'example' | 'demo' | { readonly not: string };

/** Every block of the documents, by its page and its first words. */
const stages: readonly (readonly [page: string, start: string, stage: Stage])[] = [
  [
    'README.md',
    'npm install && npm start',
    { not: 'installs packages; the demo that it starts is served here' },
  ],
  ['README.md', 'curl http://127.0.0.1:8080/control/graphql', 'demo'],
  ['README.md', 'npx foz init', 'offline'],
  ['README.md', '{\n  customers(', 'demo'],
  ['README.md', 'curl http://127.0.0.1:8080/control/graphql', 'example'],
  ['README.md', 'npm run check', { not: 'the suites themselves' }],
  [
    'docs/add-a-database.md',
    'npm run codegen',
    { not: 'the suites themselves, and what changes files of the checkout' },
  ],
  [
    'docs/authentication.md',
    'mutation { rotateKey(',
    { not: 'needs a token of an issuer; test/control/own-keys asks it with one' },
  ],
  ['docs/control-api.md', 'curl http://127.0.0.1:8080/control/graphql', 'example'],
  ['docs/control-api.md', 'mutation {\n  setPermission(', 'example'],
  ['docs/control-api.md', 'mutation {\n  updateKey(', 'example'],
  ['docs/control-api.md', 'mutation {\n  putIssuer(', 'example'],
  ['docs/events.md', 'foz trigger list', 'example'],
  ['docs/explain.md', "$ foz explain '{ customers", 'demo'],
  ['docs/explain.md', '$ foz explain --role seller', 'offline'],
  [
    'docs/hasura.md',
    'foz import hasura',
    { not: 'needs a project of Hasura; test/control/import converts one' },
  ],
  ['docs/live.md', 'subscription {\n  orders(', 'demo'],
  ['docs/live.md', 'subscription {\n  orders_stream(', 'demo'],
  [
    'docs/live.md',
    'subscription {\n  orders_changes(',
    { not: 'needs an outbox or a log; test/events/changes.servers.test.ts asks in the same way' },
  ],
  [
    'docs/live.md',
    'curl -N',
    { not: 'does not end; test/events/subscriptions.test.ts asks in the same way' },
  ],
  ['docs/operating.md', 'foz schema print', 'offline'],
  ['docs/operating.md', 'curl -H', 'example'],
  ['docs/operating.md', 'export FOZ_ADMIN_SECRET', 'example'],
  ['docs/permissions.md', 'foz check', 'offline'],
  ['docs/read-only-key.md', '', { not: 'test/docs/read-only-key.servers.test.ts runs the whole page' }],
  ['docs/tutorial.md', '', { not: 'test/docs/tutorial.servers.test.ts runs the whole page' }],
  [
    'docs/sign-in-saml.md',
    'openssl req',
    { not: 'needs the command of OpenSSL; test/control/sign-in/saml signs with a key that it makes' },
  ],
  [
    'docs/sync.md',
    'foz sync list',
    {
      not: 'needs two databases with a sync; test/workflow/sync acts on one by the control API and the commands',
    },
  ],
  ['docs/webhooks.md', '{\n  hookCalls(', 'example'],
  ['docs/workflows.md', '{\n  runs(', 'example'],
  ['docs/workflows.md', 'mutation {\n  sendSignal(', 'example'],
  ['docs/relationships.md', 'mutation {\n  createRelationship(', 'example'],
];

/** Lines within such blocks that are left out. */
const leftOut: readonly (readonly [line: RegExp, reason: string])[] = [
  [/^npx foz init\b.*$/m, 'asks questions; test/cli/mistakes answers them'],
  [/^npx foz serve\b.*$/m, 'runs until it is stopped: it serves the example here'],
];

const taken = new Set<number>();
/** The blocks of a stage, in the order of the documents. */
const staged = blocks.map((block) => {
  const at = stages.findIndex(
    ([page, start], index) =>
      page === block.page && block.text.startsWith(start) && (start === '' || !taken.has(index)),
  );
  taken.add(at);
  return { ...block, stage: stages[at]?.[2] };
});
const on = (stage: Stage) => staged.filter((block) => block.stage === stage);

test('each command and operation of the documents is run here, or has a reason why not', () => {
  expect(staged.filter(({ stage }) => stage === undefined)).toEqual([]);
  expect(stages.filter((_, index) => !taken.has(index))).toEqual([]);
});

test('operations are valid in the graph that they are for', () => {
  const graph = (name: string) => buildSchema(readFileSync(join(root, 'schema', name), 'utf8'));
  const [control, account] = [graph('control.graphql'), graph('account.graphql')];
  const mutations = blocks.filter(({ kind, text }) => kind === 'operation' && text.startsWith('mutation'));
  for (const { page, text } of mutations)
    expect([page, validate(page.endsWith('authentication.md') ? account : control, parse(text))]).toEqual([
      page,
      [],
    ]);
  expect(mutations.length).toBeGreaterThan(4);
});

/** The test files below a folder, without those of installed packages, which are very many. */
function testFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : testFiles(path);
    return entry.name.endsWith('.test.ts') ? [`/${path}`] : [];
  });
}

test('scripts of npm that the documents name exist, and find the tests that they are to run', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Readonly<Record<string, string>>;
  };
  const files = testFiles('test');
  const started = jest.projects.flatMap((project) => ('testRegex' in project ? project.testRegex : []));
  const suiteOf = (file: string) => {
    if (file.endsWith('.servers.test.ts')) return 'servers';
    return started.some((part) => new RegExp(part).test(file)) ? 'integration' : 'unit';
  };
  const named = pages.flatMap((page) => [
    ...readFileSync(join(root, page), 'utf8').matchAll(
      /npm run ([\w:]+)(?: -- --testPathPatterns (\S+?))?(?=[\s`]|$)/g,
    ),
  ]);
  for (const [all, script, pattern] of named) {
    expect([all, Object.keys(scripts)]).toEqual([all, expect.arrayContaining([script])]);
    const suite = script!.replace('test:', '');
    const found = files.filter(
      (file) => suiteOf(file) === suite && (pattern === undefined || file.includes(pattern)),
    );
    if (script!.startsWith('test:')) expect([all, found.length > 0]).toEqual([all, true]);
  }
  expect(named.length).toBeGreaterThan(5);
});

const secret = 'a-secret-of-some-length';
const folder = mkdtempSync(join(tmpdir(), 'foz-commands-'));
const [example, demo] = [join(folder, 'example'), join(folder, 'demo')];
const children: ChildProcess[] = [];
let path: string;
/** Placeholders of the documents, such as a path, each with the value that this test puts in its place. */
const here: [RegExp, string][] = [];

const permission = { columns: '*', filter: {}, allow_aggregations: true };
const configuration = {
  auth: {
    admin_secrets: [{ name: 'docs', secret }],
    api_keys: [
      { name: 'counter', prefix: 'A'.repeat(12), hash: `sha256:${'0'.repeat(64)}`, roles: ['clerk'] },
    ],
  },
  control: { files: example },
  sources: [
    { name: 'shop', kind: 'sqlite', path: 'shop.db' },
    { name: 'desk', kind: 'sqlite', path: 'desk.db' },
  ],
  metadata: {
    tables: [
      {
        source: 'shop',
        table: 'orders',
        select_permissions: ['clerk', 'partner', 'seller', 'buyer'].map((role) => ({ role, permission })),
        insert_permissions: [
          {
            role: 'seller',
            permission: {
              columns: ['id', 'total'],
              check: { total: { _gt: 0 } },
              set: { owner: 'X-Foz-User-Id' },
            },
          },
        ],
        update_permissions: [
          { role: 'seller', permission: { columns: ['total'], filter: {}, check: { total: { _gt: 1 } } } },
        ],
        validations: [{ check: { total: { _lt: 1000000 } }, message: 'no order is that large' }],
      },
    ],
  },
};

/** The trigger of the page on events. Nobody listens at its endpoint. */
const shippedTrigger = {
  name: 'order_shipped',
  definition: { insert: {}, update: { columns: ['status'] } },
  webhook: 'http://127.0.0.1:9/',
};

/** The cron trigger of the page on events. */
const nightlyTrigger = { name: 'nightly_report', schedule: '0 3 * * *', webhook: 'http://127.0.0.1:9/' };

beforeAll(async () => {
  mkdirSync(example);
  mkdirSync(demo);
  path = programsIn(folder);
  const made = {
    shop: [
      'create table customers (id integer primary key, login text)',
      'create table orders (id integer primary key, owner text, total integer, status text, customer_id integer references customers)',
      'insert into orders (id, total) values (7, 5)',
    ],
    desk: ['create table tickets (id integer primary key, opened_by text)'],
  };
  for (const [name, tables] of Object.entries(made)) {
    const database = await connect('sqlite', join(example, `${name}.db`));
    for (const table of tables) await database.execute(table);
    await database.close();
  }
  // JSON is YAML.
  writeFileSync(join(example, 'foz.yaml'), JSON.stringify(configuration));
}, 60_000);
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function environment(): NodeJS.ProcessEnv {
  const { FOZ_STORE_URL: _, FOZ_MASTER_KEY: __, ...rest } = process.env;
  return { ...rest, NODE_OPTIONS: '', PATH: path, SECRET: secret, FOZ_ADMIN_SECRET: secret };
}

/** Serves a folder by a command. Returns the URL once it answers. */
async function serve(cwd: string, command: string): Promise<string> {
  const port = await freePort();
  const child = spawn('sh', ['-c', `exec ${command} --port ${port}`], {
    cwd,
    env: environment(),
    stdio: 'ignore',
  });
  children.push(child);
  const url = `http://127.0.0.1:${port}`;
  await until(
    async () => (await fetch(`${url}/readyz`).catch(() => null))?.ok ?? child.exitCode !== null,
    600_000,
  );
  expect(child.exitCode).toBeNull();
  return url;
}

/** Runs a script like a reader's shell does. The test fails where one of its commands does. */
function run(cwd: string, given: string): string {
  let script = leftOut.reduce((text, [line]) => text.replace(line, ''), given);
  for (const [from, to] of here) script = script.replaceAll(from, to);
  const { status, stdout, stderr } = spawnSync('sh', ['-e', '-c', script], {
    cwd,
    env: environment(),
    encoding: 'utf8',
  });
  expect([script, stdout, stderr, status]).toEqual([script, stdout, status === 0 ? stderr : '', 0]);
  return stdout;
}

/** A pattern for the output that a document shows; `...` matches any text. */
function shown(text: string): RegExp {
  const escaped = text.trim().replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('\\.\\.\\.', '[\\s\\S]*?')}$`);
}

/** Runs a block: a shell session with `$ ` is compared with its output, the answers of requests must have no errors. */
function check(cwd: string, { text }: Block, more = ''): void {
  if (!text.startsWith('$ ')) {
    const answers = run(cwd, text).matchAll(/^\{"(?:data|errors)".*\}$/gm);
    for (const [answer] of answers) expect(JSON.parse(answer)).not.toHaveProperty('errors');
    const file = /^curl .* > (\S+)$/m.exec(text)?.[1];
    if (file !== undefined) expect(readFileSync(join(cwd, file), 'utf8')).not.toContain('"errors"');
    return;
  }
  const end = /'$/m.exec(text)!.index + 1;
  expect(run(cwd, `${text.slice(2, end)}${more}`).trim()).toMatch(shown(text.slice(end)));
}

/** Asks one of the graphs for an operation of a document. */
async function ask(
  url: string,
  operation: string,
  variables: object = {},
): Promise<Readonly<Record<string, unknown>>> {
  const query = here.reduce((text, [from, to]) => text.replaceAll(from, to), operation);
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-foz-admin-secret': secret },
    body: JSON.stringify({ query, variables }),
  });
  const answer = (await response.json()) as { readonly data: Readonly<Record<string, unknown>> };
  expect([query, answer]).toEqual([query, { data: expect.anything() }]);
  return answer.data;
}

/** Subscribes, and waits for the first answer. */
async function firstAnswer(url: string, query: string): Promise<void> {
  const subscriber = await Subscriber.open(`${url}/`, { query });
  const [answer] = await subscriber.count(1);
  expect([query, answer]).toEqual([query, { data: expect.anything() }]);
  subscriber.close();
}

/** Runs the ready-made operations of the console. None may find nothing. */
async function runSamples(url: string): Promise<void> {
  expect(samples.length).toBeGreaterThan(5);
  for (const { title, query, variables } of samples) {
    if (query.startsWith('subscription')) {
      await firstAnswer(url, query);
      continue;
    }
    const found = Object.values(await ask(`${url}/graphql`, query, variables));
    expect([title, found.filter((one) => one === null || (Array.isArray(one) && one.length === 0))]).toEqual([
      title,
      [],
    ]);
  }
}

test('commands that need no server', () => {
  const own = on('offline');
  expect(own.length).toBeGreaterThan(3);
  for (const block of own) check(example, block);
}, 600_000);

test('commands and operations of a Foz that is served', async () => {
  // The control API changes metadata that is in the store, not that of the file.
  const { metadata, ...rest } = configuration;
  writeFileSync(join(example, 'foz.yaml'), JSON.stringify(rest));
  const url = await serve(example, 'npx foz serve');
  const control = `${url}/control/graphql`;
  const [orders, ...others] = metadata.tables;
  await ask(control, 'mutation ($document: JSON!) { replaceMetadata(document: $document) { applied } }', {
    document: {
      ...metadata,
      tables: [{ ...orders, event_triggers: [shippedTrigger] }, ...others],
      cron_triggers: [nightlyTrigger],
    },
  });
  const { createKey } = await ask(
    control,
    'mutation { createKey(input: { name: "docs", roles: ["clerk"] }) { key { id } } }',
  );
  const { id } = (createKey as { readonly key: { readonly id: string } }).key;
  here.push([/http:\/\/127\.0\.0\.1:8080|https:\/\/foz\.example\.com/g, url], [/4a0e\.\.\./g, id]);
  // The page names the option once, before its commands.
  here.push([/^foz trigger [a-z]+/gm, `$& --endpoint ${url}`]);
  run(example, 'foz metadata export metadata --endpoint https://foz.example.com');
  const own = on('example');
  expect(own.length).toBeGreaterThan(6);
  for (const block of own)
    if (block.kind === 'commands') check(example, block);
    else await ask(control, block.text);
  here.length = 0;
  const { deliveries } = await ask(control, '{ deliveries { entries { endpoint type } } }');
  expect(deliveries).toEqual({
    entries: [
      { endpoint: 'nightly_report', type: 'cron' },
      { endpoint: 'order_shipped', type: 'orders.manual' },
    ],
  });
}, 600_000);

test('commands, operations and samples of the demo', async () => {
  // npm start
  const url = await serve(demo, 'npx foz serve --demo');
  here.push([/http:\/\/127\.0\.0\.1:8080/g, url]);
  const own = on('demo');
  expect(own.length).toBeGreaterThan(2);
  for (const block of own)
    if (block.text.startsWith('subscription')) await firstAnswer(url, block.text);
    else if (block.kind === 'operation') await ask(`${url}/graphql`, block.text);
    else check(demo, block, ` --endpoint ${url} --secret-file .foz/demo/admin-secret`);
  here.length = 0;
  await runSamples(url);
}, 600_000);
