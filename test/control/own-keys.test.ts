import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { pino } from 'pino';
import { buildAccountGraph } from '../../resolvers/index.ts';
import type { Actor, Session } from '../../src/access/index.ts';
import { ownerOf } from '../../src/control/index.ts';
import { type Started, start } from '../../src/main.ts';
import { queryAudit } from '../../src/store/audit/index.ts';
import { signed } from '../auth/jwt.ts';
import { untilRead } from '../support/ready.ts';
import { until } from '../support/wait.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-own-keys-'));
const admin = { 'x-foz-admin-secret': 'a secret of some length' };
const shared = 'a shared secret that is long enough to sign with';
const [id, partner] = ['https://id.example.com', 'https://partner.example.com'];
let foz: Started;

beforeAll(async () => {
  const issuer = (name: string | null) => ({ issuer: name, audience: 'foz', secret: shared });
  foz = await start(
    {
      state: join(folder, 'state'),
      server: {
        port: 0,
        graphiql: false,
        limits: { roles: { hasty: { rate: { requests: 2, seconds: 60 } } } },
      },
      auth: {
        admin_secrets: [{ name: 'ops', secret: admin['x-foz-admin-secret'] }],
        anonymous_role: 'visitor',
        jwt: [issuer(id), issuer(partner), issuer(null)],
      },
      sources: [],
    },
    { logger: pino({ level: 'silent' }) },
  );
  await untilRead(foz);
}, 60_000);
afterAll(async () => {
  await foz?.close(0);
  rmSync(folder, { recursive: true, force: true });
});

