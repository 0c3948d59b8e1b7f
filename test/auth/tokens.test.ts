import { type AuthConfig, createAuth, type IssuerConfig } from '../../src/auth/index.ts';
import {
  at,
  ed,
  jwk,
  now,
  otherRsa,
  p256,
  p384,
  p521,
  part,
  payload,
  pem,
  roles,
  rsa,
  signed,
} from './jwt.ts';
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

test('a right token gives a session, and at once when it comes again', async () => {
  const { identify } = auth();
  const token = rs256();
  const first = await identify(bearer(token), now);
  expect(first).toEqual({
    role: 'user',
    allowedRoles: ['user', 'editor'],
    variables: new Map([
      ['user-id', '7'],
      ['role', 'user'],
    ]),
    actor: { kind: 'jwt', id: 'ada', issuer: 'https://issuer.example.com' },
    expiresAt: (at + 600 + 30) * 1000,
  });
  expect(identify(bearer(token), now + 1)).toBe(first);
  expect(identify(bearer(token, { 'x-hasura-role': 'editor' }), now)).toMatchObject({
    role: 'editor',
    variables: new Map([
      ['user-id', '7'],
      ['role', 'editor'],
    ]),
  });
  expect(await refused(() => identify(bearer(token, { 'x-foz-role': 'admin' }), now))).toMatchObject({
    status: 403,
  });
});

test.each([
  ['RS256', rsa],
  ['RS384', rsa],
  ['RS512', rsa],
  ['PS256', rsa],
  ['PS384', rsa],
  ['PS512', rsa],
  ['ES256', p256],
  ['ES384', p384],
  ['ES512', p521],
  ['EdDSA', ed],
  ['Ed25519', ed],
])('%s by PEM and by JWK', async (alg, pair) => {
  for (const key of [pem(pair), jwk(pair, { kid: 'one', alg }), JSON.stringify(jwk(pair))]) {
    const { identify } = auth([{ ...issuer, key }]);
    expect(await identify(bearer(signed(payload, pair.privateKey, { alg, kid: 'one' })), now)).toMatchObject({
      role: 'user',
    });
  }
});

test.each([
  ['HS256', 32],
  ['HS384', 48],
  ['HS512', 64],
])('%s with a secret', async (alg, length) => {
  const secret = 's'.repeat(length);
  const { identify } = auth([{ ...issuer, key: undefined, secret, algorithms: [alg] }]);
  expect(await identify(bearer(signed(payload, secret, { alg })), now)).toMatchObject({ role: 'user' });
  expect(await refused(() => identify(bearer(signed(payload, `${secret}x`, { alg })), now))).toMatchObject({
    message: refusal,
  });
});

