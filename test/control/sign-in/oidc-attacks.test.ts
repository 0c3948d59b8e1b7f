import { importJWK, type JWTPayload, SignJWT } from 'jose';
import { signingKey } from '../../auth/oidc.ts';
import { Browser, type Loaded } from './browser.ts';
import { FozForPeople } from './foz.ts';
import { OidcServer } from './oidc-server.ts';

const provider = new OidcServer();
const server = new FozForPeople();
const attempt = 'This attempt to sign in is not known to this browser';
const answer = 'The answer of the provider was not accepted.';

beforeAll(async () => {
  await provider.start();
  provider.people.set('ada', { name: 'Ada', email: 'ada@example.com', email_verified: true });
  const common = { ...provider.client, protocol: 'oidc', roles: { everyone: ['reader'] } } as const;
  await server.start([
    { ...common, name: 'company' },
    { ...common, name: 'partner' },
  ]);
  provider.register(server.url, ['company', 'partner']);
}, 60_000);
afterAll(async () => {
  await server.close();
  provider.stop();
});
beforeEach(() => {
  provider.forge = null;
  provider.person = 'ada';
});

const isCallback = ({ pathname }: URL) => pathname.endsWith('/callback');

/** A browser that stands before the callback, and the URL of it. */
async function arriving(name = 'company') {
  const browser = new Browser();
  const { url } = await browser.go(server.at(`/auth/${name}/login`), isCallback);
  expect(url.searchParams.get('code')).not.toBeNull();
  return { browser, url };
}

/** Expects a refusal that lets nobody in and tells nothing. */
function expectRefused(page: Loaded, browser: Browser, text: string, status = 403): void {
  expect({ status: page.status, says: page.text.includes(text) }).toEqual({ status, says: true });
  expect(browser.jar(server.at('/')).has('foz_session')).toBe(false);
  expect(page.text).not.toMatch(/eyJ|nonce|JWT|jwt|invalid_grant|at .*\.ts/);
}

function changed(url: URL, change: (query: URLSearchParams) => void): URL {
  const copy = new URL(url);
  change(copy.searchParams);
  return copy;
}

test.each<[string, (url: URL) => URL, string]>([
  ['no state', (url) => changed(url, (query) => query.delete('state')), attempt],
  ['an empty state', (url) => changed(url, (query) => query.set('state', '')), attempt],
  ['another state', (url) => changed(url, (query) => query.set('state', 'A'.repeat(43))), attempt],
  [
    'a state with the same start',
    (url) => changed(url, (query) => query.set('state', `${query.get('state')!.slice(0, 42)}!`)),
    attempt,
  ],
  [
    'a state that differs at its end',
    (url) => changed(url, (query) => query.set('state', `${query.get('state')!.slice(0, 40)}AAA`)),
    attempt,
  ],
  [
    'a state with line ends',
    (url) => changed(url, (query) => query.set('state', 'a\r\nset-cookie: x=y')),
    attempt,
  ],
  ['a state twice', (url) => changed(url, (query) => query.append('state', 'other')), answer],
  ['no code', (url) => changed(url, (query) => query.delete('code')), answer],
  ['an unknown code', (url) => changed(url, (query) => query.set('code', 'unknown')), answer],
  ['a code twice', (url) => changed(url, (query) => query.append('code', 'other')), answer],
  ['no iss', (url) => changed(url, (query) => query.delete('iss')), answer],
  [
    'the iss of another provider (mix-up)',
    (url) => changed(url, (query) => query.set('iss', 'https://evil.example')),
    answer,
  ],
  ['the callback of another provider', (url) => new URL(url.href.replace('/company/', '/partner/')), attempt],
])('%s', async (_name, change, text) => {
  const { browser, url } = await arriving();
  expectRefused(await browser.ask(change(url)), browser, text);
});

test("an answer in another person's browser (log-in CSRF) fits no attempt there, also none of its own", async () => {
  const attacker = await arriving();
  const victim = await arriving();
  expectRefused(await victim.browser.ask(attacker.url), victim.browser, attempt);
  const code = attacker.url.searchParams.get('code')!;
  const injected = changed(victim.url, (query) => query.set('code', code));
  expectRefused(await victim.browser.ask(injected), victim.browser, answer);
});

test('an answer counts once, even with the cookie of its attempt', async () => {
  const { browser, url } = await arriving();
  const cookies = new Map(browser.jar(url));
  expect((await browser.ask(url)).status).toBe(303);
  const again = new Browser();
  for (const [name, value] of cookies) again.jar(url).set(name, value);
  expectRefused(await again.ask(url), again, answer);
});

test('an attempt that was changed, or is of another server, is none', async () => {
  const { browser, url } = await arriving();
  const [[name, value]] = [...browser.jar(url)] as [[string, string]];
  browser.jar(url).set(name, `${value.slice(0, -4)}AAAA`);
  expectRefused(await browser.ask(url), browser, attempt);
  const other = new Browser();
  other.jar(url).set(name, 'e30.e30.e30.e30.e30');
  expectRefused(await other.ask(url), other, attempt);
});

/** An ID token with these changes, signed with a key and an algorithm. */
async function signed(
  claims: JWTPayload,
  changes: JWTPayload,
  key: Parameters<typeof importJWK>[0] = provider.key as never,
  header: { alg: string; kid?: string } = { alg: 'ES256', kid: 'one' },
): Promise<string> {
  const payload = Object.entries({ ...claims, ...changes }).filter(([, value]) => value !== undefined);
  return new SignJWT(Object.fromEntries(payload))
    .setProtectedHeader(header)
    .sign(await importJWK(key, header.alg));
}

