import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { mintKey, plainHash } from '../../src/auth/index.ts';
import { ConfigError, loadConfig } from '../../src/control/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-auth-'));

function load(auth: unknown) {
  const file = join(folder, 'foz.yaml');
  writeFileSync(file, stringify({ auth, sources: [] }));
  return loadConfig(file, {});
}

function problems(auth: unknown): string[] {
  try {
    load(auth);
  } catch (error) {
    if (error instanceof ConfigError)
      return error.problems.map(({ where, message }) => `${where}: ${message}`);
    throw error;
  }
  return [];
}

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const privatePem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({
  type: 'spki',
  format: 'pem',
});
const minted = mintKey(Buffer.alloc(32));

test('everything at once is right', () => {
  const auth = {
    admin_secrets: ['0123456789abcdef', { name: 'ops', secret: '0123456789abcdeg' }],
    anonymous_role: 'visitor',
    jwt: [
      { issuer: 'https://a', audience: 'foz', key: pem, roles: ['user'] },
      {
        issuer: 'https://b',
        audience: ['foz'],
        jwks_url: 'https://b/jwks',
        algorithms: ['ES256'],
        from: [{ cookie: 't' }],
      },
      {
        issuer: null,
        audience: null,
        secret: 's'.repeat(64),
        algorithms: ['HS512'],
        claims_map: {
          'x-hasura-default-role': 'user',
          'x-foz-user-id': { path: "$.a['b c'][0]", default: 1 },
        },
      },
    ],
    api_keys: [
      {
        name: 'one',
        key: minted.key,
        roles: ['user'],
        networks: ['10.0.0.0/8', '::1', '::ffff:192.0.2.0/120'],
        expires_at: '2099-01-01T00:00:00Z',
      },
      {
        name: 'two',
        prefix: 'a'.repeat(12),
        hash: plainHash('x'),
        roles: ['a', 'b'],
        default_role: 'b',
        variables: { 'user-id': 7 },
      },
    ],
    trusted_proxies: ['loopback', '10.0.0.0/8', 'fd00::/8'],
    cookie_origins: ['https://app.example.com'],
  };
  expect(load(auth).auth).toEqual(auth);
});

