import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { FozServer } from '../../src/serve/index.ts';
import { until } from '../support/wait.ts';
import { MemoryEngine, post, serve } from './engine.ts';
import { open } from './socket/client.ts';

/** More than the buffers of the operating system on both ends of a connection hold. */
const kb = 24 * 1024;
const large = { query: `{ big(kb: ${kb}) }` };
const mb = 1024 * 1024;
/** Long enough for a busy machine. */
const patience = 60_000;

let server: FozServer;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.close(0);
});

/** Requests long answers over one connection without reading them. `times`: the number of pipelined requests. */
async function ask(times = 1): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(server.url).port) }).on('error', () => {});
  sockets.push(socket);
  await once(socket, 'connect');
  socket.pause();
  const body = JSON.stringify(large);
  const head = 'POST /graphql HTTP/1.1\r\nhost: foz\r\ncontent-type: application/json\r\ncontent-length: ';
  socket.write(`${head}${body.length}\r\n\r\n${body}`.repeat(times));
  return socket;
}

const metric = async (name: string) => {
  const text = await (await fetch(`${server.url}metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1]);
};
const held = () => metric('foz_answer_bytes_held');
const isUnread = () => until(async () => (await held()) > 8 * mb, patience);
const hello = async () => (await post(server.url, { query: '{ hello }' })).status;

test('a client that reads nothing is cut off, and what was held for it is let go', async () => {
  server = await serve(new MemoryEngine(), {}, { answers: { writeMs: 300 } });
  const socket = await ask();
  await isUnread();
  await until(async () => (await metric('foz_slow_readers_total')) === 1 && (await held()) === 0, patience);
  socket.resume();
  await until(() => socket.destroyed, patience);
  expect(await hello()).toBe(200);
}, 90_000);

test('a client that reads slowly gets all of it', async () => {
  server = await serve(new MemoryEngine(), {}, { answers: { writeMs: 1_500 } });
  const socket = await ask();
  let read = 0;
  socket.on('data', (chunk: Buffer) => {
    read += chunk.length;
    socket.pause();
    setTimeout(() => socket.resume(), 2);
  });
  socket.resume();
  await until(() => read >= kb * 1024 || socket.destroyed, patience);
  expect(read).toBeGreaterThan(kb * 1024);
  expect(await metric('foz_slow_readers_total')).toBe(0);
}, 90_000);

test('an answer that is not read yet holds its place', async () => {
  server = await serve(new MemoryEngine(), { concurrency: 1 }, { answers: { writeMs: 60_000 } });
  const socket = await ask();
  await isUnread();
  expect(await hello()).toBe(429);
  socket.resume();
  await until(async () => (await hello()) === 200, patience);
  expect(await held()).toBe(0);
}, 90_000);

test('a client that leaves in the middle of its answer gives back its place', async () => {
  server = await serve(new MemoryEngine(), { concurrency: 2 }, { answers: { writeMs: 60_000 } });
  const socket = await ask(2);
  await isUnread();
  await until(async () => (await hello()) === 429, patience);
  socket.destroy();
  await until(async () => (await hello()) === 200, patience);
  expect(await held()).toBe(0);
}, 90_000);

test('answers to one caller that wait behind each other are counted, and the caller is refused beyond its bound', async () => {
  const answers = { writeMs: 60_000, heldBytes: 400 * mb, heldBytesPerCaller: 30 * mb };
  server = await serve(new MemoryEngine(), {}, { answers });
  await ask(2);
  await until(async () => (await held()) > 30 * mb, patience);
  const refused = await post(server.url, { query: '{ hello }' });
  expect([refused.status, JSON.parse(refused.text).errors[0].extensions.code]).toEqual([
    429,
    'limit-exceeded',
  ]);
  for (const socket of sockets) socket.destroy();
  await until(async () => (await hello()) === 200, patience);
}, 90_000);

describe('a long answer', () => {
  const query = { query: `query ($n: String) { hello(name: $n) }` };
  // Characters of one, two, three and four bytes, so that chunks end within characters of each length.
  const name = Array.from({ length: 40_000 }, (_, at) => `a${at % 7 === 0 ? '"' : ''}ä€😀`).join('');
  const whole = JSON.stringify({ data: { hello: `hello ${name}` } });
  const body = JSON.stringify({ ...query, variables: { n: name } });

  test.each([
    ['plain', 'identity', (bytes: Buffer) => bytes],
    ['gzip', 'gzip', gunzipSync],
    ['brotli', 'br', brotliDecompressSync],
  ] as const)(
    'arrives whole: %s',
    async (_, coding, decode) => {
      server = await serve(new MemoryEngine(), { body_bytes: 4 * mb });
      const socket = connect({ host: '127.0.0.1', port: Number(new URL(server.url).port) });
      sockets.push(socket);
      const parts: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => parts.push(chunk));
      socket.write(
        `POST /graphql HTTP/1.1\r\nhost: foz\r\nconnection: close\r\naccept-encoding: ${coding}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
      await once(socket, 'close');
      const answer = Buffer.concat(parts);
      const end = answer.indexOf('\r\n\r\n') + 4;
      const head = answer.toString('latin1', 0, end);
      const sent = answer.subarray(end);
      expect(decode(/transfer-encoding: chunked/i.test(head) ? unchunked(sent) : sent).toString('utf8')).toBe(
        whole,
      );
    },
    90_000,
  );

  test('arrives whole over a WebSocket, and others behind it in their order', async () => {
    server = await serve(new MemoryEngine(), { body_bytes: 4 * mb });
    const client = await (await open(server.url)).init();
    client.begin('1', query.query, { variables: { n: name } });
    client.begin('2', '{ hello }');
    await until(() => client.messages.filter(({ type }) => type === 'complete').length === 2, patience);
    const answers = client.messages.filter(({ type }) => type === 'next');
    expect(answers.find(({ id }) => id === '1')!.payload).toEqual(JSON.parse(whole));
    expect(answers.find(({ id }) => id === '2')!.payload).toEqual({ data: { hello: 'hello world' } });
    client.socket.terminate();
  }, 90_000);
});

test('a WebSocket that is not read is cut off, and holds its place until then', async () => {
  server = await serve(new MemoryEngine(), { concurrency: 1 }, { answers: { writeMs: 1_500 } });
  const client = await (await open(server.url)).init();
  client.socket.pause();
  client.begin('1', large.query);
  await until(async () => (await hello()) === 429, patience);
  await until(async () => (await metric('foz_slow_readers_total')) === 1, patience);
  await until(async () => (await hello()) === 200, patience);
  client.socket.terminate();
}, 90_000);

/** The body of a message with chunked transfer encoding. */
function unchunked(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const line = bytes.indexOf('\r\n', at);
    const length = Number.parseInt(bytes.toString('latin1', at, line), 16);
    if (length === 0) return Buffer.concat(parts);
    parts.push(bytes.subarray(line + 2, line + 2 + length));
    at = line + 2 + length + 2;
  }
}