const at = () => Math.floor(Date.now() / 1000);
const strange = signingKey('one');
const unsigned = (claims: JWTPayload) => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return Promise.resolve(`${part({ alg: 'none' })}.${part(claims)}.`);
};

test.each<[string, (claims: JWTPayload) => Promise<string>]>([
  ['another nonce', (claims) => signed(claims, { nonce: 'other' })],
  ['no nonce', (claims) => signed(claims, { nonce: undefined })],
  ['another audience', (claims) => signed(claims, { aud: 'other' })],
  ['several audiences without azp', (claims) => signed(claims, { aud: ['foz', 'other'] })],
  ['the azp of another client', (claims) => signed(claims, { aud: ['foz', 'other'], azp: 'other' })],
  ['no audience', (claims) => signed(claims, { aud: undefined })],
  ['another issuer', (claims) => signed(claims, { iss: 'https://evil.example' })],
  ['no issuer', (claims) => signed(claims, { iss: undefined })],
  ['no subject', (claims) => signed(claims, { sub: undefined })],
  ['the subject of somebody else', (claims) => signed(claims, { sub: 'eve' })],
  ['expired', (claims) => signed(claims, { exp: at() - 40 })],
  ['no exp', (claims) => signed(claims, { exp: undefined })],
  ['no iat', (claims) => signed(claims, { iat: undefined })],
  ['not valid yet', (claims) => signed(claims, { nbf: at() + 60 })],
  ["a key that is not the provider's", (claims) => signed(claims, {}, strange as never)],
  ['an unknown key id', (claims) => signed(claims, {}, strange as never, { alg: 'ES256', kid: 'two' })],
  ['the algorithm none', unsigned],
  [
    'HMAC with the public key (algorithm confusion)',
    (claims) => {
      const { d: _, ...open } = provider.key as { d?: string };
      const k = Buffer.from(JSON.stringify(open)).toString('base64url');
      return signed(claims, {}, { kty: 'oct', k } as never, { alg: 'HS256', kid: 'one' });
    },
  ],
  [
    'HMAC with the secret of the client',
    (claims) => {
      const k = Buffer.from(provider.client.client_secret).toString('base64url');
      return signed(claims, {}, { kty: 'oct', k } as never, { alg: 'HS256' });
    },
  ],
  ['no token', () => Promise.resolve('')],
  ['a token that is none', () => Promise.resolve('a.b.c')],
])('an ID token with %s', async (_name, forge) => {
  const { browser, url } = await arriving();
  provider.forge = forge;
  expectRefused(await browser.ask(url), browser, answer);
});

test('a forged token with nothing wrong gets in: it is the checks that refuse the others; clocks may differ a little', async () => {
  provider.forge = (claims) => signed(claims, { exp: at() - 10, iat: at() - 20 });
  const { browser } = await server.signIn('company');
  expect((await server.session(browser)).status).toBe(200);
});

test('who cancels at the provider is told so', async () => {
  provider.person = '';
  const browser = new Browser();
  const page = await browser.go(server.at('/auth/company/login'));
  expectRefused(page, browser, 'The sign-in was cancelled at the provider.');
});

test.each(['https://evil.example', '//evil.example', '/\\evil.example', 'javascript:alert(1)'])(
  'the return address %s is refused before anything begins',
  async (redirect) => {
    for (const path of ['/auth/login', '/auth/providers', '/auth/company/login']) {
      const browser = new Browser();
      const page = await browser.ask(server.at(`${path}?redirect=${encodeURIComponent(redirect)}`));
      expectRefused(page, browser, 'The address to return to');
      expect(page.headers.get('location')).toBeNull();
    }
  },
);

test('a session cookie that is wrong, or from a page of another origin, is refused', async () => {
  const { browser } = await server.signIn('company');
  const secret = browser.jar(server.at('/')).get('foz_session')!;
  for (const value of [
    '',
    'a',
    secret.slice(1),
    `${secret}A`,
    'A'.repeat(43),
    secret.toLowerCase(),
    '__proto__',
  ]) {
    const other = new Browser();
    other.jar(server.at('/')).set('foz_session', value);
    expect((await server.session(other)).status).toBe(401);
  }
  const foreign = await browser.ask(server.at('/auth/session'), {
    headers: { origin: 'https://evil.example' },
  });
  expect(foreign.status).toBe(403);
  const post = await browser.ask(server.at('/graphql'), {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: 'https://evil.example' },
    body: '{"query":"{ __typename }"}',
  });
  expect(post.status).toBe(403);
});

test("a log-out message that is not the provider's ends nothing", async () => {
  const { browser } = await server.signIn('company');
  const event = { 'http://schemas.openid.net/event/backchannel-logout': {} };
  const claims = { iss: provider.issuer, aud: 'foz', iat: at(), jti: 'one', sub: 'ada', events: event };
  const tokens = [
    '',
    'a.b.c',
    await unsigned(claims),
    await signed(claims, {}, strange as never),
    await signed(claims, { aud: 'other' }),
    await signed(claims, { iss: 'https://evil.example' }),
    await signed(claims, { nonce: 'one' }),
    await signed(claims, { events: undefined }),
    await signed(claims, { events: {} }),
    await signed(claims, { jti: undefined }),
    await signed(claims, { sub: undefined }),
    await signed(claims, { iat: at() - 3_600 }),
  ];
  const send = (token: string) =>
    fetch(server.at('/auth/company/backchannel-logout'), {
      method: 'POST',
      body: new URLSearchParams({ logout_token: token }),
    });
  for (const token of tokens) expect((await send(token)).status).toBe(400);
  expect((await server.session(browser)).status).toBe(200);
  const right = await signed(claims, {});
  expect((await send(right)).status).toBe(200);
  expect((await server.session(browser)).status).toBe(401);
  expect((await send(right)).status).toBe(400);
});
