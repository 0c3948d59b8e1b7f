import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Tokens } from '../../src/auth/jwt/jwt-authenticator.ts';
import { Webhook } from '../../src/auth/webhook/webhook.ts';
import { HttpClient } from '../../src/outbound/index.ts';
import { now, payload, signed } from './jwt.ts';
import { keysOf, SilentStore, stored } from './keys.ts';
import { request } from './support.ts';

const http = new HttpClient({ author: 'operator' });
afterAll(() => http.close());
const secret = 'k'.repeat(32);
const claims = (role: string, variables: Record<string, string> = {}) => ({
  'x-hasura-allowed-roles': [role],
  'x-hasura-default-role': role,
  ...variables,
});
const token = (role: string, sub: string, variables = {}) =>
  signed({ ...payload, sub, 'https://hasura.io/jwt/claims': claims(role, variables) }, secret, {
    alg: 'HS256',
  });
const bearer = (text: string) => request({ authorization: `Bearer ${text}` });

test('verified tokens are kept within bytes, and those of one role do not push out those of another', async () => {
  const tokens = new Tokens({
    issuers: [{ issuer: payload.iss, audience: 'foz', secret }],
    http,
    cacheBytes: 200_000,
  });
  const identify = (text: string) => tokens.identify(tokens.credential(bearer(text))!, bearer(text), now);
  const quiet = token('clerk', 'ada');
  const session = await identify(quiet);
  for (let at = 0; at < 400; at++) {
    await identify(token('shopper', `user ${at}`, { 'x-hasura-note': 'n'.repeat(500) }));
    expect(tokens.cache.bytes).toBeLessThanOrEqual(200_000);
  }
  expect(tokens.cache.evictions).toBeGreaterThan(200);
  expect(tokens.cache.entries + tokens.cache.evictions).toBe(401);
  expect(identify(quiet)).toBe(session);
});

test('verified API keys are kept within bytes, and those of one role do not push out those of another', async () => {
  const quiet = stored({ roles: ['clerk'] });
  const variables = { note: 'n'.repeat(500) };
  const flood = Array.from({ length: 300 }, () => stored({ roles: ['shopper'], variables }));
  const repository = new SilentStore([quiet, ...flood].map(({ record }) => record));
  const { identify, keys } = keysOf([], { repository, cacheBytes: 200_000 });
  const session = await identify(request({ 'x-api-key': quiet.key }), 1);
  for (const { key } of flood) {
    await identify(request({ 'x-api-key': key }), 1);
    expect(keys.cache.bytes).toBeLessThanOrEqual(200_000);
  }
  expect(keys.cache.entries + keys.cache.evictions).toBe(301);
  expect(keys.cache.evictions).toBeGreaterThan(150);
  expect(identify(request({ 'x-api-key': quiet.key }), 1)).toBe(session);
});

test('answers of the webhook are kept within bytes, and those of one role do not push out those of another', async () => {
  let asked = 0;
  const server = createServer(({ headers }, response) => {
    asked++;
    const role = String(headers['x-wanted']);
    response.writeHead(200, { 'cache-control': 'max-age=600' });
    response.end(JSON.stringify({ 'x-hasura-role': role, 'x-hasura-note': 'n'.repeat(2_000) }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const webhook = new Webhook({ url }, http, 200_000);
  const identify = (role: string, user: string, time = now) => {
    const asking = request({ 'x-wanted': role, 'x-user': user });
    return webhook.identify(webhook.credential(asking), asking, time);
  };
  try {
    const session = await identify('clerk', 'ada');
    for (let at = 0; at < 120; at++) {
      await identify('shopper', `user ${at}`);
      expect(webhook.cache!.bytes).toBeLessThanOrEqual(200_000);
    }
    expect(webhook.cache!.evictions).toBeGreaterThan(50);
    expect(identify('clerk', 'ada')).toBe(session);
    expect(asked).toBe(121);
    // When the clock is set back, an answer must not live longer: both the time before and the time after the change count.
    const day = 86_400_000;
    await identify('clerk', 'ada', now + 400_000);
    expect(asked).toBe(121);
    await identify('clerk', 'ada', now - 25 * day);
    await identify('clerk', 'ada', now - 25 * day + 190_000);
    expect(asked).toBe(121);
    await identify('clerk', 'ada', now - 25 * day + 210_000);
    expect(asked).toBe(122);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
