import type { Session } from '../../src/access/index.ts';
import { declaredKeys } from '../../src/auth/api-keys/declared.ts';
import {
  createAuth,
  type DeclaredKeyConfig,
  hashKey,
  keyPrefix,
  mintAdminSecret,
  mintKey,
  plainHash,
} from '../../src/auth/index.ts';
import { FozError } from '../../src/core/index.ts';
import { keysOf, pepper, refusal, stored } from './keys.ts';
import { refused, request } from './support.ts';

test('a minted key has its form, a checksum, and an own secret each time', () => {
  const { key, prefix, hash } = mintKey(pepper);
  expect(key).toMatch(/^foz_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$/);
  expect(key.split('_')[1]).toBe(prefix);
  expect(hash).toBe(hashKey(key, pepper));
  expect(hash).toMatch(/^hmac-sha256:[\w-]{43}$/);
  expect(hashKey(key, Buffer.alloc(32, 8))).not.toBe(hash);
  expect(keyPrefix(key)).toBe(prefix);
  for (let at = 0; at < key.length; at++) {
    const other = `${key.slice(0, at)}${key[at] === 'a' ? 'b' : 'a'}${key.slice(at + 1)}`;
    expect(keyPrefix(other)).toBeUndefined();
  }
  expect(new Set(Array.from({ length: 100 }, () => mintKey(pepper).prefix)).size).toBe(100);
});

test('a key comes in X-API-Key or after Bearer, and then at once', async () => {
  const { key, record } = stored({ variables: { tenant: 'acme' } });
  const { identify } = keysOf([record]);
  const first = await identify(request({ 'x-api-key': key }), 1000);
  expect(first).toEqual({
    role: 'reader',
    allowedRoles: ['reader'],
    variables: new Map([
      ['tenant', 'acme'],
      ['role', 'reader'],
    ]),
    actor: {
      kind: 'api-key',
      id: 'reports',
      keyId: record.id,
      keyPrefix: record.secrets[0]!.prefix,
      keyRevision: '1',
    },
  });
  expect(identify(request({ authorization: `bearer ${key}` }), 1001)).toBe(first);
});

test('roles are chosen among those of the key', async () => {
  const { key, record } = stored({ roles: ['reader', 'writer'], defaultRole: 'writer' });
  const { identify } = keysOf([record]);
  const as = (role?: string) =>
    identify(request({ 'x-api-key': key, ...(role === undefined ? {} : { 'x-hasura-role': role }) }), 1);
  expect(await as()).toMatchObject({ role: 'writer' });
  expect(await as('reader')).toMatchObject({ role: 'reader', variables: new Map([['role', 'reader']]) });
  for (const role of ['admin', 'READER', 'reader,writer', '__proto__', ''])
    expect(await refused(() => as(role))).toMatchObject({ code: 'access-denied', status: 403 });
});

test('a role in UTF-8 is chosen over HTTP as over a WebSocket', async () => {
  const { key, record } = stored({ roles: ['reader', 'Käufer'], defaultRole: 'reader' });
  const { identify } = keysOf([record]);
  const asked = (role: string, via: 'http' | 'websocket') =>
    identify(request({ 'x-api-key': key, 'x-foz-role': role }, { via }), 1);
  expect(await asked(Buffer.from('Käufer').toString('latin1'), 'http')).toMatchObject({ role: 'Käufer' });
  expect(await asked('Käufer', 'websocket')).toMatchObject({ role: 'Käufer' });
});

test('several roles and no default: one must be named', async () => {
  const { key, record } = stored({ roles: ['a', 'b'] });
  const { identify } = keysOf([record]);
  expect((await refused(() => identify(request({ 'x-api-key': key }), 1))).message).toMatch(
    /^These credentials allow several roles/,
  );
  expect(await identify(request({ 'x-api-key': key, 'x-foz-role': 'b' }), 1)).toMatchObject({ role: 'b' });
});

test('scopes, rate limit, backend and expiry stand in the session', async () => {
  const { key, record } = stored({
    scopes: { operations: ['read'], sources: ['shop'], tables: ['shop.orders'] },
    rateLimit: { requests: 5, seconds: 60 },
    backend: true,
    expiresAt: 50_000,
  });
  expect(await keysOf([record]).identify(request({ 'x-api-key': key }), 1)).toMatchObject({
    scopes: { operations: new Set(['read']), sources: ['shop'], tables: ['shop.orders'] },
    rateLimit: { requests: 5, seconds: 60 },
    backend: true,
    expiresAt: 50_000,
  });
});