test.each<[string, unknown, string]>([
  [
    'a short admin secret',
    { admin_secrets: ['short'] },
    'auth.admin_secrets[0]: must have at least 16 characters',
  ],
  [
    'an admin secret no header can carry',
    { admin_secrets: ['пароль-пароль-пароль'] },
    'auth.admin_secrets[0]: must be of visible ASCII characters without blanks, so that a header can carry it',
  ],
  [
    'an admin secret twice',
    { admin_secrets: ['0123456789abcdef', '0123456789abcdef'] },
    'auth.admin_secrets[1]: is the same as another admin secret',
  ],
  ['an unknown setting', { jwts: [] }, 'auth: has no setting "jwts" (did you mean "jwt"?)'],
  ['an issuer without audience', { jwt: [{ issuer: 'a', key: pem }] }, 'auth.jwt[0]: needs "audience"'],
  [
    'an issuer without keys',
    { jwt: [{ issuer: 'a', audience: 'b' }] },
    'auth.jwt[0]: needs exactly one of "key", "jwks_url" and "secret", but has none',
  ],
  [
    'a secret beside a public key',
    { jwt: [{ issuer: 'a', audience: 'b', key: pem, secret: 's'.repeat(32) }] },
    'auth.jwt[0]: needs exactly one of "key", "jwks_url" and "secret", but has key and secret',
  ],
  [
    'HMAC with a public key',
    { jwt: [{ issuer: 'a', audience: 'b', key: pem, algorithms: ['HS256'] }] },
    'auth.jwt[0].algorithms[0]: cannot be used with public keys: take RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519',
  ],
  [
    'no signature',
    { jwt: [{ issuer: 'a', audience: 'b', secret: 's'.repeat(32), algorithms: ['none'] }] },
    'auth.jwt[0].algorithms[0]: cannot be used with a secret: take HS256, HS384, HS512',
  ],
  [
    'a secret too short for its algorithm',
    { jwt: [{ issuer: 'a', audience: 'b', secret: 's'.repeat(32), algorithms: ['HS512'] }] },
    'auth.jwt[0].secret: must have at least 64 bytes for its algorithms',
  ],
  [
    'a private key',
    { jwt: [{ issuer: 'a', audience: 'b', key: privatePem }] },
    'auth.jwt[0].key: cannot be used: it is a private key: only the public key belongs here',
  ],
  [
    'a weak key',
    { jwt: [{ issuer: 'a', audience: 'b', key: [pem, small] }] },
    'auth.jwt[0].key[1]: cannot be used: it is of a kind or size that cannot be used',
  ],
  [
    'text that is no key',
    { jwt: [{ issuer: 'a', audience: 'b', key: 'hello' }] },
    'auth.jwt[0].key: cannot be used: it is neither PEM nor JWK',
  ],
  [
    'a secret JWK',
    { jwt: [{ issuer: 'a', audience: 'b', key: { kty: 'oct', k: 'AAAA' } }] },
    'auth.jwt[0].key: cannot be used: it is no public key that can be used',
  ],
  [
    'keys over http',
    { jwt: [{ issuer: 'a', audience: 'b', jwks_url: 'http://idp/jwks' }] },
    'auth.jwt[0].jwks_url: is not https, so whoever sits between could give other keys: take https, or set insecure_url: true',
  ],
  [
    'an issuer twice',
    {
      jwt: [
        { issuer: 'a', audience: 'b', key: pem },
        { issuer: 'a', audience: 'c', key: pem },
      ],
    },
    'auth.jwt[1].issuer: two entries have the same issuer: put their keys into one entry',
  ],
  [
    'a path that is none',
    { jwt: [{ issuer: 'a', audience: 'b', key: pem, claims_namespace_path: 'a.b' }] },
    "auth.jwt[0].claims_namespace_path: is no path: it looks like $.name.other or $['a name']",
  ],
  [
    'two ways of reading claims',
    { jwt: [{ issuer: 'a', audience: 'b', key: pem, claims_namespace: 'x', claims_namespace_path: '$.x' }] },
    'auth.jwt[0].claims_namespace_path: cannot stand beside claims_namespace: keep one of them',
  ],
  [
    'a map without roles',
    { jwt: [{ issuer: 'a', audience: 'b', key: pem, claims_map: { 'x-foz-user-id': { path: '$.sub' } } }] },
    'auth.jwt[0].claims_map: needs x-foz-allowed-roles or x-foz-default-role',
  ],
  [
    'a webhook without URL',
    { webhook: { url: 'auth.example.com' } },
    'auth.webhook.url: is no URL: it looks like https://auth.example.com/check',
  ],
  [
    'a webhook with a password in its URL',
    { webhook: { url: ['https://ann:geheim', 'auth.example.com/check'].join('@') } },
    'auth.webhook.url: holds a user or a password, which are not sent: give a token in its path or its query',
  ],
  [
    'a key set with a user in its URL',
    { jwt: [{ issuer: 'a', audience: 'b', jwks_url: 'https://ann@id.example.com/jwks' }] },
    'auth.jwt[0].jwks_url: holds a user or a password, which are not sent: give a token in its path or its query',
  ],
  [
    'a webhook and an anonymous role',
    { webhook: { url: 'http://w/' }, anonymous_role: 'v' },
    'auth.anonymous_role: cannot stand beside a webhook, which is asked about requests without credentials too: let it answer with the role',
  ],
  [
    'a key of another form',
    { api_keys: [{ name: 'k', key: 'secret', roles: ['a'] }] },
    'auth.api_keys[0].key: has not the form of an API key: take one that Foz has made, complete',
  ],
  [
    'a key with a typing error',
    { api_keys: [{ name: 'k', key: `${minted.key.slice(0, 30)}~${minted.key.slice(31)}`, roles: ['a'] }] },
    'auth.api_keys[0].key: has not the form of an API key: take one that Foz has made, complete',
  ],
  [
    'a key and a hash',
    { api_keys: [{ name: 'k', key: minted.key, hash: plainHash('x'), roles: ['a'] }] },
    'auth.api_keys[0]: needs either "key", or "prefix" and "hash"',
  ],
  [
    'half a hash',
    { api_keys: [{ name: 'k', hash: plainHash('x'), roles: ['a'] }] },
    'auth.api_keys[0]: needs either "key", or "prefix" and "hash"',
  ],
  [
    'a key twice',
    {
      api_keys: [
        { name: 'k', key: minted.key, roles: ['a'] },
        { name: 'l', key: minted.key, roles: ['a'] },
      ],
    },
    'auth.api_keys[1]: has the prefix of another API key',
  ],
  [
    'a default role that is none of its roles',
    { api_keys: [{ name: 'k', key: minted.key, roles: ['a'], default_role: 'b' }] },
    'auth.api_keys[0].default_role: is not among its roles',
  ],
  [
    'a network that is none',
    { api_keys: [{ name: 'k', key: minted.key, roles: ['a'], networks: ['10.0.0.0/33'] }] },
    'auth.api_keys[0].networks[0]: is no address and no CIDR such as 10.0.0.0/8 or 2001:db8::/32',
  ],
  [
    'a time that is none',
    { api_keys: [{ name: 'k', key: minted.key, roles: ['a'], expires_at: 'tomorrow' }] },
    'auth.api_keys[0].expires_at: is no time: it looks like 2030-01-31T00:00:00Z',
  ],
  [
    'a variable with its prefix',
    { api_keys: [{ name: 'k', key: minted.key, roles: ['a'], variables: { 'x-hasura-user-id': '1' } }] },
    'auth.api_keys[0].variables.x-hasura-user-id: must be lower case and without x-foz-, as user-id',
  ],
  [
    'a proxy that is none',
    { trusted_proxies: ['10.0.0.0/8', 'proxy.example.com'] },
    'auth.trusted_proxies[1]: is no address, no CIDR, and none of loopback, linklocal, uniquelocal',
  ],
  [
    'an origin with a path',
    { cookie_origins: ['https://a.example.com/'] },
    'auth.cookie_origins[0]: is no origin: it looks like https://app.example.com, without a path',
  ],
])('%s is told', (_name, auth, problem) => {
  expect(problems(auth)).toContain(problem);
});

test('no message shows a secret', () => {
  const secret = 'ein-geheimnis-mit-leer zeichen';
  const found = problems({
    admin_secrets: [secret, secret],
    jwt: [
      { issuer: 'a', audience: 'b', secret: `${secret}${secret}`, algorithms: ['HS512'], key: privatePem },
    ],
    api_keys: [{ name: 'k', key: `${minted.key}x`, roles: ['a'] }],
  });
  expect(found.length).toBeGreaterThan(4);
  for (const text of found)
    for (const part of [secret, minted.key, privatePem.split('\n')[1]!]) expect(text).not.toContain(part);
});

test('the example of the documentation is right', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/authentication.md'), 'utf8');
  const file = join(folder, 'example.yaml');
  writeFileSync(file, /```yaml\n([^`]+)```/.exec(page)![1]!);
  expect(loadConfig(file, { FOZ_ADMIN_SECRET: '0123456789abcdef' }).auth?.jwt).toHaveLength(2);
  expect(() => loadConfig(file, {})).toThrow('the environment variable FOZ_ADMIN_SECRET is not set');
});
