import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { type Running, running } from '../control/sources/runtime.ts';
import { until } from '../store/place.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-hooks-'));
let foz: Running;
const json = { 'content-type': 'application/json' };
const env = { env: 'HOOK_TEST_SECRET' };
const secret = 'a secret of the sender';

const echo = { name: 'echo', steps: [{ id: 'a', kind: 'transform', value: '{% input %}' }] };
const reply = {
  name: 'reply',
  steps: [
    {
      id: 'r',
      kind: 'respond',
      status: 201,
      headers: { 'x-a': 'b', 'content-length': '3' },
      body: { got: '{% input.body.n %}' },
    },
    { id: 'end', kind: 'delay', ms: 600_000 },
  ],
};
const hook = (name: string, more: object = {}) => ({
  name,
  workflow: 'echo',
  auth: { kind: 'none' },
  ...more,
});
const hooks = [
  hook('open', { path: 'a/open', methods: ['POST', 'PUT', 'GET'], max_bytes: 2_000 }),
  hook('signed', { auth: { kind: 'hmac', style: 'github', secrets: [{ secret: 'github' }, env] } }),
  hook('basic', { auth: { kind: 'basic', username: 'u', passwords: [env] } }),
  hook('bearer', { auth: { kind: 'bearer', tokens: [env] } }),
  hook('keyed', { auth: { kind: 'api_key', header: 'X-My-Key', keys: [env] } }),
  hook('lost', { auth: { kind: 'bearer', tokens: [{ secret: 'nowhere' }] } }),
  hook('far', { networks: ['203.0.113.0/24'] }),
  hook('slow', { rate: { requests: 2, seconds: 3_600 } }),
  hook('once', { dedupe: { header: 'x-id', seconds: 60 } }),
  hook('body_once', { dedupe: { key: '{% body.id %}' } }),
  hook('strict', {
    schema: {
      type: 'object',
      required: ['id'],
      properties: { id: { type: 'integer' }, to: { type: 'string', pattern: '^(a+)+$' } },
    },
    input: { id: '{% body.id %}' },
  }),
  hook('waits', { workflow: 'reply', wait_ms: 20_000 }),
  hook('waits_end', { wait_ms: 20_000, input: { n: '{% body.n %}' } }),
  hook('slack', { challenge: { style: 'slack' } }),
  hook('meta', { challenge: { style: 'meta', token: env } }),
  hook('off', { enabled: false }),
];

beforeAll(async () => {
  process.env.HOOK_TEST_SECRET = secret;
  foz = await running({ state: join(folder, 'state'), workflow: { environment: ['HOOK_TEST_SECRET'] } });
  const { errors } = await foz.control(
    'mutation ($document: JSON!) { replaceMetadata(document: $document) { applied } }',
    { document: { tables: [], workflows: [echo, reply], hooks } },
  );
  expect(errors).toBeUndefined();
}, 120_000);
afterAll(async () => {
  await foz.server.close(100);
  rmSync(folder, { recursive: true });
});

