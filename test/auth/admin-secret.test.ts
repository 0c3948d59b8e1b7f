import { adminSession } from '../../src/access/index.ts';
import { createAuth, mintAdminSecret, websocketRequest } from '../../src/auth/index.ts';
import { refused, request } from './support.ts';
import { upgrade } from './upgrade.ts';

const secret = 'correct horse battery staple';
const { identify } = createAuth({
  config: {
    admin_secrets: [secret, { name: 'next', secret: 'another secret of length' }],
    anonymous_role: 'visitor',
  },
});

test('the secret alone is admin, under either name, and says which secret it was', () => {
  for (const name of ['x-foz-admin-secret', 'x-hasura-admin-secret'])
    expect(identify(request({ [name]: secret }))).toEqual({
      ...adminSession,
      actor: { kind: 'admin-secret', id: 'admin-1' },
    });
  expect(identify(request({ 'x-foz-admin-secret': 'another secret of length' }))).toMatchObject({
    actor: { id: 'next' },
  });
});

test('with it headers set role and variables', () => {
  const session = identify(
    request({
      'x-hasura-admin-secret': secret,
      'x-hasura-role': 'customer',
      'x-hasura-user-id': '7',
      'x-foz-tenant': 'acme',
      'x-hasura-allowed-roles': '["a"]',
      'x-other': 'no',
    }),
  );
  expect(session).toEqual({
    role: 'customer',
    backend: false,
    actor: { kind: 'admin-secret', id: 'admin-1' },
    variables: new Map([
      ['user-id', '7'],
      ['tenant', 'acme'],
      ['role', 'customer'],
    ]),
  });
});

test('backend-only permissions hold when asked for with the secret', () => {
  const asked = { 'x-hasura-role': 'customer', 'x-hasura-use-backend-only-permissions': 'true' };
  expect(identify(request({ 'x-hasura-admin-secret': secret, ...asked }))).toMatchObject({ backend: true });
  expect(identify(request({ 'x-foz-use-backend-only-permissions': 'True' }))).not.toHaveProperty('backend');
});

test('variables in UTF-8 are read as it', () => {
  const raw = Buffer.from('José 東').toString('latin1');
  const session = identify(
    request({ 'x-foz-admin-secret': secret, 'x-foz-name': raw, 'x-foz-old': 'Jos\xe9' }),
  );
  expect(session).toHaveProperty(
    'variables',
    new Map([
      ['name', 'José 東'],
      ['old', 'José'],
      ['role', 'admin'],
    ]),
  );
});

test.each([
  ['wrong', { 'x-foz-admin-secret': 'wrong' }],
  ['empty', { 'x-foz-admin-secret': '' }],
  ['longer', { 'x-foz-admin-secret': `${secret} ` }],
  ['shorter', { 'x-foz-admin-secret': secret.slice(0, -1) }],
  ['in other case', { 'x-foz-admin-secret': secret.toUpperCase() }],
  ['very long', { 'x-foz-admin-secret': 'a'.repeat(10_000) }],
  ['two different ones', { 'x-foz-admin-secret': secret, 'x-hasura-admin-secret': 'wrong' }],
  ['with a look-alike letter', { 'x-foz-admin-secret': secret.replace('o', 'о') }],
])('a secret that is %s is refused and not anonymous', async (_name, headers) => {
  const { code, message, status } = await refused(() => identify(request(headers as Record<string, string>)));
  expect([code, status]).toEqual(['access-denied', 401]);
  expect(message).not.toContain(secret);
});

test('without the secret variables are not taken from headers', () => {
  const session = identify(request({ 'x-hasura-user-id': '1', 'x-hasura-role': 'visitor' }));
  expect(session).toMatchObject({ role: 'visitor', variables: new Map([['role', 'visitor']]) });
});

test.each(['admin', 'customer', 'Visitor', 'visitor ', '', 'vis\u0131tor'])(
  'without the secret the role %j is refused',
  async (role) => {
    expect(await refused(() => identify(request({ 'x-hasura-role': role })))).toMatchObject({
      code: 'access-denied',
      status: 403,
    });
  },
);

test('role headers that differ, names of roles that are none, and repeated headers are refused', async () => {
  const base = { 'x-foz-admin-secret': secret };
  const why = async (headers: Record<string, string>, rawHeaders?: string[]) =>
    (await refused(() => identify(request({ ...base, ...headers }, { rawHeaders })))).why;
  expect(await why({ 'x-foz-role': 'a', 'x-hasura-role': 'b' })).toBe('two roles asked for');
  expect(await why({ 'x-foz-role': ' a' })).toBe('no role name');
  expect(await why({ 'x-foz-role': 'a'.repeat(256) })).toBe('no role name');
  expect(await why({ 'x-foz-user-id': '1', 'x-hasura-user-id': '2' })).toBe('variable user-id twice');
  expect(await why({}, ['X-Hasura-Role', 'a', 'host', 'h', 'x-hasura-role', 'b'])).toBe(
    'x-hasura-role repeated',
  );
  expect(await why({}, ['X-Foz-Admin-Secret', secret, 'x-foz-admin-secret', 'x'])).toBe(
    'x-foz-admin-secret repeated',
  );
});

