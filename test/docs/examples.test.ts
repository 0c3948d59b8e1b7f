import { spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { Serving } from '../cli/serving.ts';
import { closeReceivers, type Receiver, receiver } from '../outbound/receivers.ts';
import { type Connection, connect } from '../support/connect.ts';
import { pause, until } from '../support/wait.ts';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/examples.md'), 'utf8');
const secret = 'a-secret-of-some-length';
const signingKey = Buffer.alloc(32, 5);
/** Milliseconds that a condition may take on a busy machine. */
const patience = 60_000;

type Json = Readonly<Record<string, unknown>>;

/** The configuration of the whole page. Its hosts are folders of a local server. */
function configuration(port: number): Json {
  const text = page.replaceAll(/https:\/\/(\w+\.example)/g, `http://127.0.0.1:${port}/$1`);
  const [first, ...parts] = [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block]) => parse(block!));
  const metadata: Record<string, unknown[]> = first.metadata;
  for (const part of parts)
    for (const [name, entries] of Object.entries(part.metadata as Record<string, unknown[]>))
      metadata[name] = [...(metadata[name] ?? []), ...entries];
  const credentials = first.outbound.credentials.map((one: Json) => ({
    ...one,
    ...(one.hosts === undefined ? {} : { hosts: ['127.0.0.1'] }),
  }));
  return { ...first, metadata, outbound: { credentials, allow: ['127.0.0.1'] }, server: { graphiql: false } };
}

/** The statements of the page that make the tables, by the name of their database. */
function tables(): [string, string][] {
  const [, sql = ''] = page.match(/^```sql\n(.*?)^```$/ms) ?? [];
  return sql
    .split(/^-- /m)
    .slice(1)
    .map((part): [string, string] => [part.split('\n', 1)[0]!, part.slice(part.indexOf('\n') + 1)]);
}

