import type { IncomingMessage } from 'node:http';
import type { Session } from '../../src/access/index.ts';
import { adminRole, parseRoleName, type RoleName } from '../../src/core/index.ts';
import { defaultLimits, type FozServer } from '../../src/serve/index.ts';
import { MemoryEngine, post, serve } from './engine.ts';

const hello = { query: '{ hello }' };
const clerk = parseRoleName('clerk')!;
let server: FozServer;
afterEach(() => server.close());

/** Takes the role from one header and the caller from another. */
function identify({ headers }: IncomingMessage): Session {
  const role = (headers['x-role'] ?? adminRole) as RoleName;
  const key = headers['x-key'] as string | undefined;
  return {
    role,
    variables: new Map(),
    ...(key === undefined ? {} : { actor: { kind: 'api-key', id: key, keyId: key } }),
    ...(key === 'slow' ? { rateLimit: { requests: 1, seconds: 60 } } : {}),
  };
}

test('requests beyond the rate are 429, each caller counted for itself', async () => {
  server = await serve(new MemoryEngine(), { rate: { requests: 2, seconds: 60 } }, { identify });
  const first = await post(server.url, hello, { 'x-key': 'a' });
  expect(first.status).toBe(200);
  expect(first.headers.get('ratelimit-policy')).toBe('"role";q=2;w=60');
  expect(first.headers.get('ratelimit')).toMatch(/^"role";r=1;t=\d+$/);
  expect((await post(server.url, hello, { 'x-key': 'a' })).headers.get('ratelimit')).toMatch(
    /^"role";r=0;t=\d+$/,
  );
  const third = await post(server.url, hello, { 'x-key': 'a' });
  expect(third.status).toBe(429);
  expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(50);
  expect(JSON.parse(third.text)).toEqual({
    errors: [
      {
        message: expect.stringMatching(/^Too many requests: come back in \d+ seconds\.$/),
        extensions: { path: '$', code: 'limit-exceeded' },
      },
    ],
  });
  expect((await post(server.url, hello, { 'x-key': 'b' })).status).toBe(200);
  expect((await post(server.url, hello)).status).toBe(200);
});

test('a key has its own rate besides that of its role', async () => {
  server = await serve(new MemoryEngine(), { rate: { requests: 5, seconds: 60 } }, { identify });
  const first = await post(server.url, hello, { 'x-key': 'slow' });
  expect(first.headers.get('ratelimit-policy')).toBe('"role";q=5;w=60, "key";q=1;w=60');
  expect((await post(server.url, hello, { 'x-key': 'slow' })).status).toBe(429);
  expect((await post(server.url, hello, { 'x-key': 'slow', 'x-role': clerk })).status).toBe(429);
  expect((await post(server.url, hello, { 'x-key': 'fast' })).status).toBe(200);
});

test('without a rate there are no headers about it', async () => {
  server = await serve(new MemoryEngine(), {}, { identify });
  expect((await post(server.url, hello)).headers.get('ratelimit')).toBeNull();
});

test('no more requests of a caller run at once than may', async () => {
  const engine = new MemoryEngine();
  server = await serve(engine, { concurrency: 2 }, { identify });
  const slow = { query: '{ slow(ms: 300) }' };
  const running = [post(server.url, slow, { 'x-key': 'a' }), post(server.url, slow, { 'x-key': 'a' })];
  while (engine.running < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  const third = await post(server.url, slow, { 'x-key': 'a' });
  expect(third.status).toBe(429);
  expect(third.headers.get('retry-after')).toBe('1');
  expect((await post(server.url, hello, { 'x-key': 'b' })).status).toBe(200);
  expect((await Promise.all(running)).map(({ status }) => status)).toEqual([200, 200]);
  expect((await post(server.url, hello, { 'x-key': 'a' })).status).toBe(200);
});

test('a role has its own depth, fields and time', async () => {
  server = await serve(
    new MemoryEngine(),
    {},
    { identify, roleLimits: new Map([[clerk, { ...defaultLimits, nodes: 1, time_ms: 50 }]]) },
  );
  const two = { query: '{ a: hello b: hello }' };
  expect((await post(server.url, two)).text).toBe('{"data":{"a":"hello world","b":"hello world"}}');
  expect(
    JSON.parse((await post(server.url, { query: '{ a: hello  b: hello }' }, { 'x-role': 'clerk' })).text)
      .errors[0].extensions.code,
  ).toBe('limit-exceeded');
  const slow = { query: '{ slow(ms: 400) }' };
  expect((await post(server.url, slow)).text).toBe('{"data":{"slow":"done"}}');
  expect((await post(server.url, slow, { 'x-role': 'clerk' })).text).toContain('"code":"timeout"');
});

test('who has no credential is counted by address, of IPv6 by the network of 64 bits', async () => {
  const addressOf = ({ headers }: IncomingMessage) => String(headers['x-address']);
  server = await serve(new MemoryEngine(), { rate: { requests: 1, seconds: 60 } }, { identify, addressOf });
  const from = async (address: string) => (await post(server.url, hello, { 'x-address': address })).status;
  expect(await from('2001:db8:1:2::1')).toBe(200);
  expect(await from('2001:db8:1:2:ffff::9')).toBe(429);
  expect(await from('2001:db8:1:3::1')).toBe(200);
  expect(await from('192.0.2.1')).toBe(200);
  expect(await from('192.0.2.2')).toBe(200);
  expect(await from('192.0.2.1')).toBe(429);
});