test('values that are too long and too many variables are limits', async () => {
  const base = { 'x-foz-admin-secret': secret };
  const many = Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`x-foz-v${at}`, '1']));
  expect(await refused(() => identify(request({ ...base, 'x-foz-a': 'x'.repeat(16_385) })))).toMatchObject({
    code: 'limit-exceeded',
  });
  expect(await refused(() => identify(request({ ...base, ...many })))).toMatchObject({
    code: 'limit-exceeded',
  });
});

test('no admin secret configured: the header is refused', async () => {
  const auth = createAuth({ config: { anonymous_role: 'visitor' } });
  expect(await refused(() => auth.identify(request({ 'x-hasura-admin-secret': '' })))).toMatchObject({
    code: 'access-denied',
  });
});

test('a minted secret is long and another one every time', () => {
  expect(mintAdminSecret()).toMatch(/^foz_admin_[\w-]{43}$/);
  expect(mintAdminSecret()).not.toBe(mintAdminSecret());
});

test('a WebSocket brings the secret in connection_init', async () => {
  const ws = await upgrade({ origin: 'https://page.example.com', cookie: 'a=b' });
  const payload = {
    headers: { 'X-Hasura-Admin-Secret': secret, 'X-Hasura-Role': 'customer', Cookie: 'evil=1', Origin: 'x' },
  };
  const made = websocketRequest(ws, payload);
  expect(identify(made)).toMatchObject({ role: 'customer' });
  expect(made.headers).toMatchObject({ origin: 'https://page.example.com', cookie: 'a=b' });
  expect(identify(websocketRequest(ws, undefined))).toMatchObject({ role: 'visitor' });
});

test('a connection_init does not replace what stands in the request for the WebSocket, credentials aside', async () => {
  const ws = await upgrade({ 'x-auth-request-user': 'ann', authorization: 'Bearer old', 'x-foz-role': 'a' });
  const headers = {
    'X-Auth-Request-User': 'root',
    authorization: 'Bearer new',
    'x-foz-role': 'b',
    'x-own': 'c',
  };
  expect(websocketRequest(ws, { headers }).headers).toMatchObject({
    'x-auth-request-user': 'ann',
    authorization: 'Bearer new',
    'x-foz-role': 'b',
    'x-own': 'c',
  });
});

test.each<[unknown, string]>([
  ['text', 'headers must be an object'],
  [['x'], 'headers must be an object'],
  [{ 'x-foz-role': ['a'] }, 'every header must be one text'],
  [{ 'x-foz-role': 'a\r\nb' }, 'every header must be one text'],
  [{ 'x-foz-role': 'a', 'X-FOZ-ROLE': 'b' }, 'a header is there twice'],
  [{ 'x-foz-ro\u212Ae': 'a' }, 'a name cannot be that of a header'],
])('a payload %j is refused', async (headers, why) => {
  const ws = await upgrade({});
  expect(await refused(() => websocketRequest(ws, { headers }))).toMatchObject({
    code: 'access-denied',
    why,
  });
});

test('credentials beside headers in the payload count, and never vanish', async () => {
  const ws = await upgrade({});
  const by = (payload: unknown) => identify(websocketRequest(ws, payload));
  expect(by({ 'X-Hasura-Admin-Secret': secret, 'x-hasura-role': 'customer' })).toMatchObject({
    role: 'customer',
  });
  expect(by({ locale: 'en', headers: {} })).toMatchObject({ role: 'visitor' });
  for (const payload of [
    { Authorization: 'Bearer x' },
    { 'x-api-key': 'x' },
    { 'x-foz-admin-secret': 7 },
    { headers: { 'x-foz-admin-secret': secret }, 'x-foz-admin-secret': secret },
    'x-foz-admin-secret',
    [{}],
  ])
    expect(await refused(() => by(payload))).toMatchObject({ code: 'access-denied' });
});

test('a payload with too many headers is a limit', async () => {
  const headers = Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`x-${at}`, '1']));
  const ws = await upgrade({});
  expect(await refused(() => websocketRequest(ws, { headers }))).toMatchObject({ code: 'limit-exceeded' });
});
