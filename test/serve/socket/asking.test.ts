import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'graphql-ws';
import { pino } from 'pino';
import { WebSocket } from 'ws';
import { mintKey } from '../../../src/auth/index.ts';
import type { FozConfig } from '../../../src/control/index.ts';
import { type Started, start } from '../../../src/main.ts';
import { queryAudit } from '../../../src/store/audit/index.ts';
import { insertKey, revokeKey } from '../../../src/store/repositories/api-keys.ts';
import { roles, signed } from '../../auth/jwt.ts';
import { connect } from '../../support/connect.ts';
import { untilRead } from '../../support/ready.ts';
import { until } from '../../support/wait.ts';
import { post } from '../engine.ts';
import { type Client, open, type RefusedUpgrade } from './client.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-sockets-'));
const adminSecret = 'a secret of some length';
const shared = 'a shared secret that is long enough to sign with';
const page = 'https://app.example.com';
let foz: Started;

beforeAll(async () => {
  const file = join(folder, 'shop.db');
  const own = await connect('sqlite', file);
  await own.execute('create table orders (id integer primary key, amount integer)');
  await own.close();
  const permission = { columns: '*', filter: {}, check: {} } as const;
  const config: FozConfig = {
    state: join(folder, 'state'),
    server: { port: 0, graphiql: false, cors: [page] },
    auth: {
      admin_secrets: [{ name: 'ops', secret: adminSecret }],
      trusted_proxies: ['loopback'],
      cookie_origins: [page],
      jwt: [
        {
          issuer: 'https://id.example.com',
          audience: 'foz',
          secret: shared,
          clock_skew: 0,
          from: [{ header: 'authorization' }, { cookie: 'session' }],
        },
      ],
    },
    allow_list: [{ role: 'editor', operations: ['{ orders { id } }'] }],
    sources: [{ name: 'shop', kind: 'sqlite', path: file }],
    metadata: {
      tables: [
        {
          source: 'shop',
          table: 'orders',
          select_permissions: ['user', 'editor', 'clerk'].map((role) => ({
            role,
            permission: { columns: '*', filter: {} },
          })),
          insert_permissions: [{ role: 'clerk', permission }],
        },
      ],
    },
  };
  foz = await start(config, { logger: pino({ level: 'silent' }) });
  await untilRead(foz);
}, 60_000);
afterAll(async () => {
  await foz?.close(0);
  rmSync(folder, { recursive: true, force: true });
});

/** A token that expires after so many seconds. */
const token = (seconds = 600) =>
  signed(
    {
      iss: 'https://id.example.com',
      aud: 'foz',
      sub: 'ada',
      exp: Math.floor(Date.now() / 1000) + seconds,
      'https://foz.dev/claims': roles,
    },
    shared,
    { alg: 'HS256' },
  );

let keys = 0;
/** Creates a key in the store. */
async function newKey(expiresAt: Date | null = null): Promise<{ readonly id: string; readonly key: string }> {
  const id = `key-${++keys}`;
  const { key, prefix, hash } = mintKey(foz.plane!.peppers[0]!);
  await foz.plane!.store.write((db) =>
    insertKey(db, { id, name: id, prefix, hash, roles: ['clerk'], expiresAt }),
  );
  return { id, key };
}

const refusal = (opened: Promise<unknown>): Promise<RefusedUpgrade> =>
  opened.then(
    () => {
      throw new Error('was opened');
    },
    (error: RefusedUpgrade) => error,
  );
const orders = '{"data":{"orders":[]}}';
const asks = async (client: Client) => (await client.ask('1', '{ orders(limit: 0) { id } }')).join();
const records = async (kind: 'refusal' | 'sign-in' | 'mutation') =>
  (await queryAudit(foz.plane!.store, { kinds: [kind] })).records;

test.each<readonly [name: string, headers: () => Record<string, string>, payload: () => unknown]>([
  ['the secret in a header', () => ({ 'x-foz-admin-secret': adminSecret }), () => undefined],
  ['the secret in the payload', () => ({}), () => ({ 'x-hasura-admin-secret': adminSecret })],
  ['a token in a header', () => ({ authorization: `Bearer ${token()}` }), () => undefined],
  ['a token in the payload', () => ({}), () => ({ Authorization: `Bearer ${token()}` })],
  [
    'a token in headers of the payload',
    () => ({}),
    () => ({ headers: { Authorization: `Bearer ${token()}`, 'x-hasura-role': 'user' } }),
  ],
  ['a cookie from a page that may', () => ({ cookie: `session=${token()}`, origin: page }), () => undefined],
])('%s lets in', async (_, headers, payload) => {
  const client = await (await open(foz.url, { headers: headers() })).init(payload());
  expect(await asks(client)).toContain(orders);
  client.socket.close();
});

