import { randomUUID } from 'node:crypto';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { FozError } from '../../../src/core/index.ts';
import { defaultWebsocket, type FozServer, type WebsocketLimits } from '../../../src/serve/index.ts';
import { until } from '../../support/wait.ts';
import { MemoryEngine, post, serve } from '../engine.ts';
import { open, type RefusedUpgrade } from './client.ts';

const engine = new MemoryEngine();
let server: FozServer;
const limited = (limits: Partial<WebsocketLimits>) => ({ websocket: { ...defaultWebsocket, ...limits } });

beforeAll(async () => {
  server = await serve(engine, { nodes: 50, tokens: 500 });
});
afterAll(() => server.close(0));

const refusal = (opened: Promise<unknown>): Promise<RefusedUpgrade> =>
  opened.then(
    () => {
      throw new Error('was opened');
    },
    (error: RefusedUpgrade) => error,
  );

test.each([
  ['a query', '{ hello }', {}],
  ['variables', 'query Q($n: String) { hello(name: $n) }', { variables: { n: 'ü\u2028"' } }],
  ['one of several operations', 'query A { hello } query B { b: hello }', { operationName: 'B' }],
  ['a mutation', 'mutation { add(n: 0) }', {}],
  ['a field that fails', '{ fail }', {}],
  ['introspection', '{ __schema { types { name fields { name } } } }', {}],
])(
  '%s: data and errors are the bytes of HTTP, the first time and when it is planned',
  async (_, query, more) => {
    const client = await (await open(server.url)).init();
    const http = (await post(server.url, { query, ...more })).text;
    for (const id of ['first', 'second']) {
      const received = await client.ask(id, query, more);
      expect(received).toEqual([
        `{"id":"${id}","type":"next","payload":${http}}`,
        `{"id":"${id}","type":"complete"}`,
      ]);
    }
    client.socket.close();
  },
);

test.each([
  ['a document that is none', '{ hello', {}],
  ['a field that is not there', '{ nothing }', {}],
  ['too many fields', `{ ${Array.from({ length: 60 }, (_, n) => `a${n}: hello`).join(' ')} }`, {}],
  ['too long', `{ ${'hello '.repeat(600)} }`, {}],
  ['no such operation', 'query A { hello }', { operationName: 'B' }],
  ['an empty document', ' ', {}],
  ['a variable of the wrong type', 'query ($n: Int!) { slow(ms: $n) }', { variables: { n: 'x' } }],
])('%s: the errors of HTTP, as an error message', async (_, query, more) => {
  const client = await (await open(server.url)).init();
  const http = JSON.parse((await post(server.url, { query, ...more })).text) as { errors?: unknown };
  const received = (await client.ask('1', query, more)).map((text) => JSON.parse(text) as unknown);
  expect(http.errors).toBeDefined();
  expect(received).toEqual([{ id: '1', type: 'error', payload: http.errors }]);
  client.socket.close();
});

test('a subscription where none are served is an error message; over HTTP the transports that carry one are named', async () => {
  const query = 'subscription { sum }';
  const client = await (await open(server.url)).init();
  const [error] = (await client.ask('1', query)).map((text) => JSON.parse(text) as { payload: unknown });
  expect(error).toMatchObject({
    id: '1',
    type: 'error',
    payload: [{ extensions: { code: 'not-supported' } }],
  });
  const http = JSON.parse((await post(server.url, { query })).text) as { errors: unknown };
  expect(http.errors).toEqual([
    {
      message: expect.stringMatching(/over a WebSocket.*text\/event-stream.*multipart/),
      extensions: { path: '$', code: 'not-supported' },
    },
  ]);
  client.socket.close();
});

test('the client of graphql-ws asks and is answered', async () => {
  const client = createClient({
    url: `${server.url.replace('http', 'ws')}graphql`,
    webSocketImpl: WebSocket,
  });
  const results: unknown[] = [];
  for await (const result of client.iterate({ query: '{ hello(name: "you") }' })) results.push(result);
  expect(results).toEqual([{ data: { hello: 'hello you' } }]);
  await client.dispose();
});

