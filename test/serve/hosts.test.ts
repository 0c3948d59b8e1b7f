import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { start } from '../../src/main.ts';
import type { FozServer, RouteHandler } from '../../src/serve/index.ts';
import { MemoryEngine, serve } from './engine.ts';

const open: FozServer[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close(0);
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}, 60_000);

const control: RouteHandler = async () => ({ status: 401, headers: {}, body: 'a secret is asked for' });

async function front(hosts: readonly string[] | null, host = '127.0.0.1'): Promise<FozServer> {
  const routes = new Map([['/control/graphql', control]]);
  const server = await serve(new MemoryEngine(), {}, { hosts, host, routes, cors: ['https://app.example'] });
  open.push(server);
  return server;
}

/** Sends these lines unchanged and returns the answer. */
function talk(server: FozServer, lines: readonly string[], body = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(server.url).port) }, () =>
      socket.write([...lines, '', body].join('\r\n')),
    );
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      received += chunk;
      if (received.startsWith('HTTP/1.1 101')) socket.destroy();
    });
    socket.on('close', () => resolve(received));
  });
}

const hello = '{"query":"{ hello }"}';
const ask = (server: FozServer, hosts: readonly string[], target = '/graphql', version = '1.1') =>
  talk(
    server,
    [
      `POST ${target} HTTP/${version}`,
      ...hosts.map((host) => `Host: ${host}`),
      'connection: close',
      'content-type: application/json',
      `content-length: ${hello.length}`,
    ],
    hello,
  );
const get = (server: FozServer, path: string, host = 'evil.example') =>
  talk(server, [`GET ${path} HTTP/1.1`, `Host: ${host}`, 'connection: close']);
const upgrade = (server: FozServer, hosts: readonly string[]) =>
  talk(server, [
    'GET /graphql HTTP/1.1',
    ...hosts.map((host) => `Host: ${host}`),
    ...hosts.slice(0, 1).map((host) => `Origin: http://${host}`),
    'connection: Upgrade',
    'upgrade: websocket',
    'sec-websocket-version: 13',
    'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-protocol: graphql-transport-ws',
  ]);
const status = (received: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(received)?.[1]);
const got = (received: string) => [status(received), received.slice(received.indexOf('\r\n\r\n') + 4)];

const own = [
  '127.0.0.1',
  '127.0.0.1:8080',
  '192.0.2.7:1',
  '[::1]',
  '[::1]:8080',
  '[2001:DB8::1]:80',
  '[::ffff:127.0.0.1]',
  'localhost',
  'LocalHost:4711',
  'localhost.',
  'localhost.:8080',
  'foz.localhost',
  'a.B.localhost:80',
  'foz',
  'FOZ:8080',
  'foz.',
  'data.example',
];
const foreign = [
  'evil.example',
  'evil.example:8080',
  'EVIL.example.',
  // An allowed origin is not a name of the server.
  'app.example',
  'localhost.evil.example',
  'notlocalhost',
  '.localhost.evil.example',
  'foz.evil.example',
  'sub.data.example',
  '127.0.0.1.evil.example',
  '127.0.0.1@evil.example',
  'localhost/evil.example',
  'evil.example#localhost',
  'evil.example, localhost',
  '127.1',
  '2130706433',
  '0x7f000001',
  '::1',
  '[localhost]',
  '[127.0.0.1]',
  '[::1',
  'localhost:80:80',
  'localhost:x',
  'localhost..',
  `${'a.'.repeat(200)}localhost`,
  '',
];

test('the name that is asked by is one of the server, over HTTP and for a WebSocket', async () => {
  const server = await front(['foz', 'Data.Example.']);
  for (const host of own) {
    expect([host, status(await ask(server, [host]))]).toEqual([host, 200]);
    expect([host, status(await upgrade(server, [host]))]).toEqual([host, 101]);
  }
  for (const host of foreign) {
    expect([host, status(await ask(server, [host]))]).toEqual([host, 421]);
    expect([host, status(await upgrade(server, [host]))]).toEqual([host, 421]);
  }
});

test('the refusal says what is wrong and the ways out, and is an error like any other', async () => {
  const server = await front([]);
  const message =
    '"evil.example:8080" is no name that this server knows as its own, since it asks nobody who they are and a page in a browser could have bound a name to its address. Ask by its address or localhost, list the name in server.hosts, or put an auth part into the configuration.';
  const refusal = JSON.stringify({ errors: [{ message, extensions: { path: '$', code: 'access-denied' } }] });
  for (const received of [
    await ask(server, ['evil.example:8080']),
    await upgrade(server, ['evil.example:8080']),
    await get(server, '/', 'evil.example:8080'),
  ]) {
    expect(received).toMatch(/^HTTP\/1\.1 421 Misdirected Request\r\n/);
    expect(got(received)).toEqual([421, refusal]);
    expect(received).toMatch(/content-type: application\/json/i);
  }
  expect(await get(server, '/metrics', '127.0.0.1')).toMatch(
    /foz_requests_total\{[^}]*result="access-denied"/,
  );
});