interface KeyInfo {
  readonly id: string;
  readonly name: string;
  readonly owner: string | null;
}
interface Answer {
  readonly status: number;
  readonly data: {
    readonly me: unknown;
    readonly keys: readonly KeyInfo[];
    readonly createKey: { readonly text: string; readonly key: KeyInfo };
    readonly rotateKey: { readonly text: string } | null;
    readonly revokeKey: KeyInfo | null;
  };
  readonly errors: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

async function ask(path: string, query: string, headers: Record<string, string>, variables = {}) {
  const response = await fetch(`${foz.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  return { status: response.status, ...((await response.json()) as Omit<Answer, 'status'>) };
}
const account = (query: string, headers: Record<string, string>, variables = {}) =>
  ask('account/graphql', query, headers, variables);

function token(sub: unknown, iss: string | null = id, roles = ['user', 'editor']) {
  const claims = { 'x-foz-allowed-roles': roles, 'x-foz-default-role': roles[0] };
  const exp = Math.floor(Date.now() / 1000) + 600;
  const payload = { iss: iss ?? undefined, aud: 'foz', sub, exp, 'https://foz.dev/claims': claims };
  return { authorization: `Bearer ${signed(payload, shared, { alg: 'HS256' })}` };
}

let names = 0;
async function made(input: Record<string, unknown>) {
  const query = 'mutation ($input: KeyInput!) { createKey(input: $input) { text key { id name owner } } }';
  const { data, errors } = await ask('control/graphql', query, admin, {
    input: { name: `key-${++names}`, roles: ['user'], ...input },
  });
  if (errors !== undefined) throw new Error(errors[0]!.message);
  return data.createKey;
}
const rotate = 'mutation ($id: String!) { rotateKey(id: $id, overlapSeconds: 60) { text } }';
const revoke = 'mutation ($id: String!) { revokeKey(id: $id) { id } }';
const codes = ({ errors }: Answer) => errors?.map(({ extensions }) => extensions.code);

test('schema/account.graphql is the graph as it is (npm run codegen)', async () => {
  const printed = `${printSchema(lexicographicSortSchema(await buildAccountGraph()))}\n`;
  expect(readFileSync(join(import.meta.dirname, '../../schema/account.graphql'), 'utf8')).toBe(printed);
});

test('everybody who is signed in is told who they are; a wrong credential is refused and written down', async () => {
  const query = '{ me { kind id role roles owner } keys { name } }';
  expect((await account(query, token('ada'))).data).toEqual({
    me: { kind: 'jwt', id: 'ada', role: 'user', roles: ['user', 'editor'], owner: `${id} ada` },
    keys: [],
  });
  expect((await account(query, {})).data.me).toMatchObject({ kind: 'anonymous', owner: null });
  expect((await account(query, admin)).data.me).toMatchObject({ kind: 'admin-secret', owner: null });
  const before = (await queryAudit(foz.plane!.store, { kinds: ['refusal'] })).records.length;
  expect(await account(query, { authorization: 'Bearer e.e.e' })).toMatchObject({ status: 401 });
  await until(
    async () => (await queryAudit(foz.plane!.store, { kinds: ['refusal'] })).records.length > before,
  );
});

test('the owner of a key sees it, gives it another text, and ends it; that is written down under their name', async () => {
  const { text, key } = await made({ owner: `${id} ada` });
  await made({ owner: `${id} bob` });
  await made({});
  const mine = await account('{ keys { id name owner lastUsedAddress } }', token('ada'));
  expect(mine.data.keys).toEqual([{ ...key, lastUsedAddress: null }]);
  const next = (await account(rotate, token('ada'), { id: key.id })).data.rotateKey!.text;
  expect(next).toMatch(/^foz_/);
  for (const each of [text, next])
    expect((await account('{ me { kind } }', { 'x-api-key': each })).data.me).toEqual({ kind: 'api-key' });
  expect((await account(revoke, token('ada'), { id: key.id })).data.revokeKey).toEqual({ id: key.id });
  expect((await account('{ me { kind } }', { 'x-api-key': next })).status).toBe(401);
  expect((await account('{ keys { id } }', token('ada'))).data.keys).toEqual([]);
  expect((await account('{ keys(revoked: true) { id } }', token('ada'))).data.keys).toEqual([{ id: key.id }]);
  const { records } = await queryAudit(foz.plane!.store, { kinds: ['control'], actorId: 'ada' });
  expect(records.map(({ operation, keyId, actor }) => [operation, keyId, actor.kind])).toEqual([
    ['key.revoke', key.id, 'token'],
    ['key.rotate', key.id, 'token'],
  ]);
});

test.each<[string, () => Record<string, string>]>([
  ['somebody else', () => token('bob')],
  ['the same subject of another issuer', () => token('ada', partner)],
  ['the same subject of a token without issuer', () => token('ada', null)],
  ['a token without a subject', () => token(undefined)],
  ['a token whose subject is no text', () => token(['ada'])],
  ['nobody', () => ({})],
  ['an admin secret in another role', () => ({ ...admin, 'x-foz-role': 'user' })],
])('%s has nothing to do with a key, owned or not', async (_name, headers) => {
  const owned = await made({ owner: `${id} ada` });
  const free = await made({});
  for (const { text, key } of [owned, free]) {
    const listed = await account('{ keys(revoked: true) { id } }', headers());
    expect(listed.data.keys.map((one) => one.id)).not.toContain(key.id);
    for (const change of [rotate, revoke]) {
      const answer = await account(change, headers(), { id: key.id });
      expect([answer.data, codes(answer)]).toEqual([null, ['not-found']]);
      expect(answer.errors[0]!.message).toBe(`You have no API key ${key.id}.`);
    }
    const none = await account(revoke, headers(), { id: 'none' });
    expect(none.errors[0]!.message).toBe('You have no API key none.');
    expect((await account('{ me { kind } }', { 'x-api-key': text })).status).toBe(200);
  }
});

test('a key sees and ends itself, and no other one of its owner; it cannot give itself another text', async () => {
  const [one, other] = [await made({ owner: `${id} ada` }), await made({ owner: `${id} ada` })];
  const headers = { 'x-api-key': one.text };
  expect((await account('{ keys { id } }', headers)).data.keys).toEqual([{ id: one.key.id }]);
  for (const [change, key] of [
    [rotate, one],
    [rotate, other],
    [revoke, other],
  ] as const)
    expect(codes(await account(change, headers, { id: key.key.id }))).toEqual(['not-found']);
  expect((await account(revoke, headers, { id: one.key.id })).data.revokeKey).toMatchObject({
    id: one.key.id,
  });
  expect((await account('{ me { kind } }', headers)).status).toBe(401);
});

test('an owner gets no text for roles that they do not have themselves', async () => {
  const { key } = await made({ owner: `${id} ada`, roles: ['user', 'boss'] });
  const answer = await account(rotate, token('ada'), { id: key.id });
  expect([answer.data, codes(answer)]).toEqual([null, ['access-denied']]);
  expect((await account(revoke, token('ada'), { id: key.id })).data.revokeKey).not.toBeNull();
});

test('nothing of the control API is there; what is asked is short, and counts within the rate of the role', async () => {
  for (const query of [
    '{ sources { name } }',
    '{ audit { entries { kind } } }',
    'mutation { createKey(input: {}) { text } }',
  ])
    expect(codes(await account(query, token('ada')))).toContain('validation-failed');
  expect(await account(`{ ${'me { id } '.repeat(1000)} }`, token('ada'))).toMatchObject({ status: 413 });
  const hasty = token('eve', id, ['hasty']);
  const statuses = [];
  for (let count = 0; count < 3; count++) statuses.push((await account('{ me { id } }', hasty)).status);
  expect(statuses).toEqual([200, 200, 429]);
});

test('owners have names of their own for each way to come in', () => {
  const owner = (actor: Actor) =>
    ownerOf({ role: 'user', variables: new Map(), actor } as unknown as Session);
  expect(owner({ kind: 'jwt', id: 'ada', issuer: id })).toBe(`${id} ada`);
  expect(owner({ kind: 'jwt', id: 'ada' })).toBe('token ada');
  expect(owner({ kind: 'webhook', id: '7' })).toBe('webhook 7');
  for (const none of [
    { kind: 'jwt', id: '' },
    { kind: 'jwt', id: 'ada', issuer: 'token' },
    { kind: 'jwt', id: '7', issuer: 'webhook' },
    { kind: 'jwt', id: 'b', issuer: 'a b' },
    { kind: 'webhook', id: '' },
    { kind: 'anonymous', id: 'visitor' },
    { kind: 'admin-secret', id: 'ops' },
    { kind: 'api-key', id: 'till', keyId: 'key-1' },
  ] as const)
    expect(owner(none)).toBeNull();
});

test('keys are held to the rules of the configuration file, all at once', async () => {
  const refusal = (input: Record<string, unknown>) =>
    made(input).then(
      () => 'made',
      (error: Error) => error.message,
    );
  expect(await refusal({ rateLimit: { requests: 0, seconds: 0 } })).toMatch(/rate_limit/);
  expect(await refusal({ rateLimit: { requests: -5, seconds: 1 } })).toMatch(/rate_limit/);
  expect(await refusal({ name: 'a\u0000b' })).toMatch(/control characters/);
  expect(await refusal({ name: 'x'.repeat(101) })).toMatch(/name/);
  expect(await refusal({ owner: 'a\u0000' })).toMatch(/owner/);
  expect(await refusal({ expiresAt: '2001-01-01T00:00:00Z' })).toMatch(/has passed already/);
  expect(await refusal({ scopes: { tables: ['orders'] } })).toMatch(/source\.table/);
  expect(await refusal({ scopes: { operations: [] } })).toMatch(/operations/);
  expect(await refusal({ variables: { 'X-Foz-User-Id': '7' } })).toMatch(/lower case/);
  expect(await refusal({ variables: ['7'] })).toMatch(/variables/);
});

test('a key carries session variables, and is shown with all that it is held to', async () => {
  const settings = {
    roles: ['user', 'editor'],
    defaultRole: 'user',
    variables: { 'user-id': '7', shop: 3 },
    scopes: { operations: ['read'], tables: ['shop.*'] },
    networks: ['127.0.0.0/8'],
    rateLimit: { requests: 100, seconds: 60 },
    backend: true,
  };
  const { text, key } = await made(settings);
  const session = await foz.authentication.auth!.identify({
    headers: { 'x-api-key': text },
    address: '127.0.0.1',
    via: 'http',
  });
  expect(session).toMatchObject({
    role: 'user',
    backend: true,
    variables: new Map([
      ['user-id', '7'],
      ['shop', '3'],
      ['role', 'user'],
    ]),
  });
  const query = `{ keys { id roles defaultRole variables scopes { operations sources tables } networks
    rateLimit { requests seconds } backend } }`;
  const { data } = await ask('control/graphql', query, admin);
  expect(data.keys.find((one) => one.id === key.id)).toEqual({
    id: key.id,
    ...settings,
    variables: { 'user-id': '7', shop: '3' },
    scopes: { operations: ['read'], sources: null, tables: ['shop.*'] },
  });
});

test('who comes to the control API and who is not let in is written down; a key of admins counts within its rights', async () => {
  const kinds = async (kind: 'refusal' | 'sign-in') =>
    (await queryAudit(foz.plane!.store, { kinds: [kind] })).records;
  await until(async () => (await kinds('sign-in')).some(({ actor }) => actor.id === 'ops'));
  const before = (await kinds('refusal')).length;
  const wrong = { 'x-foz-admin-secret': 'a wrong secret of length' };
  expect((await ask('control/graphql', '{ keys { id } }', wrong)).status).toBe(401);
  expect((await ask('control/audit.jsonl', '', wrong)).status).toBe(401);
  expect((await ask('control/graphql', '{ keys { id } }', token('ada'))).status).toBe(403);
  const narrow = await made({ roles: ['admin'], scopes: { operations: ['read'] } });
  expect((await ask('control/graphql', '{ keys { id } }', { 'x-api-key': narrow.text })).status).toBe(403);
  const whole = await made({ roles: ['admin'] });
  expect((await ask('control/graphql', '{ keys { id } }', { 'x-api-key': whole.text })).status).toBe(200);
  await until(async () => (await kinds('refusal')).length === before + 4);
  expect((await kinds('refusal')).map(({ reason }) => reason)).toEqual(
    expect.arrayContaining(['wrong admin secret', 'control API: not an admin']),
  );
});