test('operations run side by side; a complete ends the one that it names, and its id may come again', async () => {
  const client = await (await open(server.url)).init();
  const { aborted } = engine;
  client.begin('slow', '{ slow(ms: 60000) }');
  await until(() => engine.running === 1);
  expect(await client.ask('quick', '{ hello }')).toHaveLength(2);
  client.send({ type: 'complete', id: 'slow' });
  client.begin('slow', '{ hello }');
  await until(() => engine.aborted === aborted + 1);
  await until(() => client.messages.some(({ id, type }) => id === 'slow' && type === 'complete'));
  expect(client.texts.filter((text) => text.includes('"id":"slow"'))).toEqual([
    '{"id":"slow","type":"next","payload":{"data":{"hello":"hello world"}}}',
    '{"id":"slow","type":"complete"}',
  ]);
  client.socket.close();
});

test.each([
  ['closes', (socket: WebSocket) => socket.close()],
  ['is gone', (socket: WebSocket) => socket.terminate()],
])('a client that %s takes its operations with it', async (_, leave) => {
  const client = await (await open(server.url)).init();
  const { aborted } = engine;
  for (const id of ['a', 'b', 'c']) client.begin(id, '{ slow(ms: 60000) }');
  await until(() => engine.running === 3);
  leave(client.socket);
  await until(() => engine.running === 0);
  expect(engine.aborted).toBe(aborted + 3);
});

test('ping is answered by pong, of the protocol and of WebSockets', async () => {
  const client = await open(server.url);
  client.send({ type: 'ping', payload: { a: 1 } });
  await until(() => client.texts.length > 0);
  expect(client.messages).toEqual([{ type: 'pong', payload: { a: 1 } }]);
  const pong = new Promise<string>((resolve) => client.socket.on('pong', (data) => resolve(String(data))));
  client.socket.ping('still there');
  expect(await pong).toBe('still there');
  client.socket.close();
});

test.each<readonly [name: string, protocols: readonly string[], status: number]>([
  ['the older protocol', ['graphql-ws'], 400],
  ['some protocol', ['mqtt', 'wamp.2.json'], 400],
])('%s is refused with %s', async (_, protocols, status) => {
  const { status: answer, text } = await refusal(open(server.url, { protocols }));
  expect(answer).toBe(status);
  expect(JSON.parse(text)).toEqual({
    errors: [
      {
        message: expect.stringContaining('graphql-transport-ws'),
        extensions: { path: '$', code: 'not-supported' },
      },
    ],
  });
});

test('one of several protocols is enough; none at all closes with 4406', async () => {
  const client = await (await open(server.url, { protocols: ['mqtt', 'graphql-transport-ws'] })).init();
  expect(client.socket.protocol).toBe('graphql-transport-ws');
  client.socket.close();
  expect((await (await open(server.url, { protocols: [] })).end()).code).toBe(4406);
});

test('another path is 404, the path of Hasura is served', async () => {
  expect((await refusal(open(server.url, { path: 'elsewhere' }))).status).toBe(404);
  const client = await (await open(server.url, { path: 'v1/graphql' })).init();
  expect(await client.ask('1', '{ hello }')).toHaveLength(2);
  client.socket.close();
});

test.each<readonly [name: string, say: readonly (string | Buffer)[], code: number]>([
  ['no JSON', ['{"type"'], 4400],
  ['no message', ['42'], 4400],
  ['an unknown type', ['{"type":"start"}'], 4400],
  ['a payload that is no object', ['{"type":"connection_init","payload":"token"}'], 4400],
  [
    'an operation before who is asking',
    ['{"id":"1","type":"subscribe","payload":{"query":"{ hello }"}}'],
    4401,
  ],
  ['two times who is asking', ['{"type":"connection_init"}', '{"type":"connection_init"}'], 4429],
  ['bytes', [Buffer.from('{"type":"connection_init"}')], 1003],
  ['10,000 levels', [`{"type":"ping","payload":{"a":${'['.repeat(10_000)}${']'.repeat(9_999)}}}`], 4400],
  ['more than a message may hold', [`{"type":"ping","payload":{"a":"${'x'.repeat(1_100_000)}"}}`], 1009],
])('%s closes with its code, and the next connection works', async (_, say, code) => {
  const client = await open(server.url);
  for (const message of say) client.socket.send(message);
  expect((await client.end()).code).toBe(code);
  const next = await (await open(server.url)).init();
  expect(await next.ask('1', '{ hello }')).toHaveLength(2);
  next.socket.close();
});

