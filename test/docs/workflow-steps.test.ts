import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { ownOperations } from '../../src/app/work/own-operations.ts';
import { sqlStatements } from '../../src/app/work/sql-statements.ts';
import { transactions } from '../../src/app/work/transactions.ts';
import { connect } from '../../src/attach.ts';
import { onceSetup } from '../../src/execute/index.ts';
import { type Started, start } from '../../src/main.ts';
import { AuthorizedClient, HttpClient, type MailMessage } from '../../src/outbound/index.ts';
import { checkWorkflow, Scripts, type WorkflowDefinition } from '../../src/workflow/index.ts';
import { closeReceivers, receiver } from '../outbound/receivers.ts';
import { closeExpressions, type InMemoryOptions, runInMemory } from '../workflow/in-memory.ts';

const page = readFileSync(new URL('../../docs/workflows.md', import.meta.url), 'utf8');
/** The workflows of the page, by their names. */
const examples = new Map(
  [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text]) => {
    const definition = JSON.parse(text!) as WorkflowDefinition;
    return [definition.name, definition];
  }),
);
const client = new HttpClient({ author: 'anyone', config: { allow: ['127.0.0.1'] } });
afterEach(closeReceivers);
afterAll(async () => {
  await client.close();
  await closeExpressions();
});

async function outcomeOf(name: string, more: InMemoryOptions) {
  const definition = checkWorkflow(examples.get(name));
  const { outcome } = await runInMemory(definition.steps, { definition, ...more });
  if (outcome.kind === 'later') return outcome;
  return JSON.parse((outcome.kind === 'done' ? outcome.output : outcome.error)!);
}

test('each example with a name is run by a test of this file', () => {
  expect([...examples.keys()]).toEqual([
    'ship_order',
    'low_stock',
    'place_order',
    'price_orders',
    'confirm_order',
    'pages_of_orders',
    'approval',
    'order_total',
    'book_trip',
  ]);
});

test('http', async () => {
  const answer: RequestListener = (_request, response) =>
    response.writeHead(201, { 'content-type': 'application/json' }).end('{"id":9}');
  const server = await receiver(answer);
  const client9 = {
    // The example names a service that does not exist.
    send: (request: Parameters<HttpClient['send']>[0]) => {
      const { pathname, search } = new URL(request.url);
      return client.send({ ...request, url: `http://127.0.0.1:${server.port}${pathname}${search}` });
    },
  } as HttpClient;
  const http = new AuthorizedClient({ http: client9, tokens: client, credential: async () => null });
  const input = { id: 'a/b', address: 'Rome' };
  expect(await outcomeOf('ship_order', { services: { http }, input })).toBe(9);
  expect(server.requests[0]).toMatchObject({
    url: '/orders/a%2Fb/shipments?express=true',
    body: '{"address":"Rome"}',
  });
});