test.each<[string, string | (() => string)]>([
  ['no signature', `${part({ alg: 'none' })}.${part(payload)}.`],
  ['no signature, spelled otherwise', `${part({ alg: 'nOnE' })}.${part(payload)}.`],
  ['no algorithm', `${part({ typ: 'JWT' })}.${part(payload)}.AAAA`],
  ['HMAC keyed with the public key (PEM)', () => signed(payload, pem(rsa), { alg: 'HS256' })],
  [
    'HMAC keyed with the public key without its last line end',
    () => signed(payload, pem(rsa).trim(), { alg: 'HS256' }),
  ],
  ['HMAC keyed with the public key (JWK)', () => signed(payload, JSON.stringify(jwk(rsa)), { alg: 'HS256' })],
  ['HMAC keyed with nothing', () => signed(payload, '', { alg: 'HS256' })],
  [
    'HMAC signature that calls itself RS256',
    () =>
      `${part({ alg: 'RS256' })}.${part(payload)}.${signed(payload, pem(rsa), { alg: 'HS256' }).split('.')[2]}`,
  ],
  ['another key', () => signed(payload, otherRsa.privateKey, { alg: 'RS256' })],
  ['another kind of key', () => signed(payload, p256.privateKey, { alg: 'ES256' })],
  [
    'a key of its own in the header',
    () => signed(payload, otherRsa.privateKey, { alg: 'RS256', jwk: jwk(otherRsa) }),
  ],
  [
    'a place for keys in the header',
    () =>
      signed(payload, otherRsa.privateKey, {
        alg: 'RS256',
        jku: 'http://127.0.0.1:9/jwks',
        x5u: 'http://127.0.0.1:9/x',
      }),
  ],
  ['a kid that is a path', () => signed(payload, '', { alg: 'HS256', kid: '../../../../dev/null' })],
  ['a kid that is SQL', () => signed(payload, 'x', { alg: 'HS256', kid: "' UNION SELECT 'x" })],
  ['a kid that is no text', () => rs256(payload, { kid: { toString: 'one' } })],
  ['a critical header nobody knows', () => rs256(payload, { crit: ['exp'] })],
  ['an unencoded payload', () => rs256(payload, { b64: false, crit: ['b64'] })],
  ['an unknown issuer', () => rs256({ ...payload, iss: 'https://evil.example.com' })],
  ['no issuer', () => rs256({ ...payload, iss: undefined })],
  ['an issuer that is a list', () => rs256({ ...payload, iss: ['https://issuer.example.com'] })],
  ['an issuer with a look-alike letter', () => rs256({ ...payload, iss: 'https://іssuer.example.com' })],
  ['another audience', () => rs256({ ...payload, aud: 'other' })],
  ['no audience', () => rs256({ ...payload, aud: undefined })],
  ['an audience that only begins right', () => rs256({ ...payload, aud: ['foz2', 'fo'] })],
  ['an end in the past', () => rs256({ ...payload, exp: at - 31 })],
  ['no end', () => rs256({ ...payload, exp: undefined })],
  ['an end that is text', () => rs256({ ...payload, exp: String(at + 600) })],
  ['an end that is null', () => rs256({ ...payload, exp: null })],
  ['a begin in the future', () => rs256({ ...payload, nbf: at + 31 })],
  ['no claims', () => rs256({ ...payload, 'https://hasura.io/jwt/claims': undefined })],
  ['claims that are a list', () => rs256({ ...payload, 'https://hasura.io/jwt/claims': [roles] })],
  ['claims that are broken JSON', () => rs256({ ...payload, 'https://hasura.io/jwt/claims': '{' })],
  ['no roles', () => rs256({ ...payload, 'https://hasura.io/jwt/claims': { 'x-hasura-user-id': '1' } })],
  [
    'roles that are text',
    () =>
      rs256({
        ...payload,
        'https://hasura.io/jwt/claims': { 'x-hasura-allowed-roles': 'user', 'x-hasura-default-role': 'user' },
      }),
  ],
  [
    'an empty list of roles',
    () => rs256({ ...payload, 'https://hasura.io/jwt/claims': { 'x-hasura-allowed-roles': [] } }),
  ],
  [
    'a role that is no text',
    () => rs256({ ...payload, 'https://hasura.io/jwt/claims': { 'x-hasura-allowed-roles': [['user']] } }),
  ],
  [
    'a default role that is not allowed',
    () =>
      rs256({
        ...payload,
        'https://hasura.io/jwt/claims': {
          'x-hasura-allowed-roles': ['user'],
          'x-hasura-default-role': 'admin',
        },
      }),
  ],
  [
    'roles twice, as both prefixes',
    () =>
      rs256({ ...payload, 'https://hasura.io/jwt/claims': { ...roles, 'x-foz-allowed-roles': ['admin'] } }),
  ],
  [
    'NUL in a variable',
    () => rs256({ ...payload, 'https://hasura.io/jwt/claims': { ...roles, 'x-hasura-a': 'a\0b' } }),
  ],
  ['a payload that is a list', () => signed([payload], rsa.privateKey, { alg: 'RS256' })],
  ['a payload that is text', () => signed('hello', rsa.privateKey, { alg: 'RS256' })],
  [
    'a signature spelled oddly',
    () => rs256().replace(/.$/, (last) => ({ A: 'B', Q: 'R', g: 'h', w: 'x' })[last] ?? 'B'),
  ],
  ['padding', () => `${rs256()}=`],
  ['more than the longest', () => rs256({ ...payload, more: 'x'.repeat(9000) })],
])('a token with %s is refused', async (_name, token) => {
  const text = typeof token === 'function' ? token() : token;
  const { code, status, message } = await refused(() => auth().identify(bearer(text), now));
  expect([code, status]).toEqual(['access-denied', 401]);
  expect(message).not.toMatch(/anonym|visitor/);
});