let folder: string;
let foz: Serving;
let outside: Receiver;
let shop: Connection;
let support: Connection;
/** What the services outside answer, by method and path. Without an entry: 200. */
const answers = new Map<string, (response: ServerResponse) => void>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'foz-examples-'));
  outside = await receiver(({ method, url }, response) => {
    const answer = answers.get(`${method} ${url}`);
    if (answer === undefined) response.end('{}');
    else answer(response);
  });
  for (const [name, sql] of tables()) {
    const database = await connect('sqlite', join(folder, `${name}.db`));
    await database.execute('pragma busy_timeout = 60000');
    for (const statement of sql.split(';').filter((one) => one.trim() !== ''))
      await database.execute(statement);
    if (name === 'shop') shop = database;
    else support = database;
  }
  writeFileSync(join(folder, 'foz.yaml'), JSON.stringify(configuration(outside.port)));
  const env = {
    FOZ_ADMIN_SECRET: secret,
    GATEWAY_TOKEN: 'token-of-the-gateway',
    GATEWAY_SECRET: `whsec_${signingKey.toString('base64')}`,
    CHAT_WEBHOOK_URL: `http://127.0.0.1:${outside.port}/chat`,
    FOZ_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    NO_COLOR: '1',
  };
  for (const source of ['shop', 'support']) {
    const command = ['changes', 'setup', source, '--method', 'triggers', '--write'];
    const { status, stderr } = spawnSync(process.execPath, [join(root, 'bin/foz.js'), ...command], {
      ...{ cwd: folder, encoding: 'utf8' },
      env: { ...process.env, NODE_OPTIONS: '', FOZ_STORE_URL: '', ...env },
    });
    expect([status, stderr]).toEqual([0, '']);
  }
  foz = await Serving.start(folder, { env });
}, 180_000);
afterAll(async () => {
  await foz?.kill();
  await shop?.close();
  await support?.close();
  await closeReceivers();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

async function control<T>(query: string, variables: Json): Promise<T> {
  const { text } = await foz.post('control/graphql', { 'x-foz-admin-secret': secret }, { query, variables });
  const { data, errors } = JSON.parse(text);
  expect(errors).toBeUndefined();
  return data as T;
}

interface Run {
  readonly id: string;
  readonly state: string;
  readonly output: unknown;
  readonly error: unknown;
}

async function started(name: string, input: Json): Promise<string> {
  const { startWorkflow } = await control<{ startWorkflow: Run }>(
    'mutation ($name: String!, $input: JSON) { startWorkflow(name: $name, input: $input) { id } }',
    { name, input },
  );
  return startWorkflow.id;
}

async function ended(id: string): Promise<Run> {
  let found: Run | null = null;
  await until(async () => {
    const { run } = await control<{ run: Run }>(
      'query ($id: String!) { run(id: $id) { id state output error } }',
      { id },
    );
    found = run;
    return run.state !== 'active';
  }, patience);
  return found!;
}

const messages = () =>
  outside.requests
    .filter(({ url }) => url === '/chat')
    .map(({ body }) => String((JSON.parse(body) as { readonly text: unknown }).text));

const rowsOf = async (database: Connection, query: string) =>
  JSON.stringify(await database.query(query), (_, value) =>
    typeof value === 'bigint' ? Number(value) : value,
  );

test('a payment updates its order, once, also where the provider is down for a while', async () => {
  await shop.execute(`insert into orders values (1, null, 20, 'open', 'p1', '2026-01-31')`);
  await shop.execute(`insert into orders values (2, null, 30, 'open', 'p2', '2026-01-31')`);
  let asked = 0;
  const tokens = new Set<unknown>();
  answers.set('GET /gateway.example/payments/p1', (response) => {
    tokens.add(outside.requests.at(-1)!.headers.authorization);
    response.writeHead(++asked === 1 ? 503 : 200, { 'content-type': 'application/json' });
    response.end('{"state":"paid"}');
  });
  const call = async (body: string, signed: string) => {
    const at = Math.floor(Date.now() / 1000);
    const signature = createHmac('sha256', signingKey).update(`m1.${at}.${signed}`).digest('base64');
    const headers = {
      ...{ 'content-type': 'application/json', 'webhook-id': 'm1' },
      ...{ 'webhook-timestamp': String(at), 'webhook-signature': `v1,${signature}` },
    };
    const response = await fetch(`${foz.url}hooks/payments`, { method: 'POST', headers, body });
    return { status: response.status, ...((await response.json()) as { run?: string; duplicate?: boolean }) };
  };
  const body = '{"payment":"p1"}';
  expect((await call('{"payment":"p2"}', body)).status).toBe(401);
  const first = await call(body, body);
  expect(first.status).toBe(202);
  expect(await call(body, body)).toEqual({ ...first, duplicate: true });
  expect((await ended(first.run!)).state).toBe('done');
  expect([asked, [...tokens]]).toEqual([2, ['Bearer token-of-the-gateway']]);
  expect(await rowsOf(shop, 'select id, state from orders order by id')).toBe(
    await rowsOf(shop, `select 1 id, 'paid' state union all select 2, 'open'`),
  );
}, 120_000);

test('a new row becomes one message in the chat', async () => {
  // Changes count from the moment on at which the trigger is followed.
  let number = 0;
  await until(async () => {
    number++;
    await support.execute(
      `insert into tickets values (${10_000 + number}, null, 'It is broken ${number}', '2026-02-01')`,
    );
    await pause(200);
    return messages().length > 0;
  }, patience).catch(async (error: Error) => {
    // The state of the trigger says why, for example that its source is not followed yet.
    const state = await control(
      `{ eventTriggers { name problem following pending dead gapReason } deliveries(limit: 1) { entries { state attemptLog { fault } } }
         runs(filter: { workflow: "announce_ticket" }, limit: 2) { entries { state error } } }`,
      {},
    );
    throw new Error(`${error.message}\n${JSON.stringify(state)}\n${foz.log.slice(-3_000)}`);
  });
  const last = `New ticket: It is broken ${number}`;
  await until(() => messages().includes(last), patience);
  expect(messages().filter((one) => one === last)).toEqual([last]);
}, 120_000);

test('figures of two databases go to a service', async () => {
  await shop.execute(`insert into orders values (11, null, 7.5, 'paid', 'n1', '2026-03-01')`);
  await shop.execute(`insert into orders values (12, null, 2.25, 'paid', 'n2', '2026-03-01')`);
  await shop.execute(`insert into orders values (13, null, 99, 'open', 'n3', '2026-03-01')`);
  await support.execute(`insert into tickets values (2001, null, 'Late', '2026-03-01')`);
  const run = await ended(await started('nightly_figures', { day: '2026-03-01' }));
  expect([run.state, run.error]).toEqual(['done', null]);
  const sent = outside.requests.filter(({ method }) => method === 'PUT');
  expect(sent.map(({ url, body }) => [url, JSON.parse(body)])).toEqual([
    ['/figures.example/days/2026-03-01', { paid_orders: 2, revenue: '9.75', tickets: 1 }],
  ]);
}, 120_000);

test('the later change of a customer wins in both databases', async () => {
  await shop.execute(`insert into customers values (1, 'Ann', 'ann@shop.example', '2026-01-01T00:00:00Z')`);
  const both = async () => [
    await rowsOf(shop, 'select name, mail from customers where id = 1'),
    await rowsOf(support, 'select name, mail from contacts where customer_id = 1'),
  ];
  const inStep = async (mail: string) => {
    const wanted = await rowsOf(shop, `select 'Ann' name, '${mail}' mail`);
    await until(async () => (await both()).every((one) => one === wanted), patience);
  };
  await inStep('ann@shop.example');
  await support.execute(
    `update contacts set mail = 'ann@home.example', changed_at = '2026-01-02T00:00:00Z' where customer_id = 1`,
  );
  await inStep('ann@home.example');
}, 180_000);

test('a refund waits for the link that the chat gets', async () => {
  const refund = async (order: number, answer: 'yes' | 'no') => {
    const id = await started('refund', { order, amount: 12.5 });
    const message = () => messages().find((one) => one.includes(id));
    await until(() => message() !== undefined, patience);
    const { pathname, search } = new URL(message()!.split(' ').at(-1)!);
    const link = `${pathname.replace('/foz.example/', '')}${search}`.replace(
      'answer=yes',
      `answer=${answer}`,
    );
    expect(await rowsOf(shop, `select id from refunds where order_id = ${order}`)).toBe('[]');
    // A preview of the chat follows the link, and decides nothing.
    const page = await fetch(`${foz.url}${link}`);
    expect([page.status, await page.text()]).toEqual([
      200,
      expect.stringContaining('this refund?</h1><form'),
    ]);
    const { status } = await fetch(`${foz.url}${link}`, { method: 'POST' });
    expect(status).toBe(202);
    return ended(id);
  };
  await shop.execute(`insert into orders values (21, null, 50, 'paid', 'r1', '2026-01-31')`);
  await shop.execute(`insert into orders values (22, null, 60, 'paid', 'r2', '2026-01-31')`);
  expect((await refund(21, 'yes')).state).toBe('done');
  expect(await refund(22, 'no')).toMatchObject({ state: 'done', output: { state: 'refused' } });
  expect(await rowsOf(shop, 'select order_id, amount, state from refunds')).toBe(
    await rowsOf(shop, `select 21 order_id, 12.5 amount, 'approved' state`),
  );
}, 120_000);

test('an incident becomes one ticket, however often it is reported', async () => {
  answers.set('GET /status.example/incidents.json', (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const incident = (id: string, state: string) => ({ id, state, title: `Outage ${id}` });
    response.end(JSON.stringify({ incidents: [incident('i1', 'open'), incident('i2', 'resolved')] }));
  });
  for (const day of ['2026-04-01', '2026-04-02']) {
    const { state, error } = await ended(await started('watch_provider', { day }));
    expect([state, error]).toEqual(['done', null]);
  }
  expect(
    await rowsOf(support, 'select incident, title, opened_on from tickets where incident is not null'),
  ).toBe(await rowsOf(support, `select 'i1' incident, 'Outage i1' title, '2026-04-01' opened_on`));
}, 120_000);
