import { type AuthConfig, createAuth, type IssuerConfig } from '../../src/auth/index.ts';
import { now, payload, pem, rsa, signed } from './jwt.ts';
import { refused, request } from './support.ts';

const issuer: IssuerConfig = { issuer: 'https://issuer.example.com', audience: 'foz', key: pem(rsa) };
const refusal =
  'The token was not accepted: it must be signed by an issuer this server knows, be meant for this server, and be valid now.';

function auth(jwt: readonly IssuerConfig[] = [issuer], more: Partial<AuthConfig> = {}) {
  return createAuth({ config: { jwt, anonymous_role: 'visitor', ...more } });
}

function bearer(token: string, headers: Record<string, string> = {}) {
  return request({ authorization: `Bearer ${token}`, ...headers });
}

const rs256 = (claims: unknown = payload, header: object = {}) =>
  signed(claims, rsa.privateKey, { alg: 'RS256', ...header });

describe('tokens in a cookie', () => {
  const { identify } = auth([{ ...issuer, from: [{ cookie: 'session' }, { header: 'authorization' }] }], {
    cookie_origins: ['https://app.example.com'],
  });
  const cookie = `theme=dark; session=${rs256()}; other=1`;
  const with_ = (headers: Record<string, string>, more = {}) =>
    identify(request({ host: 'api.example.com', cookie, ...headers }, more), now);

  test.each<[string, Record<string, string>, object?]>([
    ['its own origin', { origin: 'https://api.example.com' }],
    ['its own origin over http', { origin: 'http://api.example.com' }],
    ['its own origin with the port said', { origin: 'https://api.example.com', host: 'api.example.com:443' }],
    ['a known origin', { origin: 'https://app.example.com' }],
    ['a known origin, WebSocket', { origin: 'https://app.example.com' }, { via: 'websocket' }],
    ['sec-fetch-site same-origin', { 'sec-fetch-site': 'same-origin' }],
    ['a custom header', { 'x-foz-csrf': '1' }],
    ['a custom header of Apollo clients', { 'apollo-require-preflight': 'true', 'sec-fetch-site': 'none' }],
  ])('from %s', async (_name, headers, more = {}) => {
    expect(await with_(headers, more)).toMatchObject({ role: 'user' });
  });

  test.each<[string, Record<string, string>, object?]>([
    ['nowhere known', {}],
    ['another origin', { origin: 'https://evil.example.com' }],
    ['another origin with a custom header', { origin: 'https://evil.example.com', 'x-foz-csrf': '1' }],
    ['an origin that begins right', { origin: 'https://api.example.com.evil.com' }],
    ['another port', { origin: 'https://api.example.com:8443' }],
    ['null', { origin: 'null' }],
    ['another scheme', { origin: 'ftp://api.example.com' }],
    ['http while the server is https', { origin: 'http://api.example.com' }, { secure: true }],
    ['sec-fetch-site cross-site', { 'sec-fetch-site': 'cross-site', 'x-foz-csrf': '1' }],
    ['sec-fetch-site same-site', { 'sec-fetch-site': 'same-site' }],
    ['a WebSocket without origin', { 'x-foz-csrf': '1' }, { via: 'websocket' }],
    [
      'a WebSocket of another origin',
      { origin: 'https://evil.example.com', 'sec-fetch-site': 'same-origin' },
      { via: 'websocket' },
    ],
  ])('refused from %s, also when the token is remembered', async (_name, headers, more = {}) => {
    await with_({ 'x-foz-csrf': '1' });
    expect(await refused(() => with_(headers, more))).toMatchObject({ code: 'access-denied', status: 403 });
  });

  test('the header needs no such rule and comes first', async () => {
    expect(
      await identify(bearer(rs256({ ...payload, sub: 'bob' }), { cookie, host: 'h' }), now),
    ).toMatchObject({ actor: { id: 'bob' } });
  });

  test('a broken cookie and one that is there twice are refused; another cookie is none', async () => {
    const csrf = { 'x-foz-csrf': '1' };
    expect(await refused(() => with_({ ...csrf, cookie: 'session=abc' }))).toMatchObject({
      message: refusal,
    });
    expect(await refused(() => with_({ ...csrf, cookie: `${cookie}; session=x` }))).toMatchObject({
      why: 'cookie twice',
    });
    expect(await with_({ ...csrf, cookie: `xsession=${rs256()}; session2=a` })).toMatchObject({
      role: 'visitor',
    });
    expect(await with_({ ...csrf, cookie: `session="${rs256()}"` })).toMatchObject({ role: 'user' });
  });
});
