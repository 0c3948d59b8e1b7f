import { connect, type Socket } from 'node:net';
import type { FozServer } from '../../src/serve/index.ts';
import { MemoryEngine, post, serve } from './engine.ts';

let server: FozServer;
const engine = new MemoryEngine();
beforeAll(async () => {
  server = await serve(engine, { tokens: 20_000 }, { receiveMs: 1000 });
});
afterAll(() => server.close(0));

const open = (): Socket =>
  connect({ host: '127.0.0.1', port: Number(new URL(server.url).port) }).on('error', () => {});

/** Everything that the server sends until it closes the connection, or for `ms`. */
function talk(parts: readonly (string | Buffer)[], ms = 3000, pauseMs = 0): Promise<string> {
  return new Promise((resolve) => {
    const socket = open();
    let received = '';
    const timer = setTimeout(() => socket.destroy(), ms);
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
    });
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(received);
    });
    void (async () => {
      for (const part of parts) {
        if (socket.destroyed) return;
        socket.write(part);
        if (pauseMs > 0) await new Promise((done) => setTimeout(done, pauseMs));
      }
    })();
  });
}
const statuses = (received: string) =>
  [...received.matchAll(/HTTP\/1\.1 (\d+)/g)].map((found) => Number(found[1]));
const request = (body: string, ...headers: readonly string[]) =>
  `POST /graphql HTTP/1.1\r\nhost: foz\r\nconnection: close\r\ncontent-type: application/json\r\n${headers.map((line) => `${line}\r\n`).join('')}content-length: ${Buffer.byteLength(body, 'latin1')}\r\n\r\n${body}`;
const isWell = async () =>
  expect((await post(server.url, { query: '{ hello }' })).text).toBe('{"data":{"hello":"hello world"}}');
afterEach(isWell);

const hello = '{"query":"{ hello }"}';

test.each<readonly [name: string, raw: string, allowed: readonly number[]]>([
  ['nothing that is HTTP', 'hello\r\n\r\n', [400]],
  ['another version', 'POST /graphql HTTP/9.9\r\n\r\n', [400, 505]],
  ['no host', 'POST /graphql HTTP/1.1\r\n\r\n', [400]],
  ['a method nobody knows', 'BREW /graphql HTTP/1.1\r\nhost: foz\r\n\r\n', [400, 405]],
  ['a header line without a name', 'GET / HTTP/1.1\r\nhost: foz\r\n: x\r\n\r\n', [400]],
  ['a control character in a header', 'GET / HTTP/1.1\r\nhost: foz\r\nx: \x01\r\n\r\n', [400]],
  ['20 kB of headers', `GET / HTTP/1.1\r\nhost: foz\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, [431]],
  [
    'two lengths',
    `POST /graphql HTTP/1.1\r\nhost: foz\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd`,
    [400],
  ],
  [
    'a length and chunks',
    `POST /graphql HTTP/1.1\r\nhost: foz\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    [400],
  ],
  ['a length below nothing', 'POST /graphql HTTP/1.1\r\nhost: foz\r\ncontent-length: -1\r\n\r\n', [400]],
  ['a length that is no number', 'POST /graphql HTTP/1.1\r\nhost: foz\r\ncontent-length: x\r\n\r\n', [400]],
  [
    'a chunk of no size',
    'POST /graphql HTTP/1.1\r\nhost: foz\r\ntransfer-encoding: chunked\r\ncontent-type: application/json\r\n\r\nzz\r\n',
    [400],
  ],
  [
    'an absolute path into the file system',
    'GET /../../../etc/passwd HTTP/1.1\r\nhost: foz\r\nconnection: close\r\n\r\n',
    [400, 404],
  ],
  [
    'an encoded path out of the folder',
    'GET /%2e%2e%2f%2e%2e%2fetc%2fpasswd HTTP/1.1\r\nhost: foz\r\nconnection: close\r\n\r\n',
    [400, 404],
  ],
  ['a path with NUL', 'GET /a%00b HTTP/1.1\r\nhost: foz\r\nconnection: close\r\n\r\n', [400, 404]],
  [
    'a broken escape in the query',
    'GET /graphql?query=%zz HTTP/1.1\r\nhost: foz\r\nconnection: close\r\n\r\n',
    [400],
  ],
  ['an empty body', request(''), [400]],
  ['null', request('null'), [400]],
  ['a number', request('42'), [400]],
  ['a text', request('"query"'), [400]],
  ['a query that is no text', request('{"query":{}}'), [400]],
  ['half a JSON', request('{"query":"{ hel'), [400]],
  ['bytes that are not UTF-8', request('{"query":"\xff\xfe"}'), [400]],
  [
    '10,000 levels of JSON',
    request(`{"query":"{ hello }","variables":${'['.repeat(10_000)}${']'.repeat(10_000)}}`),
    [400],
  ],
  [
    '10,000 levels of a selection',
    request(`{"query":"${'{ a '.repeat(10_000)}${'}'.repeat(10_000)}"}`),
    [400, 200],
  ],
  [
    'NUL and half a surrogate pair',
    request('{"query":"{ hello(name: \\"a\\\\u0000\\\\ud800\\") }"}'),
    [200, 400],
  ],
  ['NUL in the document', request('{"query":"{ hello\\u0000 }"}'), [200, 400]],
  [
    'a fragment that contains itself',
    request('{"query":"{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }"}'),
    [200, 400],
  ],
  [
    '10,000 aliases',
    request(`{"query":"{ ${Array.from({ length: 10_000 }, (_, n) => `a${n}: hello`).join(' ')} }"}`),
    [200, 400],
  ],
  [
    'prototypes',
    request(
      '{"query":"query ($__proto__: String, $constructor: String) { hello(name: $__proto__) a: hello(name: $constructor) }","variables":{"__proto__":{"a":1},"constructor":"c"}}',
    ),
    [200, 400],
  ],
])('%s: an answer of its own, and the next request works', async (_, raw, allowed) => {
  const received = await talk([Buffer.from(raw, 'latin1')]);
  expect(allowed).toContain(statuses(received)[0]);
  expect(received).not.toMatch(/node_modules|at .*\.[jt]s:\d+|root:/);
});

