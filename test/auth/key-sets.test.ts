import type { ServerResponse } from 'node:http';
import { createAuth, type SessionEnd } from '../../src/auth/index.ts';
import { until } from '../support/wait.ts';
import { jwk, p256 } from './jwt.ts';
import { OidcServer, signingKey } from './oidc.ts';
import { refused, request } from './support.ts';

const refusal = /^The token was not accepted/;
const [a, b, c] = [signingKey('a'), signingKey('b'), signingKey('c')];
const second = 1000;
const minute = 60 * second;

let oidc: OidcServer;

beforeEach(async () => {
  oidc = new OidcServer();
  await oidc.start([a!]);
});

afterEach(() => oidc.stop());

function auth() {
  return createAuth({
    config: {
      jwt: [{ issuer: oidc.issuer, audience: 'foz', jwks_url: `${oidc.issuer}/jwks`, token_type: 'at+jwt' }],
    },
  });
}

function foz({ identify } = auth()) {
  return async (token: string, now = Date.now()) =>
    identify(request({ authorization: `Bearer ${token}` }), now);
}

test('a token of a provider is accepted, and its keys are asked for once', async () => {
  const identify = foz();
  const tokens = await Promise.all([oidc.token(), oidc.token(), oidc.token()]);
  for (const session of await Promise.all(tokens.map((token) => identify(token))))
    expect(session).toMatchObject({
      role: 'user',
      actor: { kind: 'jwt', id: 'machine', issuer: oidc.issuer },
    });
  expect(oidc.jwksAsked).toBe(1);
});

test('a new key is found when a token names it, after a cool-down', async () => {
  const identify = foz();
  const old = await oidc.token();
  const start = Date.now();
  await identify(old, start);
  oidc.rotate([b!, a!]);
  const fresh = await oidc.token();
  expect((await refused(() => identify(fresh, start + 29 * second))).message).toMatch(refusal);
  expect(oidc.jwksAsked).toBe(1);
  expect(await identify(fresh, start + 31 * second)).toMatchObject({ role: 'user' });
  expect(await identify(old, start + 31 * second)).toMatchObject({ role: 'user' });
  expect(oidc.jwksAsked).toBe(2);
});

test('names of keys that nobody has ask once per cool-down, however many come', async () => {
  const identify = foz();
  const start = Date.now();
  await identify(await oidc.token(), start);
  const [header, ...rest] = (await oidc.token()).split('.');
  const known = JSON.parse(Buffer.from(header!, 'base64url').toString());
  const forged = Array.from({ length: 200 }, (_, at) =>
    [Buffer.from(JSON.stringify({ ...known, kid: `k${at}` })).toString('base64url'), ...rest].join('.'),
  );
  const answers = await Promise.all(
    forged.map((token) => refused(() => identify(token, start + 31 * second))),
  );
  expect(answers.every(({ code }) => code === 'access-denied')).toBe(true);
  expect(oidc.jwksAsked).toBe(2);
});

test('a withdrawn key ends the tokens that were remembered', async () => {
  const identify = foz();
  const start = Date.now();
  const old = await oidc.token();
  await identify(old, start);
  oidc.rotate([b!]);
  expect(await identify(old, start + 9 * minute)).toMatchObject({ role: 'user' });
  await identify(old, start + 11 * minute);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect((await refused(() => identify(old, start + 11 * minute))).message).toMatch(refusal);
  expect(await identify(await oidc.token(), start + 11 * minute)).toMatchObject({ role: 'user' });
});

test('a key that was withdrawn while nobody asked counts for nobody', async () => {
  const identify = foz();
  const start = Date.now();
  const [known, unknown] = [await oidc.token(), await oidc.token()];
  await identify(known, start);
  oidc.rotate([b!]);
  for (const token of [known, unknown])
    expect(await refused(() => identify(token, start + 50 * minute))).toMatchObject({
      code: 'access-denied',
    });
  expect(oidc.jwksAsked).toBe(2);
});

test('a set that has become empty withdraws all keys', async () => {
  const identify = foz();
  const start = Date.now();
  const token = await oidc.token();
  await identify(token, start);
  oidc.instead = (_request, response) => void response.end('{"keys":[]}');
  expect(await refused(() => identify(token, start + 15 * minute))).toMatchObject({ code: 'access-denied' });
  oidc.instead = undefined;
  expect(await identify(token, start + 26 * minute)).toMatchObject({ role: 'user' });
});