test('10,000 operations of one id: the second closes with 4409, and nothing is left running', async () => {
  const client = await (await open(server.url)).init();
  for (let n = 0; n < 10_000; n++) client.begin('same', '{ slow(ms: 60000) }');
  expect(await client.end()).toEqual({ code: 4409, reason: 'Subscriber for same already exists' });
  await until(() => engine.running === 0);
});

test('who says nothing is closed with 4408', async () => {
  const own = await serve(new MemoryEngine(), {}, limited({ initMs: 100 }));
  expect((await (await open(own.url)).end()).code).toBe(4408);
  await own.close(0);
});

test('no more operations run on a connection than may', async () => {
  const own = await serve(engine, {}, limited({ operations: 2 }));
  const client = await (await open(own.url)).init();
  client.begin('a', '{ slow(ms: 60000) }');
  client.begin('b', '{ slow(ms: 60000) }');
  const [third] = await client.ask('c', '{ hello }');
  expect(JSON.parse(third!)).toMatchObject({
    type: 'error',
    payload: [
      { message: expect.stringMatching(/^2 operations run/), extensions: { code: 'limit-exceeded' } },
    ],
  });
  client.send({ type: 'complete', id: 'a' });
  await until(() => engine.running === 1);
  expect(await client.ask('d', '{ hello }')).toHaveLength(2);
  client.socket.close();
  await own.close(0);
});

test('no more connections are open than may, of everybody and of one caller', async () => {
  const few = await serve(new MemoryEngine(), {}, limited({ connections: 3, connectionsPerCaller: 2 }));
  const one = await (await open(few.url)).init();
  const two = await (await open(few.url)).init();
  const three = await (await open(few.url)).init();
  expect(await three.end()).toEqual({ code: 1013, reason: expect.stringMatching(/^2 WebSockets are open/) });
  const waiting = await open(few.url);
  const { status, text } = await refusal(open(few.url));
  expect([status, text]).toEqual([429, expect.stringContaining('limit-exceeded')]);
  for (const client of [one, two, waiting]) client.socket.close();
  await until(async () => {
    const next = await open(few.url).catch(() => null);
    await next?.init();
    return next?.closed === null;
  });
  await few.close(0);
});

test('who does not answer pings is cut off', async () => {
  const own = await serve(engine, {}, limited({ keepaliveMs: 1000 }));
  const client = await (await open(own.url)).init();
  client.begin('a', '{ slow(ms: 60000) }');
  await until(() => engine.running === 1);
  let pings = 0;
  client.socket.on('ping', () => pings++);
  await until(() => pings === 3);
  expect(client.closed).toBeNull();
  client.socket.pause();
  await until(() => engine.running === 0);
  client.socket.resume();
  await client.end();
  await own.close(0);
});

test('who does not read is cut off when too much waits for it', async () => {
  const own = await serve(engine, { body_bytes: 100_000 }, limited({ bufferBytes: 1024 * 1024 }));
  const client = await (await open(own.url)).init();
  client.socket.pause();
  for (let n = 0; n < 100; n++) client.begin(`n${n}`, '{ big(kb: 512) }');
  await until(async () =>
    (await (await fetch(`${own.url}metrics`)).text()).includes('foz_websockets_open 0'),
  );
  client.socket.terminate();
  await own.close(0);
});