test('aliases beyond the limit, and a document of 10 MB, are told as limits', async () => {
  const many = Array.from({ length: 10_000 }, (_, n) => `a${n}: hello`).join(' ');
  expect((await post(server.url, { query: `{ ${many} }` })).text).toContain('"code":"limit-exceeded"');
  const large = await post(server.url, { query: `{ hello(name: "${'x'.repeat(10_000_000)}") }` });
  expect([large.status, large.text.includes('"code":"limit-exceeded"')]).toEqual([413, true]);
  const chunked = await talk([
    'POST /graphql HTTP/1.1\r\nhost: foz\r\nconnection: close\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
    ...Array.from({ length: 40 }, () => `10000\r\n${'x'.repeat(0x10000)}\r\n`),
    '0\r\n\r\n',
  ]);
  expect(statuses(chunked)).toEqual([413]);
});

test('requests that come before the answer to the first are answered in order', async () => {
  const one = (name: string, last = false) => {
    const body = `{"query":"{ hello(name: \\"${name}\\") }"}`;
    return `POST /graphql HTTP/1.1\r\nhost: foz\r\n${last ? 'connection: close\r\n' : ''}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  };
  const received = await talk([one('a') + one('b') + one('c', true)]);
  expect([...received.matchAll(/hello (\w)"/g)].map((found) => found[1])).toEqual(['a', 'b', 'c']);
});

test('a body in any pieces is one body', async () => {
  const received = await talk([...request(hello)], 3000, 1);
  expect(received).toContain('{"data":{"hello":"hello world"}}');
});

test.each([
  [
    'headers',
    [
      'POST /graphql HTTP/1.1\r\n',
      'host: foz\r\n',
      'x: y\r\n',
      'x: y\r\n',
      'x: y\r\n',
      'x: y\r\n',
      'x: y\r\n',
    ],
  ],
  ['a body', [...request(hello)]],
])(
  'a client that sends %s too slowly is cut off with 408, while others are served',
  async (_, parts) => {
    const slow = talk(parts, 8000, 400);
    await isWell();
    expect(statuses(await slow)).toEqual([408]);
  },
  15_000,
);

test('a connection that says nothing does not keep the server from closing', async () => {
  const own = await serve(new MemoryEngine());
  const silent = connect({ host: '127.0.0.1', port: Number(new URL(own.url).port) });
  await new Promise((resolve) => silent.once('connect', resolve));
  const started = performance.now();
  await own.close(500);
  expect(performance.now() - started).toBeLessThan(3000);
  silent.destroy();
});

test('many running requests finish while the server closes; new connections are refused', async () => {
  const engine = new MemoryEngine();
  const own = await serve(engine);
  const running = Array.from({ length: 50 }, () => post(own.url, { query: '{ slow(ms: 4000) }' }));
  while (engine.running < 50) await new Promise((resolve) => setTimeout(resolve, 10));
  const closed = own.close(30_000);
  await new Promise((resolve) => setTimeout(resolve, 20));
  await expect(post(own.url, { query: '{ hello }' })).rejects.toThrow();
  const answers = await Promise.all(running);
  expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(['{"data":{"slow":"done"}}']));
  await closed;
}, 60_000);

test('what does not finish in time is cut off', async () => {
  const slow = new MemoryEngine();
  const own = await serve(slow);
  const running = post(own.url, { query: '{ slow(ms: 20000) }' });
  running.catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 100));
  const started = performance.now();
  await own.close(300);
  expect(performance.now() - started).toBeLessThan(3000);
  await expect(running).rejects.toThrow();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(slow.aborted).toBe(1);
});