test('a key that stays keeps its tokens when another one is withdrawn', async () => {
  oidc.rotate([a!, b!]);
  const identify = foz();
  const start = Date.now();
  const token = await oidc.token();
  const session = await identify(token, start);
  oidc.rotate([a!]);
  await identify(token, start + 11 * minute);
  await until(() => oidc.jwksAsked === 2);
  expect(await identify(token, start + 11 * minute)).toBe(session);
});

test('a withdrawn key ends the sessions that run under its tokens, though nobody else asks', async () => {
  const foreign = auth();
  const start = Date.now() - 10 * minute + second;
  const session = await foz(foreign)(await oidc.token(), start);
  const seen: SessionEnd[] = [];
  foreign.watch(session, (reason) => seen.push(reason));
  oidc.rotate([b!]);
  await until(() => seen.length > 0, 5 * second);
  expect(seen).toEqual(['withdrawn']);
  expect(oidc.jwksAsked).toBe(2);
  await foreign.close();
});

test('keys are kept while the provider is down, for a day', async () => {
  const identify = foz();
  const start = Date.now();
  const [one, two] = [await oidc.token(), await oidc.token()];
  await identify(one, start);
  oidc.instead = (_request, response) => void response.writeHead(500).end();
  expect(await identify(two, start + 30 * minute)).toMatchObject({ role: 'user' });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await identify(one, start + 31 * minute)).toMatchObject({ role: 'user' });
  expect(await refused(() => identify(one, start + 25 * 60 * minute))).toMatchObject({ code: 'unavailable' });
});

test('without any keys tokens are unavailable, and the wait before asking again grows', async () => {
  const identify = foz();
  const start = Date.now();
  const token = await oidc.token();
  oidc.instead = (_request, response) => void response.writeHead(500).end();
  for (let ms = 0; ms < 20 * second; ms += 100)
    expect(await refused(() => identify(token, start + ms))).toMatchObject({ code: 'unavailable' });
  expect(oidc.jwksAsked).toBe(5);
  oidc.instead = undefined;
  expect(await identify(token, start + 60 * second)).toMatchObject({ role: 'user' });
});

test.each<[string, (response: ServerResponse) => void]>([
  ['no JSON', (response) => void response.end('<html>')],
  ['no set', (response) => void response.end('{"keys":{}}')],
  ['an empty set', (response) => void response.end('{"keys":[]}')],
  [
    'only secrets',
    (response) => void response.end(JSON.stringify({ keys: [{ kty: 'oct', k: 'AAAA', kid: 'a' }] })),
  ],
  ['only private keys', (response) => void response.end(JSON.stringify({ keys: [a] }))],
  [
    'only keys for encryption',
    (response) => void response.end(JSON.stringify({ keys: [jwk(p256, { kid: 'a', use: 'enc' })] })),
  ],
  [
    'things that are no keys',
    (response) =>
      void response.end(
        JSON.stringify({ keys: [null, 1, 'x', [], { kty: 'EC' }, { kty: 'RSA', n: 'AQ', e: 'AQAB' }] }),
      ),
  ],
  [
    'more than can be a set',
    (response) => void response.end(JSON.stringify({ keys: [], more: 'x'.repeat(600_000) })),
  ],
  ['a redirect', (response) => void response.writeHead(302, { location: '/elsewhere' }).end()],
])('a key set with %s is unavailable', async (_name, answer) => {
  const identify = foz();
  const token = await oidc.token();
  oidc.instead = (_request, response) => answer(response);
  expect(await refused(() => identify(token))).toMatchObject({
    code: 'unavailable',
    message: 'Tokens of this issuer cannot be checked now: its keys cannot be read.',
  });
});

test('a key set keeps what is good in it, and is asked for again when its answer says so', async () => {
  const identify = foz();
  const start = Date.now();
  const token = await oidc.token();
  const { d: _, ...publicKey } = a as unknown as Record<string, unknown>;
  oidc.instead = (_request, response) =>
    void response
      .writeHead(200, { 'cache-control': 'max-age=120' })
      .end(JSON.stringify({ keys: [null, { kty: 'oct', k: 'AAAA', kid: 'a' }, publicKey] }));
  expect(await identify(token, start)).toMatchObject({ role: 'user' });
  await identify(token, start + 119 * second);
  expect(oidc.jwksAsked).toBe(1);
  await identify(token, start + 120 * second);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(oidc.jwksAsked).toBe(2);
});

test('a key of the same name that is another key does not verify', async () => {
  const identify = foz();
  await identify(await oidc.token());
  oidc.rotate([{ ...c!, kid: 'a' }]);
  expect(await refused(async () => identify(await oidc.token()))).toMatchObject({
    why: 'token: wrong signature',
  });
});
