import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'graphql-ws';
import { pino } from 'pino';
import { WebSocket } from 'ws';
import { deltaReader, withDeltas } from '../../client/index.ts';
import { type Started, start } from '../../src/main.ts';
import { type Connection, connect } from '../support/connect.ts';
import { until } from '../support/wait.ts';

let folder: string;
let foz: Started;
let shop: Connection;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'foz-deltas-'));
  const path = join(folder, 'shop.db');
  shop = await connect('sqlite', path);
  await shop.execute('create table customers (id integer primary key, name text not null)');
  await shop.execute(
    'create table orders (id integer primary key, customer_id integer not null references customers (id), note text, total text)',
  );
  await shop.execute(
    'create table items (order_id integer not null references orders (id), line integer not null, product text, primary key (order_id, line))',
  );
  foz = await start(
    {
      state: join(folder, 'state'),
      server: { port: 0, graphiql: false },
      sources: [{ name: 'shop', kind: 'sqlite', path }],
      metadata: { tables: [] },
    } as unknown as Parameters<typeof start>[0],
    { logger: pino({ level: 'silent' }) },
  );
}, 60_000);
afterAll(async () => {
  await foz?.close(0);
  await shop?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Long values, so that no answer is shorter than a patch. */
const long = 'long '.repeat(30);
const noteOf = (id: number) => `note ${id} ${long}`;

/** The rows that each test starts with. */
beforeEach(async () => {
  for (const table of ['items', 'orders', 'customers']) await shop.execute(`delete from ${table}`);
  await shop.execute("insert into customers values (1, 'Ann'), (2, 'Bob')");
  await shop.execute(
    `insert into orders values ${[10, 20, 30, 40].map((id) => `(${id}, ${2 - ((id / 10) % 2)}, '${noteOf(id)}', 'a${long}')`)}`,
  );
  await shop.execute("insert into items values (10, 1, 'pen'), (10, 2, 'ink'), (20, 1, 'paper')");
});

const extensions = { delta: 'json-patch' };
const multipart = 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0,application/json';

/** A running subscription, and the payloads that it got, as texts. */
interface Following {
  readonly texts: string[];
  stop(): void;
}

/** Subscribes over HTTP. `split`: the payloads in the text so far. */
async function overHttp(
  url: URL,
  options: RequestInit,
  split: (text: string) => readonly string[],
): Promise<Following> {
  const end = new AbortController();
  const response = await fetch(url, { ...options, signal: end.signal });
  const following = { texts: [] as string[], stop: () => end.abort() };
  void (async () => {
    let text = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      following.texts.splice(0, Number.POSITIVE_INFINITY, ...split(text));
    }
  })().catch(() => {});
  return following;
}

const eventsOf = (text: string) =>
  [...text.matchAll(/^event: next\ndata: (.*)\n\n/gm)].map(([, json]) => json!);
const partsOf = (text: string) =>
  [...text.matchAll(/^{"payload":(?:null,)?(.*)}\r\n--graphql/gm)].map(([, json]) => json!);

const post = (body: object, accept: string): RequestInit => ({
  method: 'POST',
  headers: { accept, 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

const transports: Readonly<
  Record<string, (body: { query: string; extensions?: object }) => Promise<Following>>
> = {
  'server-sent events by POST': (body) =>
    overHttp(new URL('graphql', foz.url), post(body, 'text/event-stream'), eventsOf),
  'server-sent events by GET': ({ query, extensions: given }) => {
    const search = new URLSearchParams({ query, extensions: JSON.stringify(given) });
    const headers = { accept: 'text/event-stream', 'x-foz-role': 'admin' };
    return overHttp(new URL(`graphql?${search}`, foz.url), { headers }, eventsOf);
  },
  multipart: (body) => overHttp(new URL('graphql', foz.url), post(body, multipart), partsOf),
  async WebSocket(body) {
    const socket = new WebSocket(`${foz.url.replace('http', 'ws')}graphql`, 'graphql-transport-ws');
    const texts: string[] = [];
    socket.on('open', () => socket.send('{"type":"connection_init"}'));
    socket.on('message', (data) => {
      const text = String(data);
      if (text.includes('connection_ack'))
        socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: body }));
      const payload = /^{"id":"1","type":"(?:next|error)","payload":(.*)}$/.exec(text)?.[1];
      if (payload !== undefined) texts.push(payload);
    });
    return { texts, stop: () => socket.terminate() };
  },
};

/** Each transport has a query of its own: subscribers with the same one share its answers. */
const notesOver = (transport: string) =>
  `subscription over_${transport.replaceAll(/\W/g, '_')} { orders(order_by: {id: asc}) { id note } }`;
const note = (id: number, text: string) =>
  shop.execute(`update orders set note = '${text}' where id = ${id}`);

test.each(Object.keys(transports))(
  '%s: a whole answer, then patches; others get whole answers',
  async (name) => {
    const asked = await transports[name]!({ query: notesOver(name), extensions });
    const plain = await transports[name]!({ query: notesOver(name), extensions: {} });
    const answer = (last: string) =>
      `{"data":{"orders":[${[10, 20, 30].map((id) => `{"id":${id},"note":"${noteOf(id)}"},`).join('')}{"id":40,"note":"${last}"}]}`;
    await until(() => asked.texts.length === 1 && plain.texts.length === 1);
    await note(40, 'é "/~');
    await until(() => asked.texts.length === 2 && plain.texts.length === 2);
    expect(asked.texts).toEqual([
      `${answer(noteOf(40))},"extensions":{"delta":{"revision":1}}}`,
      '{"extensions":{"delta":{"revision":2,"patch":[{"op":"replace","path":"/orders/3/note","value":"é \\"/~"}]}}}',
    ]);
    expect(plain.texts).toEqual([`${answer(noteOf(40))}}`, `${answer('é \\"/~')}}`]);
    asked.stop();
    plain.stop();
  },
);

test.each(Object.keys(transports))('%s: an unknown format is refused', async (name) => {
  const query = 'subscription { orders { id } }';
  const refused = await transports[name]!({ query, extensions: { delta: 'merge-patch' } });
  await until(() => refused.texts.length === 1);
  expect(refused.texts[0]).toContain('"code":"validation-failed"');
  expect(refused.texts[0]).toContain('"path":"$.extensions.delta"');
  refused.stop();
});

test('a query, a stream and an answer of another format are not touched by the extension', async () => {
  const asked = await transports['server-sent events by POST']!({
    query: '{ customers { id } }',
    extensions,
  });
  await until(() => asked.texts.length === 1);
  expect(asked.texts).toEqual(['{"data":{"customers":[{"id":1},{"id":2}]}}']);
  const stream = await transports['server-sent events by POST']!({
    query: 'subscription { orders_stream(batch_size: 2, cursor: [{initial_value: {id: 20}}]) { id } }',
    extensions,
  });
  await until(() => stream.texts.length === 1);
  expect(stream.texts).toEqual(['{"data":{"orders_stream":[{"id":30},{"id":40}]}}']);
  stream.stop();
});

/** The patch after a transaction, once it was checked to lead to what a query answers then. */
async function patchAfter(selection: string, statements: string): Promise<unknown> {
  const following = await transports['server-sent events by POST']!({
    query: `subscription { ${selection} }`,
    extensions,
  });
  await until(() => following.texts.length === 1);
  await shop.execute(`begin; ${statements}; commit`);
  const response = await fetch(new URL('graphql', foz.url), post({ query: `{ ${selection} }` }, '*/*'));
  const wanted = await response.text();
  let reached = '';
  let patches: unknown[] = [];
  await until(() => {
    const again = deltaReader();
    const read = following.texts.map((text) => again(JSON.parse(text) as object));
    patches = following.texts.map((text) => JSON.parse(text).extensions.delta.patch);
    reached = JSON.stringify(read.at(-1));
    return reached === wanted;
  }).catch(() => expect(reached).toBe(wanted));
  following.stop();
  return patches.at(-1);
}

/** In each a row comes before a row that changes: only the key tells which of the two is the old one. */
describe('rows are found by their keys', () => {
  const statements =
    "insert into orders values (5, 1, 'note 5', 'new'); update orders set note = 'other' where id = 10";

  test.each([
    ['a list', 'orders(order_by: {id: asc}) { id note }', '/orders/0', '/orders/1/note'],
    ['under aliases', 'all: orders(order_by: {id: asc}) { key: id text: note }', '/all/0', '/all/1/text'],
    ['by node_id', 'orders(order_by: {id: asc}) { node_id note }', '/orders/0', '/orders/1/note'],
    [
      'a list in an object',
      'customers_by_pk(id: 1) { orders(order_by: {id: asc}) { id note } }',
      '/customers_by_pk/orders/0',
      '/customers_by_pk/orders/1/note',
    ],
    [
      'a list in a list',
      'customers(order_by: {id: asc}) { id orders(order_by: {id: asc}) { id note } }',
      '/customers/0/orders/0',
      '/customers/0/orders/1/note',
    ],
    [
      'nodes of an aggregate',
      'orders_aggregate(order_by: {id: asc}) { nodes { id note } }',
      '/orders_aggregate/nodes/0',
      '/orders_aggregate/nodes/1/note',
    ],
    [
      'nodes of a connection',
      'orders_connection(order_by: {id: asc}) { nodes { id note } }',
      '/orders_connection/nodes/0',
      '/orders_connection/nodes/1/note',
    ],
    [
      'edges of a connection, by their node',
      'orders_connection(order_by: {id: asc}) { edges { node { id note } } }',
      '/orders_connection/edges/0',
      '/orders_connection/edges/1/node/note',
    ],
    [
      'edges of a connection, by their cursor',
      'orders_connection(order_by: {id: asc}) { edges { cursor node { note } } }',
      '/orders_connection/edges/0',
      '/orders_connection/edges/1/node/note',
    ],
  ])('%s', async (_, selection, added, changed) => {
    const patch = (await patchAfter(selection, statements)) as {
      readonly op: string;
      readonly path: string;
    }[];
    expect(patch.map(({ op, path }) => [op, path])).toEqual([
      ['add', added],
      ['replace', changed],
    ]);
  });

  test('a key of several columns', async () => {
    const patch = await patchAfter(
      'items(order_by: [{order_id: asc}, {line: asc}]) { order_id line product }',
      "insert into items values (10, 0, 'cap'); update items set product = 'pencil' where line = 1 and order_id = 10",
    );
    expect(patch).toEqual([
      { op: 'add', path: '/items/0', value: { order_id: 10, line: 0, product: 'cap' } },
      { op: 'replace', path: '/items/1/product', value: 'pencil' },
    ]);
  });

  test('groups, by their key', async () => {
    const patch = await patchAfter(
      'orders_aggregate { group_by(keys: [{column: total}], order_by: [{group_key: {total: asc}}]) { group_key { total } aggregate { count max { id } } } }',
      `insert into orders values (1, 1, '', 'A${long}'), (50, 1, '', 'a${long}')`,
    );
    expect((patch as { op: string; path: string }[]).map(({ op, path }) => [op, path])).toEqual([
      ['add', '/orders_aggregate/group_by/0'],
      ['replace', '/orders_aggregate/group_by/1/aggregate'],
    ]);
  });

  test('a row that moves is moved', async () => {
    const patch = await patchAfter(
      'orders(order_by: {note: asc}) { id note total }',
      `update orders set note = 'z' where id = 10`,
    );
    expect(patch).toEqual([
      { op: 'move', from: '/orders/0', path: '/orders/3' },
      { op: 'replace', path: '/orders/3/note', value: 'z' },
    ]);
  });
});

test('a client that reconnects gets a whole answer first, and goes on from there', async () => {
  let connections = 0;
  let cut = () => {};
  const client = withDeltas(
    createClient({
      url: `${foz.url.replace('http', 'ws')}graphql`,
      webSocketImpl: WebSocket,
      retryWait: async () => {},
      shouldRetry: () => true,
      on: {
        connected(socket) {
          connections++;
          cut = () => (socket as WebSocket).terminate();
        },
      },
    }),
  );
  const seen: unknown[] = [];
  const stop = client.subscribe(
    { query: 'subscription { orders_by_pk(id: 10) { note total } }' },
    { next: ({ data }) => void seen.push(data), error: (error) => void seen.push(error), complete() {} },
  );
  const shows = (text: string) =>
    until(() => JSON.stringify(seen.at(-1)) === `{"orders_by_pk":{"note":"${text}","total":"a${long}"}}`);
  await shows(noteOf(10));
  await note(10, 'second');
  await shows('second');
  cut();
  await until(() => connections === 2);
  await note(10, 'third');
  await shows('third');
  await note(10, 'fourth');
  await shows('fourth');
  stop();
  await client.dispose();
});