test('a key lets in, from a header or the payload', async () => {
  const { key } = await newKey();
  const one = await (await open(foz.url, { headers: { 'x-api-key': key } })).init();
  expect(await asks(one)).toContain(orders);
  const two = await (await open(foz.url)).init({ headers: { 'X-API-Key': key } });
  expect(await asks(two)).toContain(orders);
  one.socket.close();
  two.socket.close();
});

test.each<readonly [name: string, opening: Parameters<typeof open>[1], payload: unknown, reason: RegExp]>([
  ['nobody', {}, undefined, /^This server needs credentials/],
  ['a wrong secret', {}, { headers: { 'x-foz-admin-secret': 'wrong' } }, /not accepted/],
  ['a token that is none', {}, { Authorization: 'Bearer x.y.z' }, /not accepted/],
  ['a credential in the URL', { path: `graphql?x-api-key=abc` }, undefined, /never taken from a URL/],
  ['headers that are a list', {}, { headers: ['x'] }, /headers must be an object/],
  ['a header that is no text', {}, { headers: { authorization: 7 } }, /every header must be one text/],
  ['a cookie in the payload', {}, { headers: { cookie: 'session=x' } }, /^This server needs credentials/],
])('%s is refused with 4403, and that is written down', async (_, opening, payload, reason) => {
  const before = (await records('refusal')).length;
  const client = await (await open(foz.url, opening)).init(payload);
  expect(await client.end()).toEqual({ code: 4403, reason: expect.stringMatching(reason) });
  await until(async () => (await records('refusal')).length > before);
  expect((await records('refusal'))[0]).toMatchObject({ outcome: 'refused', address: '127.0.0.1' });
});

test('a page of another origin opens no WebSocket, with or without a cookie, and that is written down', async () => {
  for (const cookie of [{}, { cookie: `session=${token()}` }] as Record<string, string>[]) {
    const before = (await records('refusal')).length;
    const { status, text } = await refusal(
      open(foz.url, { headers: { origin: 'https://evil.example', ...cookie } }),
    );
    expect([status, JSON.parse(text)]).toEqual([
      403,
      {
        errors: [
          {
            message: expect.stringContaining('server.cors'),
            extensions: { path: '$', code: 'access-denied' },
          },
        ],
      },
    ]);
    await until(async () => (await records('refusal')).length > before);
    expect((await records('refusal'))[0]!.reason).toBe('websocket: origin "https://evil.example"');
  }
  expect((await refusal(open(foz.url, { headers: { origin: 'null' } }))).status).toBe(403);
});

test('a cookie without an origin lets nobody in: a browser always says one', async () => {
  const client = await (await open(foz.url, { headers: { cookie: `session=${token()}` } })).init();
  expect(await client.end()).toMatchObject({ code: 4403 });
});

test('a page of the server itself opens one', async () => {
  const { host } = new URL(foz.url);
  const headers = { origin: `http://${host}`, cookie: `session=${token()}` };
  const client = await (await open(foz.url, { headers })).init();
  expect(await asks(client)).toContain(orders);
  client.socket.close();
});

test('a session that expires closes with 4411', async () => {
  const client = await (await open(foz.url)).init({ Authorization: `Bearer ${token(6)}` });
  expect(await asks(client)).toContain(orders);
  expect(await client.end()).toEqual({
    code: 4411,
    reason: 'The session has expired: come back with a credential that holds.',
  });
});

test('the client of graphql-ws comes back by itself with a credential that holds', async () => {
  let connected = 0;
  const client = createClient({
    url: `${foz.url.replace('http', 'ws')}graphql`,
    webSocketImpl: WebSocket,
    lazy: false,
    connectionParams: () => ({ headers: { Authorization: `Bearer ${token(connected === 0 ? 3 : 600)}` } }),
    on: { connected: () => void connected++ },
  });
  await until(() => connected === 2);
  for await (const result of client.iterate({ query: '{ orders(limit: 0) { id } }' }))
    expect(result).toEqual({ data: { orders: [] } });
  expect(connected).toBe(2);
  await client.dispose();
});