test('every wrong key is refused with the same words', async () => {
  const { key, record } = stored();
  const expired = stored({ expiresAt: 1000 });
  const elsewhere = stored({ networks: ['10.0.0.0/8'] });
  const { identify } = keysOf([record, expired.record, elsewhere.record]);
  const forged = mintKey(pepper);
  const swapped = `foz_${record.secrets[0]!.prefix}${forged.key.slice(16)}`;
  const wrong = [
    forged.key,
    swapped,
    expired.key,
    elsewhere.key,
    `${key}x`,
    key.slice(0, -1),
    'foz_',
    `foz_${'a'.repeat(62)}`,
    key.replace('foz_', 'foz_ '),
  ];
  for (const text of wrong) {
    const { code, message, status, challenge } = await refused(() =>
      identify(request({ 'x-api-key': text }), 2000),
    );
    expect([code, message, status, challenge]).toEqual([
      'access-denied',
      refusal,
      401,
      'Bearer realm="foz", error="invalid_token"',
    ]);
  }
  expect(await identify(request({ 'x-api-key': key }), 2000)).toMatchObject({ role: 'reader' });
});

test('a hash made with another pepper does not open; an older pepper still does', async () => {
  const { key, record } = stored();
  const identify = (peppers: Buffer[]) =>
    keysOf([record], { peppers }).identify(request({ 'x-api-key': key }), 1);
  expect(await refused(() => identify([Buffer.alloc(32, 9)]))).toMatchObject({ code: 'access-denied' });
  expect(await refused(() => identify([]))).toMatchObject({ code: 'access-denied' });
  expect(await identify([Buffer.alloc(32, 9), pepper])).toMatchObject({ role: 'reader' });
});

test('expiry counts for a remembered key, to the millisecond', async () => {
  const { key, record } = stored({ expiresAt: 10_000 });
  const { identify } = keysOf([record]);
  await identify(request({ 'x-api-key': key }), 9000);
  expect(identify(request({ 'x-api-key': key }), 9999)).toMatchObject({ expiresAt: 10_000 });
  expect(await refused(() => identify(request({ 'x-api-key': key }), 10_000))).toMatchObject({
    message: refusal,
  });
});

test('rotation: both secrets hold while they overlap', async () => {
  const old = mintKey(pepper);
  const { key, record } = stored();
  const both = {
    ...record,
    secrets: [...record.secrets, { prefix: old.prefix, hash: old.hash, validUntil: 5000 }],
  };
  const { identify } = keysOf([both]);
  expect(await identify(request({ 'x-api-key': old.key }), 4999)).toMatchObject({ expiresAt: 5000 });
  expect(await identify(request({ 'x-api-key': key }), 4999)).not.toHaveProperty('expiresAt');
  expect(await refused(() => identify(request({ 'x-api-key': old.key }), 5000))).toMatchObject({
    message: refusal,
  });
  expect(await identify(request({ 'x-api-key': key }), 5000)).toMatchObject({ role: 'reader' });
});

test('keys declared in the configuration, by text and by hash', async () => {
  const [plain, hashed, old] = [mintKey(pepper), mintKey(pepper), mintKey(pepper)];
  const configs: DeclaredKeyConfig[] = [
    { name: 'plain', key: plain.key, roles: ['a'], variables: { 'user-id': 7 } },
    {
      name: 'hashed',
      prefix: hashed.prefix,
      hash: plainHash(hashed.key),
      roles: ['b'],
      expires_at: '2030-01-01T00:00:00Z',
      previous: { key: old.key, until: '2029-01-01T00:00:00Z' },
    },
  ];
  const auth = createAuth({ config: { api_keys: configs } });
  const at = Date.parse('2028-06-01T00:00:00Z');
  const session = (key: string, now = at) => auth.identify(request({ 'x-api-key': key }), now);
  expect(await session(plain.key)).toMatchObject({
    role: 'a',
    variables: new Map([
      ['user-id', '7'],
      ['role', 'a'],
    ]),
    actor: { id: 'plain', keyId: 'file:plain' },
  });
  expect(await session(hashed.key)).toMatchObject({ role: 'b', expiresAt: Date.parse('2030-01-01') });
  expect(await session(old.key)).toMatchObject({ role: 'b', expiresAt: Date.parse('2029-01-01') });
  expect(await refused(() => session(old.key, Date.parse('2029-01-01')))).toMatchObject({ message: refusal });
  await auth.close();
  const [before] = declaredKeys(configs);
  const [same] = declaredKeys(configs);
  const [changed] = declaredKeys([{ ...configs[0]!, roles: ['a', 'c'] }]);
  expect(same!.revision).toBe(before!.revision);
  expect(changed!.revision).not.toBe(before!.revision);
});