describe('on a source', () => {
  const folder = mkdtempSync(join(tmpdir(), 'foz-docs-source-'));
  const shop = { name: 'shop', kind: 'sqlite', path: join(folder, 'shop.db'), sql_steps: 'write' } as const;
  let server: Started;
  beforeAll(async () => {
    const connector = await connect(shop, { create: true });
    const context = { signal: new AbortController().signal, timeoutMs: null };
    for (const text of [
      'create table products (id integer primary key, title text, kind text, stock integer, last_order integer)',
      "insert into products values (1, 'Assam', 'tea', 3, null), (2, 'Java', 'coffee', 50, null), (3, 'Mint', 'herb', 1, null)",
      'create table orders (id integer primary key, customer integer not null)',
      onceSetup(connector),
    ])
      await connector.run({ text, slots: [] }, [], context);
    await connector.close();
    server = await start({ server: { port: 0 }, sources: [shop] }, { logger: pino({ level: 'silent' }) });
  }, 120_000);
  afterAll(async () => {
    await server?.close(0);
    rmSync(folder, { recursive: true });
  });
  const services = () => {
    const graphql = ownOperations(server.operate);
    const options = { registry: server.attached.registry, audit: null };
    return { graphql, sql: sqlStatements(options), transaction: transactions(options, graphql) };
  };

  test('sql', async () => {
    expect(await outcomeOf('low_stock', { services: services(), input: { least: 10 } })).toEqual([
      { id: 1, title: 'Assam', stock: 3 },
    ]);
  });

  test('transaction', async () => {
    const input = { customer: 5, product: 2, payment: 'p1' };
    // The same payment once more: it has placed the order.
    for (const run of ['one', 'two'])
      expect(await outcomeOf('place_order', { services: services(), input, run })).toBe(1);
    const { sql } = services();
    const { rows } = await sql({
      caller: { workflow: 'w', run: 'r', path: 's' },
      ...{ role: null, source: 'shop', statement: 'select stock, last_order from products where id = 2' },
      ...{
        params: {},
        mostRows: 9,
        maxBytes: 9_999,
        timeoutMs: 60_000,
        signal: new AbortController().signal,
      },
    });
    expect(rows).toEqual([{ stock: 49, last_order: 1 }]);
  });
});

test('script', async () => {
  const scripts = new Scripts();
  const orders = [
    { id: 1, currency: 'USD', total: 11 },
    { id: 2, currency: 'EUR', total: 5 },
  ];
  const output = await outcomeOf('price_orders', {
    ...{ services: { scripts }, graphql: () => ({ orders }) },
    input: { rates: { USD: 1.1, EUR: 1 } },
  });
  expect(output).toEqual([
    { id: 1, euros: 10 },
    { id: 2, euros: 5 },
  ]);
  await scripts.close();
});

test('mail', async () => {
  const mails: MailMessage[] = [];
  const mail = {
    send: async (_: string, message: MailMessage) => {
      mails.push(message);
      return { messageId: '<a@b>', accepted: message.to.map(({ address }) => address), rejected: [] };
    },
  };
  const input = { email: 'ann@a.example', id: 7, name: 'Ann', csv: 'a;b' };
  expect(await outcomeOf('confirm_order', { services: { mail }, input })).toEqual(['ann@a.example']);
  expect(mails[0]).toMatchObject({ subject: 'Your order 7', text: 'Thank you, Ann.' });
});

test('decisions and repetitions', async () => {
  const lines = [
    { price: 2, number: 3 },
    { price: 5, number: 1 },
  ];
  expect(await outcomeOf('pages_of_orders', { input: { total: 200, country: 'IT', lines } })).toEqual({
    ...{ size: 'big', country: 'abroad', lines: [6, 5] },
    both: { left: 1, right: 2 },
  });
});

/** The other runs and signals that the examples need. */
const links = {
  start: async () => {},
  result: async () => ({ state: 'done' as const, output: '6', error: null }),
  cancel: async () => {},
  take: async () => ({ payload: { by: 'ann' } }),
  forget: async () => {},
  hasCome: async () => true,
};

test('waits, other workflows and responses', async () => {
  const approval = examples.get('approval')!;
  const [, ...steps] = approval.steps;
  expect(await outcomeOf('approval', { input: { order: 7 }, links })).toMatchObject({ kind: 'later' });
  const definition = checkWorkflow({ ...approval, steps });
  const { outcome } = await runInMemory(steps, { definition, input: { order: 7 }, links });
  expect(outcome).toEqual({ kind: 'done', output: '"ann"' });
  expect(await outcomeOf('order_total', { input: { parts: [1, 2, 3] }, links })).toEqual({
    ...{ status: 201, headers: { 'x-order': '7' } },
    body: { total: 6 },
  });
});

test('compensation', async () => {
  expect(await outcomeOf('book_trip', {})).toEqual({
    ...{ code: 'full', message: 'No room.', step: 'hotel', compensated: ['flight'] },
  });
});