const call = async (
  path: string,
  body: string | Uint8Array | FormData = '',
  headers: object = json,
  method = 'POST',
) => {
  const response = await fetch(`${foz.server.url}hooks/${path}`, {
    method,
    headers: { ...headers },
    ...(method === 'GET' ? {} : { body: body as never }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') && text !== '';
  return { status: response.status, text, headers: response.headers, body: isJson ? JSON.parse(text) : null };
};
const runOf = async (id: string) =>
  (await foz.control('query ($id: String!) { run(id: $id) { state origin input output } }', { id })).data.run;
const calls = async (name: string) =>
  (
    await foz.control(
      'query ($hook: String) { hookCalls(hook: $hook) { entries { id status outcome reason run bytes headers query address replayOf } } }',
      { hook: name },
    )
  ).data.hookCalls.entries;

test('a call starts a run, which is stored before the answer, and is in the log', async () => {
  const { status, body } = await call('a/open?x=1&x=2&token=t', '{"a":"ü"}', {
    ...json,
    authorization: 'Bearer t',
  });
  expect(status).toBe(202);
  const run = await runOf(body.run);
  expect(run).toMatchObject({
    origin: 'hook:open',
    input: { body: { a: 'ü' }, query: { x: ['1', '2'], token: '***' }, method: 'POST', path: 'a/open' },
  });
  expect(run.input.headers).not.toHaveProperty('authorization');
  expect(await calls('open')).toMatchObject([
    {
      status: 202,
      outcome: 'accepted',
      run: body.run,
      bytes: 10,
      headers: { authorization: '***' },
      query: 'x=1&x=2&token=***',
      address: expect.stringContaining('127.0.0.1'),
    },
  ]);
});

const inputOf = async (body: string | Uint8Array | FormData, headers: object = {}) => {
  const answer = await call('a/open', body, headers);
  return answer.status === 202 ? (await runOf(answer.body.run)).input.body : answer.status;
};
test('forms, multipart, texts, bytes and compressed bodies', async () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  expect(await inputOf('a=1&b=2&b=3&__proto__=x', form)).toEqual(
    JSON.parse('{"a":"1","b":["2","3"],"__proto__":"x"}'),
  );
  const multipart = new FormData();
  multipart.append('name', 'n');
  multipart.append('file', new Blob(['content'], { type: 'text/plain' }), 'f.txt');
  expect(await inputOf(multipart)).toEqual({
    name: 'n',
    file: { name: 'f.txt', type: 'text/plain', size: 7, base64: Buffer.from('content').toString('base64') },
  });
  expect(await inputOf('plain', { 'content-type': 'text/plain' })).toBe('plain');
  expect(await inputOf(new Uint8Array([0xff, 0xfe]), { 'content-type': 'application/octet-stream' })).toBe(
    '//4=',
  );
  const text = Buffer.from('{"a":1}');
  for (const [name, packed] of [
    ['gzip', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['br', brotliCompressSync(text)],
  ] as const)
    expect([name, await inputOf(packed, { ...json, 'content-encoding': name })]).toEqual([name, { a: 1 }]);
});

test.each<[string, number, string | Uint8Array | FormData, object]>([
  ['a body that is too long', 413, 'x'.repeat(2_001), json],
  [
    'a compressed body that becomes too long',
    413,
    gzipSync(Buffer.alloc(5_000_000)),
    { ...json, 'content-encoding': 'gzip' },
  ],
  ['a compressed body that is none', 400, 'x', { ...json, 'content-encoding': 'gzip' }],
  ['an unknown compression', 415, 'x', { ...json, 'content-encoding': 'zstd' }],
  ['two compressions', 415, 'x', { ...json, 'content-encoding': 'gzip, gzip' }],
  ['no JSON', 400, '{', json],
  ['JSON in another encoding', 400, Buffer.from('{"a":1}', 'utf16le'), json],
  ['JSON that is nested too deeply', 400, '['.repeat(900) + ']'.repeat(900), json],
  ['a multipart form without its boundary', 400, 'x', { 'content-type': 'multipart/form-data' }],
])('%s is refused with %i, and logged', async (_, status, body, headers) => {
  expect(await inputOf(body, headers)).toBe(status);
  expect((await calls('open'))[0]).toMatchObject({ status, outcome: 'refused', run: null });
});

test('credentials: one of several secrets; the log has why, the caller does not learn it', async () => {
  await foz.control('mutation { putHookSecret(name: "github", value: "of the store") }');
  const signed = (key: string, body = '{}') => ({
    ...json,
    'x-hub-signature-256': `sha256=${createHmac('sha256', key).update(body).digest('hex')}`,
  });
  const status = async (path: string, headers: object) =>
    (await call(path, '{}', { ...json, ...headers })).status;
  const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
  expect(await status('signed', signed(secret))).toBe(202);
  expect(await status('signed', signed('of the store'))).toBe(202);
  expect(await status('signed', signed('wrong'))).toBe(401);
  expect(await status('signed', signed(secret, '{ }'))).toBe(401);
  expect(await status('basic', basic(`u:${secret}`))).toBe(202);
  for (const wrong of [basic('u:x'), basic(`v:${secret}`), basic(secret), {}])
    expect(await status('basic', wrong)).toBe(401);
  expect(await status('bearer', { authorization: `Bearer ${encodeURIComponent('x')}` })).toBe(401);
  expect(await status('keyed', { 'x-my-key': secret })).toBe(202);
  expect(await status('keyed', { 'x-my-key': `${secret}x` })).toBe(401);
  const { text } = await call('signed', '{}', signed('wrong'));
  expect(text).not.toMatch(/signature/);
  expect((await calls('signed'))[0]).toMatchObject({
    outcome: 'refused',
    reason: 'the signature is wrong',
    bytes: null,
  });
  // A secret that is missing refuses everybody.
  expect(await status('lost', { authorization: 'Bearer undefined' })).toBe(503);
  expect((await calls('lost'))[0].reason).toMatch(/"nowhere" is not in the store/);
  expect(JSON.stringify(await calls('keyed'))).not.toContain(secret);
});

test('paths, methods, addresses and rates', async () => {
  for (const path of ['nowhere', 'off', '', 'a', 'a/open/', '__proto__', '../control/graphql'])
    expect([path, (await call(path, '{}')).status]).toEqual([path, path.startsWith('..') ? 401 : 404]);
  const wrong = await call('signed', '', json, 'PUT');
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
  expect((await call('far', '{}')).status).toBe(403);
  expect([(await call('slow', '{}')).status, (await call('slow', '{}')).status]).toEqual([202, 202]);
  const many = await call('slow', '{}');
  expect([many.status, Number(many.headers.get('retry-after')) > 3_000]).toEqual([429, true]);
});

test('a repeated call starts no second run, at the same time either', async () => {
  const ids = await Promise.all(
    Array.from({ length: 5 }, async () => (await call('once', '{}', { ...json, 'x-id': 'e1' })).body.run),
  );
  expect(new Set(ids).size).toBe(1);
  expect((await calls('once')).map(({ outcome }: { outcome: string }) => outcome).sort()).toEqual([
    'accepted',
    ...Array(4).fill('duplicate'),
  ]);
  expect((await call('once', '{}', { ...json, 'x-id': 'e2' })).body).toEqual({
    run: expect.not.stringContaining(ids[0]),
  });
  expect((await call('once', '{}')).status).toBe(400);
  const first = await call('body_once', '{"id":7}');
  expect((await call('body_once', '{"id":7,"a":1}')).body).toEqual({ run: first.body.run, duplicate: true });
  expect((await call('body_once', '{}')).status).toBe(400);
});

test('a body that does not fit is answered with all faults, in linear time', async () => {
  const wrong = await call('strict', `{"id":"x","to":"${'a'.repeat(50)}!"}`);
  expect([wrong.status, wrong.body.errors[0].extensions.details.faults]).toEqual([
    400,
    [
      { place: '/id', message: 'must be integer' },
      { place: '/to', message: expect.stringMatching(/pattern/) },
    ],
  ]);
  expect((await runOf((await call('strict', '{"id":3}')).body.run)).input).toEqual({ id: 3 });
});

test('a call waits for the response of its run, or for its end', async () => {
  const answer = await call('waits', '{"n":5}');
  expect([answer.status, answer.headers.get('x-a'), answer.body]).toEqual([201, 'b', { got: 5 }]);
  expect((await call('waits_end', '{"n":5}')).body).toEqual({ run: expect.any(String), output: { n: 5 } });
});

test('challenges of Slack and Meta', async () => {
  const slack = await call('slack', '{"type":"url_verification","challenge":"<b>abc"}');
  expect([slack.status, slack.text, slack.headers.get('content-type')]).toEqual([
    200,
    '<b>abc',
    'text/plain; charset=utf-8',
  ]);
  const ask = (token: string) =>
    call(
      `meta?hub.mode=subscribe&hub.challenge=123&hub.verify_token=${encodeURIComponent(token)}`,
      '',
      {},
      'GET',
    );
  expect((await ask(secret)).text).toBe('123');
  expect((await ask('x')).status).toBe(403);
  expect((await calls('meta')).map(({ outcome }: { outcome: string }) => outcome)).toEqual([
    'refused',
    'challenge',
  ]);
});

test('a call of the log is replayed', async () => {
  const { body } = await call('a/open', '{"replay":1}');
  const [logged] = await calls('open');
  expect(logged.run).toBe(body.run);
  const replay = (id: string) => foz.control('mutation ($id: String!) { replayHookCall(id: $id) }', { id });
  const { data } = await replay(logged.id);
  await until(async () => (await runOf(data.replayHookCall)).state === 'done');
  expect((await runOf(data.replayHookCall)).output.body).toEqual({ replay: 1 });
  expect((await calls('open'))[0]).toMatchObject({ replayOf: logged.id, run: data.replayHookCall });
  const refused = (await calls('signed')).find(({ outcome }: { outcome: string }) => outcome === 'refused');
  expect((await replay(refused.id)).errors).toMatchObject([{ extensions: { code: 'conflict' } }]);
  expect((await replay('x')).errors).toMatchObject([{ extensions: { code: 'not-found' } }]);
});

test('faults of webhooks are refused with their places', async () => {
  const put = (definition: object) =>
    foz.control('mutation ($definition: JSON!) { putHook(definition: $definition) { applied } }', {
      definition,
    });
  const { errors } = await put({
    ...hook('bad', {
      workflow: 'ecko',
      network: [],
      auth: { kind: 'hmac', style: 'gitlab', secrets: [{ env: 'A' }] },
    }),
  });
  expect(errors![0]!.message).toMatch(/has no setting "network" \(did you mean "networks"\?\)/);
  expect(errors![0]!.message).toMatch(/auth\.style must be one of github/);
  expect(errors![0]!.message).toMatch(/"ecko", which is not there \(did you mean "echo"\?\)/);
  expect((await put(hook('twin', { path: 'a/open' }))).errors![0]!.message).toMatch(
    /has the path of the webhook open/,
  );
  const twilio = hook('t', {
    auth: { kind: 'hmac', style: 'twilio', secrets: [env] },
    dedupe: {},
    networks: ['x'],
  });
  const { message } = (await put(twilio)).errors![0]!;
  for (const part of [/needs the "url"/, /either a "header" or a "key"/, /is no address or network/])
    expect(message).toMatch(part);
});