test('a key that expires closes its connections, one that is revoked at once', async () => {
  const expiring = await newKey(new Date(Date.now() + 6000));
  const one = await (await open(foz.url)).init({ 'X-API-Key': expiring.key });
  expect(await asks(one)).toContain(orders);
  const revoked = await newKey();
  const two = await (await open(foz.url)).init({ 'X-API-Key': revoked.key });
  expect(await asks(two)).toContain(orders);
  await foz.plane!.store.write((db) => revokeKey(db, revoked.id));
  expect(await two.end()).toEqual({ code: 4403, reason: 'The API key was revoked.' });
  expect(await one.end()).toMatchObject({ code: 4411 });
  const again = await (await open(foz.url)).init({ 'X-API-Key': revoked.key });
  expect(await again.end()).toMatchObject({ code: 4403 });
});

test('account is kept as over HTTP: who came in, what was written, from which address', async () => {
  const { id, key } = await newKey();
  const client = await (
    await open(foz.url, { headers: { 'x-forwarded-for': '198.51.100.7', 'x-request-id': 'socket-1' } })
  ).init({ 'X-API-Key': key });
  const mutation = 'mutation M { insert_orders(objects: [{amount: 1}]) { affected_rows } }';
  const received = await client.ask('1', mutation, { operationName: 'M' });
  expect(received[0]).toContain('{"data":{"insert_orders":{"affected_rows":1}}}');
  const common = { keyId: id, address: '198.51.100.7', actor: { kind: 'api-key', id, role: 'clerk' } };
  expect((await records('mutation'))[0]).toMatchObject({
    ...common,
    requestId: 'socket-1.1',
    operation: 'M',
    affectedRows: 1,
  });
  await until(async () => (await records('sign-in')).some(({ keyId }) => keyId === id));
  expect((await records('sign-in')).find(({ keyId }) => keyId === id)).toMatchObject({
    ...common,
    requestId: 'socket-1',
  });
  client.socket.close();
});

test('a role with a list of operations may ask for these alone, as over HTTP', async () => {
  const headers = { Authorization: `Bearer ${token()}`, 'x-foz-role': 'editor' };
  const client = await (await open(foz.url)).init({ headers });
  expect((await client.ask('1', '{ orders { id } }'))[0]).toContain('"data"');
  const query = '{ orders { amount } }';
  const { errors } = JSON.parse((await post(foz.url, { query }, headers)).text) as { errors: unknown };
  expect(errors).toMatchObject([{ extensions: { code: expect.any(String) } }]);
  expect(JSON.parse((await client.ask('2', query))[0]!)).toEqual({ id: '2', type: 'error', payload: errors });
  client.socket.close();
});

test('an operation of the list may be asked for by its id alone, as over HTTP', async () => {
  const headers = { Authorization: `Bearer ${token()}`, 'x-foz-role': 'editor' };
  const client = await (await open(foz.url)).init({ headers });
  const documentId = createHash('sha256').update('{ orders { id } }').digest('hex');
  const payloads = [
    { documentId },
    { query: '', documentId: `sha256:${documentId}` },
    { query: '', extensions: { documentId } },
    { query: '', extensions: { persistedQuery: { version: 1, sha256Hash: documentId } } },
  ];
  for (const [at, payload] of payloads.entries()) {
    client.send({ type: 'subscribe', id: `by ${at}`, payload });
    expect((await client.textsOf(`by ${at}`))[0]).toContain('"data":{"orders":');
  }
  client.send({ type: 'subscribe', id: 'other', payload: { documentId: 'other' } });
  const { errors } = JSON.parse((await post(foz.url, { documentId: 'other' }, headers)).text) as {
    errors: unknown;
  };
  expect(errors).toMatchObject([{ extensions: { path: '$.documentId', code: 'not-found' } }]);
  expect(JSON.parse((await client.textsOf('other'))[0]!)).toEqual({
    id: 'other',
    type: 'error',
    payload: errors,
  });
  client.socket.close();
});

test('the role decides what is seen, as over HTTP', async () => {
  const client = await (await open(foz.url)).init({ Authorization: `Bearer ${token()}` });
  const [text] = await client.ask(
    '1',
    'mutation { insert_orders(objects: [{amount: 1}]) { affected_rows } }',
  );
  expect(JSON.parse(text!)).toMatchObject({
    type: 'error',
    payload: [{ extensions: { code: 'validation-failed' } }],
  });
  client.socket.close();
});