test('clocks may differ by the skew', async () => {
  const { identify } = auth([{ ...issuer, clock_skew: 5 }]);
  expect(await identify(bearer(rs256({ ...payload, exp: at - 4, nbf: at + 5 })), now)).toMatchObject({
    role: 'user',
    expiresAt: (at + 1) * 1000,
  });
  expect(await refused(() => identify(bearer(rs256({ ...payload, exp: at - 5 })), now))).toMatchObject({
    why: 'token: expired',
  });
  expect(await refused(() => identify(bearer(rs256({ ...payload, nbf: at + 6 })), now))).toMatchObject({
    message: refusal,
  });
});

test('a remembered token ends when it expires', async () => {
  const { identify } = auth();
  const token = rs256();
  await identify(bearer(token), now);
  const end = (at + 630) * 1000;
  expect(identify(bearer(token), end - 1)).toMatchObject({ expiresAt: end });
  expect(await refused(() => identify(bearer(token), end))).toMatchObject({ why: 'token: expired' });
});

test('tokens without end, audience or type when the issuer says so', async () => {
  const { identify } = auth([{ ...issuer, audience: null, require_exp: false }]);
  const session = await identify(bearer(rs256({ ...payload, exp: undefined, aud: undefined })), now);
  expect(session).not.toHaveProperty('expiresAt');
  const typed = auth([{ ...issuer, token_type: 'at+jwt' }]);
  expect(await typed.identify(bearer(rs256(payload, { typ: 'at+jwt' })), now)).toMatchObject({
    role: 'user',
  });
  for (const header of [{}, { typ: 'JWT' }])
    expect(await refused(() => typed.identify(bearer(rs256(payload, header)), now))).toMatchObject({
      message: refusal,
    });
});

test('several issuers: each has its own keys, algorithms and roles', async () => {
  const second: IssuerConfig = {
    issuer: 'https://second',
    audience: ['a', 'b'],
    key: [pem(p256), jwk(ed, { kid: 'e' })],
    algorithms: ['ES256'],
    roles: ['editor'],
  };
  const third: IssuerConfig = { issuer: null, audience: null, secret: 'k'.repeat(32) };
  const { identify } = auth([issuer, second, third]);
  const es256 = (claims: object) =>
    bearer(signed({ ...payload, ...claims }, p256.privateKey, { alg: 'ES256' }));
  expect(await identify(es256({ iss: 'https://second', aud: ['x', 'b'] }), now)).toMatchObject({
    role: 'editor',
    allowedRoles: ['editor'],
  });
  expect(
    await identify(bearer(signed({ ...payload, iss: undefined }, 'k'.repeat(32), { alg: 'HS256' })), now),
  ).toMatchObject({ role: 'user', actor: { issuer: undefined } });
  const wrong = [
    es256({}),
    es256({ iss: 'https://second', aud: 'foz' }),
    es256({ iss: undefined }),
    bearer(
      signed({ ...payload, iss: 'https://second', aud: 'a' }, ed.privateKey, { alg: 'EdDSA', kid: 'e' }),
    ),
    bearer(signed(payload, 'k'.repeat(32), { alg: 'HS256' })),
    bearer(rs256({ ...payload, iss: 'https://second', aud: 'a' })),
  ];
  for (const one of wrong)
    expect(await refused(() => identify(one, now))).toMatchObject({ message: refusal });
  const nobody = { 'x-hasura-allowed-roles': ['admin'] };
  expect(
    await refused(() =>
      identify(es256({ iss: 'https://second', aud: 'a', 'https://hasura.io/jwt/claims': nobody }), now),
    ),
  ).toMatchObject({ why: 'token: none of its roles may come from this issuer' });
});