test('no name, two names, and a whole URL as the target', async () => {
  const server = await front([]);
  const { port } = new URL(server.url);
  expect(status(await ask(server, []))).toBe(400);
  expect(status(await ask(server, [], '/graphql', '1.0'))).toBe(421);
  expect(status(await upgrade(server, []))).toBe(421);
  for (const two of [
    ['localhost', 'evil.example'],
    ['evil.example', 'localhost'],
    ['localhost', 'localhost'],
  ]) {
    expect(status(await ask(server, two))).toBe(400);
    expect(status(await upgrade(server, two))).toBe(400);
  }
  expect(status(await ask(server, ['localhost'], `http://evil.example:${port}/graphql`))).toBe(421);
  expect(status(await ask(server, ['evil.example'], `http://localhost:${port}/graphql`))).toBe(421);
  // The path of an absolute URL counts as if it were given alone.
  expect(status(await ask(server, ['localhost'], `http://localhost:${port}/graphql`))).toBe(404);
});

test('every path but the probes, and those that ask for a secret of their own', async () => {
  const server = await front([]);
  for (const path of ['/', '/metrics', '/samples.json', '/v1/graphql?query={hello}', '/nothing'])
    expect([path, status(await get(server, path))]).toEqual([path, 421]);
  expect(status(await get(server, '/control/graphql'))).toBe(401);
  expect(got(await get(server, '/healthz'))).toEqual([200, '{"status":"ok"}']);
  // A probe learns whether the server is ready. A page from another origin does not learn the names of the sources.
  expect(got(await get(server, '/readyz'))).toEqual([200, '{"status":"ready"}']);
  expect(await get(server, '/readyz', 'localhost')).toContain('"sources":[{"name":"shop"');
});

test('a connection that offers HTTP/2 is looked at, too', async () => {
  const server = await front([]);
  const offered = (host: string) =>
    talk(
      server,
      [
        'POST /graphql HTTP/1.1',
        `host: ${host}`,
        'connection: Upgrade, HTTP2-Settings',
        'upgrade: h2c',
        'http2-settings: AAMAAABkAAQAoAAAAAIAAAAA',
        'content-type: application/json',
        `content-length: ${hello.length}`,
      ],
      `${hello}GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
    );
  expect(status(await offered('evil.example'))).toBe(421);
  expect(status(await offered('localhost'))).toBe(200);
});

test('the name that is listened on is one; with "*" any is', async () => {
  const named = await front([], 'localhost');
  expect(status(await ask(named, ['localhost']))).toBe(200);
  const any = await front(['*']);
  for (const host of ['evil.example', '']) expect(status(await ask(any, [host]))).toBe(200);
});

const secret = 'a-secret-of-sixteen-letters';

async function foz(more: object): Promise<FozServer> {
  const state = mkdtempSync(join(tmpdir(), 'foz-hosts-'));
  folders.push(state);
  const settings = { port: 0, graphiql: false, hosts: ['foz'], admin_secret: secret };
  const server = await start(
    { state, sources: [], server: settings, ...more },
    { logger: pino({ level: 'silent' }) },
  );
  open.push(server);
  return server;
}

test('names are looked at where nobody is asked who they are', async () => {
  const without = await foz({});
  expect(status(await ask(without, ['foz']))).toBe(200);
  expect(status(await ask(without, ['data.example']))).toBe(421);
  const guarded = await foz({ auth: {} });
  expect(status(await ask(guarded, ['data.example']))).toBe(401);
}, 120_000);

test('names are added while Foz runs', async () => {
  const server = await foz({
    audit: true,
    server: { port: 0, graphiql: false, admin_secret: secret },
  });
  const set = async (value: readonly string[]) => {
    const response = await fetch(`${server.url}control/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-foz-admin-secret': secret },
      body: JSON.stringify({
        query: 'mutation($value: JSON) { setSetting(name: "server.hosts", value: $value) { value } }',
        variables: { value },
      }),
    });
    return response.text();
  };
  expect(status(await ask(server, ['data.example']))).toBe(421);
  expect(await set(['data.example'])).toBe('{"data":{"setSetting":{"value":["data.example"]}}}');
  expect(status(await ask(server, ['data.example']))).toBe(200);
  expect(await set(['https://data.example'])).toContain('server.hosts[0] must match pattern');
  expect(await set([])).toContain('"value":[]');
  expect(status(await ask(server, ['data.example']))).toBe(421);
}, 120_000);
