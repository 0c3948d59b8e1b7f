import { connect, type Socket } from 'node:net';
import type { FozServer } from '../../../src/serve/index.ts';
import { Dice } from '../../conformance/dice.ts';
import { until } from '../../support/wait.ts';
import { MemoryEngine, post, serve } from '../engine.ts';
import { open } from './client.ts';

const seed = Number(process.env.FOZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
const replay = `FOZ_SEED=${seed}`;

let server: FozServer;
const engine = new MemoryEngine();
beforeAll(async () => {
  server = await serve(engine, { body_bytes: 64 * 1024 });
});
afterAll(() => server.close(0));
afterEach(async () => {
  const client = await (await open(server.url)).init();
  expect(await client.ask('1', '{ hello }')).toEqual([
    '{"id":"1","type":"next","payload":{"data":{"hello":"hello world"}}}',
    '{"id":"1","type":"complete"}',
  ]);
  client.socket.close();
  await until(() => engine.running === 0);
});

const handshake = [
  'GET /graphql HTTP/1.1',
  'host: foz',
  'connection: upgrade',
  'upgrade: websocket',
  'sec-websocket-version: 13',
  'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==',
  'sec-websocket-protocol: graphql-transport-ws',
];
const raw = (): Socket =>
  connect({ host: '127.0.0.1', port: Number(new URL(server.url).port) }).on('error', () => {});

/** Sends lines of HTTP. Returns everything received until the server closes. */
function talk(lines: readonly string[], more: Buffer = Buffer.alloc(0)): Promise<Buffer> {
  return new Promise((resolve) => {
    const socket = raw();
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('close', () => resolve(Buffer.concat(chunks)));
    socket.write(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), more]));
  });
}

/** A frame of a client, masked with zeros. */
function frame(first: number, payload: Buffer | string, length?: number): Buffer {
  const bytes = Buffer.from(payload);
  const size = length ?? bytes.length;
  const head =
    size < 126
      ? [first, 0x80 | size]
      : size < 65_536
        ? [first, 0x80 | 126, size >> 8, size & 255]
        : [
            first,
            0x80 | 127,
            0,
            0,
            0,
            0,
            (size >>> 24) & 255,
            (size >>> 16) & 255,
            (size >>> 8) & 255,
            size & 255,
          ];
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), bytes]);
}

/** The code of the close frame at the end of the received bytes; `null`: none. */
function closeCode(received: Buffer): number | null {
  const at = received.indexOf('\r\n\r\n');
  for (let place = at + 4; place + 4 <= received.length; ) {
    const size = received[place + 1]!;
    if (received[place] === 0x88) return received.readUInt16BE(place + 2);
    place += size < 126 ? 2 + size : 4 + received.readUInt16BE(place + 2);
  }
  return null;
}

test.each<readonly [name: string, sent: Buffer, code: number]>([
  ['an opcode that is none', frame(0x83, 'x'), 1002],
  ['reserved bits', frame(0xf1, 'x'), 1002],
  ['a frame that is not masked', Buffer.from([0x81, 1, 0x78]), 1002],
  ['a part of nothing', frame(0x80, 'x'), 1002],
  ['a ping that is too long', frame(0x89, 'x'.repeat(126)), 1002],
  ['a ping in pieces', frame(0x09, 'x'), 1002],
  ['text that is no UTF-8', frame(0x81, Buffer.from([0xff, 0xfe])), 1007],
  ['bytes', frame(0x82, '{"type":"ping"}'), 1003],
  ['a length of 4 GB', frame(0x81, '', 0xffffffff), 1009],
  [
    'pieces that are too much together',
    Buffer.concat([frame(0x01, 'x'.repeat(60_000)), frame(0x80, 'x'.repeat(60_000))]),
    1009,
  ],
  ['a close code that is none', frame(0x88, Buffer.from([0, 1])), 1002],
])('%s closes with its code', async (_, sent, code) => {
  expect(closeCode(await talk(handshake, sent))).toBe(code);
});

const without = (name: string) => handshake.filter((line) => !line.startsWith(name));
test.each<readonly [name: string, lines: readonly string[], status: number]>([
  ['no key', without('sec-websocket-key'), 400],
  ['a key that is none', [...without('sec-websocket-key'), 'sec-websocket-key: x'], 400],
  ['an old version', [...without('sec-websocket-version'), 'sec-websocket-version: 7'], 400],
  ['a POST', ['POST /graphql HTTP/1.1', ...handshake.slice(1)], 405],
  ['a protocol twice', [...handshake, 'sec-websocket-protocol: graphql-transport-ws'], 400],
])('a handshake with %s is refused in HTTP', async (_, lines, status) => {
  expect((await talk(lines)).toString('latin1').split('\r\n')[0]).toContain(`HTTP/1.1 ${status} `);
});