test('claims: own namespace first, text, paths, other values', async () => {
  const read = async (claims: object, config: Partial<IssuerConfig> = {}) => {
    const { 'https://hasura.io/jwt/claims': _, ...rest } = payload;
    const session = await auth([{ ...issuer, ...config }]).identify(
      bearer(rs256({ ...rest, ...claims })),
      now,
    );
    return [session.role, Object.fromEntries(session.variables)];
  };
  const own = {
    'X-Foz-Allowed-Roles': ['a'],
    'X-Foz-User-Id': 5,
    'x-foz-list': ['x', 'y'],
    'x-foz-flag': true,
    'x-foz-none': null,
    other: 'no',
    'x-foz-\u212Aey': 'no',
  };
  const variables = { 'user-id': '5', list: '["x","y"]', flag: 'true', role: 'a' };
  expect(await read({ 'https://foz.dev/claims': own, 'https://hasura.io/jwt/claims': roles })).toEqual([
    'a',
    variables,
  ]);
  expect(await read({ 'https://foz.dev/claims': JSON.stringify(own) })).toEqual(['a', variables]);
  expect(await read({ mine: own }, { claims_namespace: 'mine' })).toEqual(['a', variables]);
  expect(
    await read({ app: { 'the claims': [own] } }, { claims_namespace_path: "$.app['the claims'][0]" }),
  ).toEqual(['a', variables]);
  expect(await read({ 'https://foz.dev/claims': { 'x-foz-default-role': 'one' } })).toEqual([
    'one',
    { role: 'one' },
  ]);
});

test('claims by a map with paths and defaults', async () => {
  const map = {
    'x-hasura-allowed-roles': { path: '$.realm.roles', default: ['guest'] },
    'x-hasura-default-role': { path: '$.realm.roles[0]', default: 'guest' },
    'x-hasura-user-id': { path: '$.sub' },
    'x-hasura-org': { path: "$['org']['id']", default: 'none' },
    'x-hasura-fixed': 'yes',
  };
  const { identify } = auth([{ ...issuer, claims_map: map }]);
  expect(
    (await identify(bearer(rs256({ ...payload, realm: { roles: ['a', 'b'] }, org: { id: 3 } })), now))
      .variables,
  ).toEqual(
    new Map([
      ['user-id', 'ada'],
      ['org', '3'],
      ['fixed', 'yes'],
      ['role', 'a'],
    ]),
  );
  expect(await identify(bearer(rs256()), now)).toMatchObject({
    role: 'guest',
    variables: new Map([
      ['user-id', 'ada'],
      ['org', 'none'],
      ['fixed', 'yes'],
      ['role', 'guest'],
    ]),
  });
  const inherited = auth([
    { ...issuer, claims_map: { 'x-foz-default-role': { path: '$.constructor.name' } } },
  ]);
  expect(await refused(() => inherited.identify(bearer(rs256()), now))).toMatchObject({
    why: 'token: no roles in it',
  });
});

test('tokens in other headers', async () => {
  const { identify } = auth([
    { ...issuer, from: [{ header: 'X-Auth-Token' }] },
    { ...issuer, issuer: 'https://b' },
  ]);
  expect(await identify(request({ 'x-auth-token': rs256() }), now)).toMatchObject({ role: 'user' });
  expect(await identify(request({ 'x-auth-token': `Bearer ${rs256()}` }), now)).toMatchObject({
    role: 'user',
  });
  expect(await refused(() => identify(bearer(rs256()), now))).toMatchObject({
    why: 'token: this issuer does not send tokens there',
  });
  expect(
    await refused(() => identify(request({ 'x-auth-token': rs256({ ...payload, iss: 'https://b' }) }), now)),
  ).toMatchObject({ why: 'token: this issuer does not send tokens there' });
  expect(await refused(() => identify(request({ 'x-auth-token': 'abc' }), now))).toMatchObject({
    message: refusal,
  });
  const raw = ['X-Auth-Token', rs256(), 'x-auth-token', 'x'];
  expect(
    await refused(() => identify(request({ 'x-auth-token': rs256() }, { rawHeaders: raw }), now)),
  ).toMatchObject({ why: 'x-auth-token repeated' });
});