test('rates and what runs at once count over both transports together', async () => {
  const own = await serve(engine, { rate: { requests: 3, seconds: 60 }, concurrency: 1 });
  const client = await (await open(own.url)).init();
  client.begin('slow', '{ slow(ms: 60000) }');
  await until(() => engine.running === 1);
  expect((await post(own.url, { query: '{ hello }' })).text).toMatch(/requests run already/);
  client.send({ type: 'complete', id: 'slow' });
  await until(async () => (await post(own.url, { query: '{ hello }' })).status === 200);
  const logged: string[] = [];
  await until(async () => {
    logged.push((await client.ask(randomUUID(), '{ hello }'))[0]!);
    return logged.at(-1)!.includes('Too many requests');
  });
  expect(JSON.parse(logged.at(-1)!)).toMatchObject({
    type: 'error',
    payload: [{ extensions: { path: '$', code: 'limit-exceeded' } }],
  });
  expect((await post(own.url, { query: '{ hello }' })).status).toBe(429);
  client.socket.close();
  await own.close(0);
});

test('the time of an operation is limited as over HTTP', async () => {
  const own = await serve(engine, { time_ms: 200 });
  const client = await (await open(own.url)).init();
  const [message] = await client.ask('1', '{ slow(ms: 60000) }');
  expect(message).toContain('"code":"timeout"');
  client.socket.close();
  await own.close(0);
});

test('the next operation sees a graph that has changed', async () => {
  const changing = new MemoryEngine();
  const own = await serve(changing);
  const client = await (await open(own.url)).init();
  expect((await client.ask('1', '{ fresh }'))[0]).toContain('"type":"error"');
  changing.swap();
  expect((await client.ask('2', '{ fresh }'))[0]).toContain('{"data":{"fresh":true}}');
  expect(client.closed).toBeNull();
  client.socket.close();
  await own.close(0);
});

test('a server that stops lets operations finish, begins none, and closes with 1001', async () => {
  const slow = new MemoryEngine();
  const own = await serve(slow);
  const idle = await (await open(own.url)).init();
  const busy = await (await open(own.url)).init();
  busy.begin('a', '{ slow(ms: 5000) }');
  await until(() => slow.running === 1);
  const closed = own.close(60_000);
  expect((await idle.end()).code).toBe(1001);
  const [refused] = await busy.ask('b', '{ hello }');
  expect(refused).toContain('"code":"unavailable"');
  expect(await busy.end()).toEqual({ code: 1001, reason: 'The server stops.' });
  expect(busy.texts.filter((text) => text.includes('"id":"a"'))).toEqual([
    '{"id":"a","type":"next","payload":{"data":{"slow":"done"}}}',
    '{"id":"a","type":"complete"}',
  ]);
  await closed;
});

test('what does not finish while a server stops is cut off', async () => {
  const slow = new MemoryEngine();
  const own = await serve(slow);
  const client = await (await open(own.url)).init();
  client.begin('a', '{ slow(ms: 60000) }');
  await until(() => slow.running === 1);
  await own.close(300);
  expect((await client.end()).code).toBe(1001);
  expect(slow.running).toBe(0);
});

test('sockets and operations are counted', async () => {
  const own = await serve(new MemoryEngine());
  const client = await (await open(own.url)).init();
  await client.ask('1', '{ hello }');
  await post(own.url, { query: '{ hello }' });
  await post(own.url, { query: '{ hello }' });
  const metrics = await (await fetch(`${own.url}metrics`)).text();
  expect(metrics).toContain('foz_websockets_open 1');
  expect(metrics).toContain('foz_operations_total{transport="http"} 2');
  expect(metrics).toContain('foz_operations_total{transport="websocket"} 1');
  client.socket.close();
  await own.close(0);
});

test('who is asking cannot be told now: 1013, to come back', async () => {
  const identify = () => {
    throw new FozError('unavailable', 'The keys cannot be read now.');
  };
  const own = await serve(new MemoryEngine(), {}, { identify });
  const client = await (await open(own.url)).init();
  expect(await client.end()).toEqual({ code: 1013, reason: 'The keys cannot be read now.' });
  await own.close(0);
});

test('where WebSockets are off none is opened', async () => {
  const own = await serve(new MemoryEngine(), {}, { websocket: null });
  expect((await refusal(open(own.url))).status).toBe(400);
  await own.close(0);
});