test('a key in the URL is refused with the reason, even beside a right one', async () => {
  const { key, record } = stored();
  const { identify } = keysOf([record]);
  for (const url of [
    `/graphql?api_key=${key}`,
    `/graphql?x=${key}`,
    '/graphql?query={a}&access_token=abc',
    '/graphql?X-Hasura-Admin-Secret=abc',
    '/graphql?authorization=Bearer+abc',
    '/graphql?a=b&%74oken=abc',
    `/graphql?x=${key.replace('_', '%5F')}`,
    '/graphql?x=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJlLXNpZ25hdHVyZQ',
    `/graphql/${key}`,
    `/graphql#${mintAdminSecret()}`,
  ]) {
    const { message, code } = await refused(() => identify(request({ 'x-api-key': key }, { url }), 1));
    expect([code, message.slice(0, 42)]).toEqual([
      'access-denied',
      'Credentials are never taken from a URL, be',
    ]);
  }
  for (const url of [
    '/graphql?query=%7Bfoz_a%7D&variables=%7B%7D',
    '/graphql?query=%7Btokens(where%3A%7Bjwt%3A%7B_eq%3A%22a%26token%3Db%22%7D%7D)%7Bkey%7D%7D',
    '/graphql?query=%7Ba%7D&broken=%E0%A4%A',
  ])
    expect(await identify(request({ 'x-api-key': key }, { url }), 1)).toMatchObject({ role: 'reader' });
  const started = performance.now();
  const url = `/graphql?x=${'ey-'.repeat(5_000)}`;
  expect(await identify(request({ 'x-api-key': key }, { url }), 1)).toMatchObject({ role: 'reader' });
  expect(performance.now() - started).toBeLessThan(500);
});

test('two different keys in one request are refused, the same one twice is not', async () => {
  const [one, two] = [stored(), stored()];
  const { identify } = keysOf([one.record, two.record]);
  const both = (authorization: string) => request({ 'x-api-key': one.key, authorization });
  expect(await refused(() => identify(both(`Bearer ${two.key}`), 1))).toMatchObject({
    message: refusal,
    why: 'two different API keys',
  });
  expect(await identify(both(`Bearer ${one.key}`), 1)).toMatchObject({ role: 'reader' });
});

test('no credentials and credentials of an unknown kind are refused, each with its challenge', async () => {
  const { identify } = keysOf([]);
  expect(await refused(() => identify(request()))).toMatchObject({
    code: 'access-denied',
    status: 401,
    challenge: 'Bearer realm="foz"',
  });
  for (const headers of [
    { authorization: 'Basic YTpi' },
    { authorization: 'Bearer abc' },
    { authorization: '' },
    { 'x-api-key': 'abc' },
  ])
    expect(
      await refused(() => identify(request(headers as unknown as Record<string, string>))),
    ).toMatchObject({
      why: 'no authenticator knows this kind of credential',
    });
});

test('sessions cannot be changed by who gets them', async () => {
  const { key, record } = stored({ scopes: { operations: ['read'] } });
  const session = (await keysOf([record]).identify(request({ 'x-api-key': key }), 1)) as {
    -readonly [K in keyof Session]: Session[K];
  };
  expect(() => {
    session.role = 'admin' as Session['role'];
  }).toThrow(TypeError);
  expect(() => (session.allowedRoles as unknown as string[]).push('admin')).toThrow(TypeError);
  expect(session).not.toBeInstanceOf(FozError);
});