test('what offers HTTP/2 beside a request is answered over HTTP/1.1, and its connection goes on', async () => {
  const body = '{"query":"{ hello(name: \\"h2c\\") }"}';
  const one = (more: readonly string[]) =>
    [
      'POST /graphql HTTP/1.1',
      'host: foz',
      'content-type: application/json',
      `content-length: ${body.length}`,
      ...more,
      '',
      body,
    ].join('\r\n');
  const offer = ['connection: Upgrade, HTTP2-Settings', 'upgrade: h2c', 'http2-settings: AAMAAABk'];
  const warnings: string[] = [];
  const warn = ({ message }: Error) => void warnings.push(message);
  process.on('warning', warn);
  const received = await new Promise<string>((resolve) => {
    const socket = raw();
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    socket.on('close', () => resolve(text));
    // The body is sent later than the head, and further requests after it.
    const first = one(offer);
    socket.write(first.slice(0, -body.length));
    setTimeout(() => socket.write(body.slice(0, 5)), 50);
    setTimeout(() => socket.write(body.slice(5) + first.repeat(30) + one(['connection: close'])), 100);
  });
  expect([...received.matchAll(/hello h2c/g)]).toHaveLength(32);
  process.off('warning', warn);
  expect(warnings).toEqual([]);
  expect(received).not.toContain('HTTP/1.1 101');
});

test('a WebSocket that is asked for behind an operation opens after its answer', async () => {
  const body = '{"query":"{ slow(ms: 300) }"}';
  const first = `POST /graphql HTTP/1.1\r\nhost: foz\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  const received = (
    await talk([`${first}${handshake[0]}`, ...handshake.slice(1)], frame(0x81, 'no JSON'))
  ).toString('latin1');
  expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\{"data":\{"slow":"done"\}\}HTTP\/1\.1 101 /);
  expect(received).toContain('Invalid message received');
});

test(`2,000 connections that say anything leave the server well (${replay})`, async () => {
  const dice = new Dice(seed);
  const messages = [
    '{"type":"connection_init"}',
    '{"type":"connection_init","payload":{"headers":{"a":"b"}}}',
    '{"id":"1","type":"subscribe","payload":{"query":"{ hello }"}}',
    '{"id":"__proto__","type":"subscribe","payload":{"query":"{ slow(ms: 60000) }"}}',
    '{"id":"2","type":"subscribe","payload":{"query":"{ slow(ms: 60000) }","variables":{"__proto__":1}}}',
    '{"id":"2","type":"complete"}',
    '{"type":"ping","payload":{"x":1}}',
    '{"type":"pong"}',
    '{"id":"3","type":"next","payload":{}}',
    '{"id":"3","type":"error","payload":[{"message":"no"}]}',
  ];
  const broken = (text: string): Buffer => {
    const bytes = Buffer.from(text);
    for (let times = dice.whole(3); times > 0; times--) bytes[dice.whole(bytes.length)] = dice.whole(256);
    return bytes;
  };
  const sent = (): Buffer => {
    const kind = dice.whole(10);
    const message = messages[dice.whole(messages.length)]!;
    if (kind < 5) return frame(0x81, message);
    if (kind < 7) return frame(0x81, broken(message));
    if (kind === 7) return frame(0x89, message.slice(0, dice.whole(100)));
    if (kind === 8) return broken(frame(0x81, message).toString('latin1'));
    return frame(dice.whole(256), message);
  };
  const one = () =>
    new Promise<void>((resolve) => {
      const socket = raw();
      socket.on('close', () => resolve());
      socket.resume();
      const frames = [frame(0x81, messages[0]!), ...Array.from({ length: 1 + dice.whole(12) }, sent)];
      socket.write(Buffer.concat([Buffer.from(`${handshake.join('\r\n')}\r\n\r\n`), ...frames]));
      if (dice.whole(2) === 0) socket.end(frame(0x88, ''));
      else setTimeout(() => socket.destroy(), dice.whole(30));
    });
  for (let round = 0; round < 40; round++) await Promise.all(Array.from({ length: 50 }, one));
  await until(() => engine.running === 0);
  await until(async () =>
    (await (await fetch(`${server.url}metrics`)).text()).includes('foz_websockets_open 0'),
  );
  expect((await post(server.url, { query: '{ hello }' })).status).toBe(200);
}, 120_000);
