import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAuth, type WebhookConfig } from '../../src/auth/index.ts';
import { refused, request } from './support.ts';

interface Asked {
  readonly method: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

let server: Server;
let url: string;
let asked: Asked[] = [];
let answer: (response: ServerResponse, asked: Asked) => void;

beforeAll(async () => {
  server = createServer(async (incoming, response) => {
    let body = '';
    for await (const chunk of incoming) body += chunk;
    const one = { method: incoming.method, headers: incoming.headers, body };
    asked.push(one);
    answer(response, one);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/check`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  asked = [];
  answer = json({ 'X-Hasura-Role': 'user', 'X-Hasura-User-Id': '7' });
});

function json(value: unknown, headers: Record<string, string> = {}, status = 200) {
  return (response: ServerResponse) => void response.writeHead(status, headers).end(JSON.stringify(value));
}

function webhook(more: Partial<WebhookConfig> = {}) {
  return createAuth({ config: { webhook: { url, ...more }, admin_secrets: ['0123456789abcdef'] } }).identify;
}

test('GET sends the headers of the caller, less those of the connection and less secrets', async () => {
  const session = await webhook()(
    request({
      authorization: 'Bearer opaque',
      cookie: 'sid=1',
      'x-custom': 'yes',
      'x-hasura-role': 'wanted',
      host: 'api.example.com',
      'user-agent': 'curl',
      origin: 'https://a',
      'content-length': '99',
      'content-type': 'application/json',
      'transfer-encoding': 'chunked',
      connection: 'keep-alive, x-forwarded-for, x-verified',
      'keep-alive': 'timeout=5',
      'x-verified': 'by a proxy',
      'sec-websocket-key': 'no',
      'x-forwarded-for': '198.51.100.1',
    }),
  );
  expect(session).toEqual({
    role: 'user',
    allowedRoles: ['user'],
    variables: new Map([
      ['user-id', '7'],
      ['role', 'user'],
    ]),
    actor: { kind: 'webhook', id: '7' },
    expiresAt: expect.any(Number),
  });
  expect(asked).toHaveLength(1);
  const { method, headers } = asked[0]!;
  expect(method).toBe('GET');
  expect(headers).toMatchObject({
    authorization: 'Bearer opaque',
    cookie: 'sid=1',
    'x-custom': 'yes',
    // A header that a proxy has added is forwarded even if the client lists it in Connection.
    'x-verified': 'by a proxy',
    'x-hasura-role': 'wanted',
    'x-forwarded-for': '198.51.100.1, 192.0.2.7',
    accept: 'application/json',
  });
  for (const name of ['origin', 'keep-alive', 'sec-websocket-key', 'content-type'])
    expect(headers[name]).toBeUndefined();
  expect([headers.host, headers['user-agent']]).not.toContain('api.example.com');
});

test('POST sends them as JSON; only those asked for when a list says so', async () => {
  const headers = {
    authorization: 'Bearer opaque',
    cookie: 'sid=1',
    'x-foz-tenant': 'acme',
    'user-agent': 'curl',
  };
  await webhook({ method: 'POST' })(request(headers));
  await webhook({ method: 'POST', forward_headers: ['Authorization'] })(request(headers));
  expect(asked.map(({ method, body }) => [method, JSON.parse(body)])).toEqual([
    [
      'POST',
      {
        headers: {
          authorization: 'Bearer opaque',
          cookie: 'sid=1',
          'x-foz-tenant': 'acme',
          'x-forwarded-for': '192.0.2.7',
        },
      },
    ],
    ['POST', { headers: { authorization: 'Bearer opaque', 'x-foz-tenant': 'acme' } }],
  ]);
});

test('it is asked about requests without credentials, and not about those with an admin secret', async () => {
  const identify = webhook();
  expect(await identify(request())).toMatchObject({ role: 'user' });
  expect(identify(request({ 'x-foz-admin-secret': '0123456789abcdef' }))).toMatchObject({ role: 'admin' });
  expect(await refused(() => identify(request({ 'x-foz-admin-secret': 'wrong' })))).toMatchObject({
    code: 'access-denied',
  });
  expect(asked).toHaveLength(1);
});

test('401 refuses', async () => {
  answer = json({ message: 'no' }, {}, 401);
  expect(await refused(() => webhook()(request()))).toMatchObject({ code: 'access-denied', status: 401 });
});

test.each<[string, (response: ServerResponse) => void, Partial<WebhookConfig>?]>([
  ['status 500', json({ 'x-hasura-role': 'admin' }, {}, 500)],
  ['status 403', json({ 'x-hasura-role': 'admin' }, {}, 403)],
  ['status 204', (response) => void response.writeHead(204).end()],
  ['status 201', json({ 'x-hasura-role': 'admin' }, {}, 201)],
  ['a redirect', json({}, { location: '/other' }, 302)],
  ['no role', json({ 'x-hasura-user-id': '1' })],
  ['two roles', json({ 'x-hasura-role': 'a', 'X-Foz-Role': 'b' })],
  ['a role that is a list', json({ 'x-hasura-role': '' })],
  ['no JSON', (response) => void response.writeHead(200).end('role=admin')],
  ['a list', json([{ 'x-hasura-role': 'admin' }])],
  ['null', json(null)],
  ['a long answer', json({ 'x-hasura-role': 'admin', more: 'x'.repeat(70_000) })],
  [
    'an answer that breaks off',
    (response) =>
      void response
        .writeHead(200, { 'content-length': '100' })
        .write('{"x-hasura-role"', () => response.destroy()),
  ],
  ['no answer in time', () => {}, { timeout_ms: 50 }],
  [
    'an answer that does not end in time',
    (response) => void response.writeHead(200).write('{'),
    { timeout_ms: 50 },
  ],
  ['a role it may not give', json({ 'x-hasura-role': 'admin' }), { roles: ['user'] }],
])('%s is unavailable and never access', async (_name, how, more = {}) => {
  answer = how;
  const { code, message } = await refused(() => webhook(more)(request()));
  expect([code, message]).toEqual([
    'unavailable',
    'Who is asking cannot be told now: the authentication webhook did not give a usable answer.',
  ]);
});

test.each(['GET', 'POST'] as const)(
  '%s is asked about a request that expects 100-continue',
  async (method) => {
    expect(await webhook({ method })(request({ expect: '100-continue' }))).toMatchObject({ role: 'user' });
    expect(asked[0]!.headers.expect).toBeUndefined();
  },
);

test('the header Host is told where it is listed, but does not choose the site that is asked', async () => {
  await webhook({ forward_headers: ['host', 'x-a'] })(request({ host: 'tenant.example', 'x-a': 'b' }));
  expect(asked[0]!.headers).toMatchObject({
    ...{ host: new URL(url).host, 'x-forwarded-host': 'tenant.example', 'x-a': 'b' },
  });
});

test('an answer that breaks off gives no access, and 401 refuses whatever follows', async () => {
  let status = 200;
  answer = (response) =>
    void response
      .writeHead(status, { 'content-length': 1_000 })
      .write('{"x-hasura-role":"user"}', () => response.destroy());
  expect(await refused(() => webhook()(request()))).toMatchObject({ code: 'unavailable' });
  status = 401;
  expect(await refused(() => webhook()(request()))).toMatchObject({ code: 'access-denied' });
});

test('401 refuses also with a long body', async () => {
  answer = (response) => void response.writeHead(401).end('x'.repeat(100_000));
  expect(await refused(() => webhook()(request()))).toMatchObject({ code: 'access-denied' });
});

test('the metadata service of a cloud is not asked', async () => {
  const identify = createAuth({ config: { webhook: { url: 'http://169.254.169.254/latest' } } }).identify;
  expect(await refused(() => identify(request()))).toMatchObject({
    code: 'unavailable',
    why: expect.stringContaining('metadata service'),
  });
});

test('a webhook that is not there is unavailable', async () => {
  const identify = createAuth({ config: { webhook: { url: 'http://127.0.0.1:1/' } } }).identify;
  expect(await refused(() => identify(request()))).toMatchObject({ code: 'unavailable' });
});

test('variables: both prefixes, other types, other names left out', async () => {
  answer = json({
    'x-hasura-role': 'user',
    'X-Foz-Teams': ['a', 'b'],
    'x-hasura-level': 3,
    'x-hasura-none': null,
    expires: 'never',
    'x-hasura-allowed-roles': ['admin'],
  });
  expect((await webhook()(request())).variables).toEqual(
    new Map([
      ['teams', '["a","b"]'],
      ['level', '3'],
      ['role', 'user'],
    ]),
  );
});

const start = 1_900_000_000_000;

test.each<[string, Record<string, string>, number]>([
  ['Cache-Control: max-age', { 'cache-control': 'private, max-age=60' }, 60_000],
  ['Cache-Control with the age it has already', { 'cache-control': 'max-age=60', age: '20' }, 40_000],
  ['Expires', { expires: new Date(start + 30_000).toUTCString() }, 30_000],
  [
    'Cache-Control before Expires',
    { 'cache-control': 'max-age=10', expires: new Date(start + 90_000).toUTCString() },
    10_000,
  ],
  ['a day at most', { 'cache-control': 'max-age=9999999999' }, 86_400_000],
])('an answer is kept by %s', async (_name, headers, kept) => {
  answer = json({ 'x-hasura-role': 'user' }, headers);
  const identify = webhook();
  const one = request({ authorization: 'Bearer a' });
  const session = await identify(one, start);
  expect(session).toMatchObject({ expiresAt: start + kept });
  expect(
    identify(
      { ...one, headers: { ...one.headers, 'x-request-id': '2', 'user-agent': 'x' } },
      start + kept - 1,
    ),
  ).toBe(session);
  expect(asked).toHaveLength(1);
  await identify(one, start + kept);
  expect(asked).toHaveLength(2);
});

test.each([
  { 'cache-control': 'no-store, max-age=60' },
  { 'cache-control': 'no-cache' },
  { expires: '0' },
  {},
])('an answer with %j is not kept', async (headers) => {
  answer = json({ 'x-hasura-role': 'user' }, headers as unknown as Record<string, string>);
  const identify = webhook();
  for (let round = 0; round < 2; round++)
    expect(await identify(request(), start)).toHaveProperty('expiresAt', start + 3_600_000);
  expect(asked).toHaveLength(2);
  const short = await webhook({ session_seconds: 60 })(request(), start);
  expect(short).toHaveProperty('expiresAt', start + 60_000);
});

test('what is kept is for the same caller alone: other headers, other addresses ask again', async () => {
  answer = (response, { headers }) =>
    json(
      { 'x-hasura-role': String(headers.authorization ?? 'nobody').slice(7) || 'nobody' },
      { 'cache-control': 'max-age=60' },
    )(response);
  const identify = webhook();
  const role = async (headers: Record<string, string>, more = {}) =>
    (await identify(request(headers, more), start)).role;
  expect(await role({ authorization: 'Bearer a' })).toBe('a');
  expect(await role({ authorization: 'Bearer b' })).toBe('b');
  expect(await role({ authorization: 'Bearer a' }, { address: '192.0.2.8' })).toBe('a');
  expect(await role({ authorization: 'Bearer a', cookie: 'x=1' })).toBe('a');
  expect(await role({ authorization: 'Bearer a', 'x-hasura-role': 'z' })).toBe('a');
  expect(asked).toHaveLength(5);
  expect(await role({ authorization: 'Bearer a' })).toBe('a');
  expect(asked).toHaveLength(5);
});

test('the same caller at the same time asks once; refusals are not kept', async () => {
  const identify = webhook();
  await Promise.all(Array.from({ length: 50 }, () => identify(request({ authorization: 'Bearer a' }))));
  expect(asked).toHaveLength(1);
  answer = json({}, { 'cache-control': 'max-age=60' }, 401);
  for (let round = 0; round < 2; round++) await refused(() => identify(request()));
  expect(asked).toHaveLength(3);
});

test('what is kept is bounded, and can be off', async () => {
  answer = json({ 'x-hasura-role': 'user' }, { 'cache-control': 'max-age=60' });
  const small = webhook({ cache: 3 });
  for (let round = 0; round < 2; round++)
    for (let at = 0; at < 5; at++) await small(request({ authorization: `Bearer ${at}` }));
  expect(asked).toHaveLength(10);
  const none = webhook({ cache: 0 });
  for (let round = 0; round < 2; round++) await none(request());
  expect(asked).toHaveLength(12);
});

test('headers that are too long are a limit', async () => {
  const headers = Object.fromEntries(Array.from({ length: 5 }, (_, at) => [`x-${at}`, 'x'.repeat(8000)]));
  expect(await refused(() => webhook()(request(headers)))).toMatchObject({ code: 'limit-exceeded' });
  expect(asked).toHaveLength(0);
});
