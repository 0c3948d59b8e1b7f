import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { pino } from 'pino';
import { connect } from '../../../src/attach.ts';
import type { FozConfig } from '../../../src/control/index.ts';
import { start } from '../../../src/main.ts';
import type { SourceConfig } from '../../../src/views/index.ts';
import { untilRead } from '../../support/ready.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-settings-'));
const shop: SourceConfig = { name: 'shop', kind: 'sqlite', path: join(folder, 'shop.db') };
const signing = 'a shared secret of thirty-two bytes or more';
const config: FozConfig = {
  state: join(folder, 'state'),
  server: { port: 0, graphiql: false, limits: { nodes: 100 } },
  auth: {},
  allow_list: [{ role: 'auditor', operations: ['{ orders { id } }'] }],
  sources: [shop],
  metadata: {
    version: 1,
    tables: [
      {
        source: 'shop',
        table: 'orders',
        select_permissions: [{ role: 'clerk', permission: { columns: '*', filter: {} } }],
      },
    ],
  } as FozConfig['metadata'],
};

let server: Awaited<ReturnType<typeof start>>;
let admin: string;
beforeAll(async () => {
  const connector = await connect(shop, { create: true });
  const context = { signal: new AbortController().signal, timeoutMs: 10_000 };
  await connector.run({ text: 'create table orders (id integer primary key)', slots: [] }, [], context);
  await connector.close();
  server = await start(config, { logger: pino({ level: 'silent' }) });
  admin = server.authentication.newAdminSecret!;
  await untilRead(server);
}, 60_000);
afterAll(() => server.close(100));

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what is asked differs from test to test
  readonly data: any;
  readonly errors: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
  readonly text: string;
}

async function post(
  path: string,
  headers: Record<string, string>,
  query: string,
  variables: object = {},
): Promise<Answer> {
  const response = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  const text = await response.text();
  const { data, errors = [] } = JSON.parse(text);
  return { status: response.status, data, errors, text };
}

const control = (query: string, variables = {}, secret = admin) =>
  post('control/graphql', { 'x-foz-admin-secret': secret }, query, variables);
const asClerk = (query: string) =>
  post('graphql', { 'x-foz-admin-secret': admin, 'x-foz-role': 'clerk' }, query);

async function errorText(answer: Promise<Answer>): Promise<string> {
  const { errors } = await answer;
  return errors.map(({ message, extensions: { code } }) => `${code}: ${message}`).join('\n');
}

async function token(claims: object = {}): Promise<string> {
  return new SignJWT({ 'https://hasura.io/jwt/claims': roles, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer('desk')
    .setSubject('mia')
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(signing));
}
const roles = { 'x-hasura-allowed-roles': ['clerk'], 'x-hasura-default-role': 'clerk' };

const put =
  'mutation ($name: String!, $settings: JSON!, $revision: SafeInt) { putIssuer(name: $name, settings: $settings, revision: $revision) { name owner revision settings } }';
const desk = { issuer: 'desk', audience: null, secret: signing };

describe('issuers', () => {
  const ask = async () => post('graphql', { authorization: `Bearer ${await token()}` }, '{ orders { id } }');

  test('tokens of an issuer are taken from the moment it is added to the moment it is gone', async () => {
    expect((await ask()).status).toBe(401);
    const added = await control(put, { name: 'desk', settings: desk });
    expect(added.data.putIssuer).toEqual({
      name: 'desk',
      owner: 'store',
      revision: 1,
      settings: { issuer: 'desk', audience: null, secret: '***' },
    });
    expect(await ask()).toMatchObject({ status: 200, data: { orders: [] } });
    const { text } = await control(
      '{ issuers { name owner settings } audit { entries { operation after before } } }',
    );
    expect(text).not.toContain(signing);
    expect(text).toContain('issuer.put');
    expect((await control('mutation { dropIssuer(name: "desk") }')).data).toEqual({ dropIssuer: true });
    expect((await ask()).status).toBe(401);
  });

  test('a change keeps the secret when it is given as it was shown, and refuses an old revision', async () => {
    await control(put, { name: 'desk', settings: desk });
    const changed = await control(put, {
      name: 'desk',
      settings: { ...desk, secret: '***', clock_skew: 5 },
      revision: 1,
    });
    expect(changed.data.putIssuer).toMatchObject({ revision: 2, settings: { clock_skew: 5 } });
    expect((await ask()).status).toBe(200);
    expect(await errorText(control(put, { name: 'desk', settings: desk, revision: 1 }))).toMatch(
      /^conflict: The issuer desk is at revision 2, not at 1/,
    );
    await control(put, { name: 'desk', settings: { ...desk, roles: ['other'] } });
    expect((await ask()).status).toBe(401);
    await control('mutation { dropIssuer(name: "desk") }');
  });

  test('all that is wrong is told; nothing of it is kept', async () => {
    const wrong = await control(put, { name: 'x', settings: { issuer: 'x', odd: 1 } });
    expect(wrong.text).toContain('issuer has no setting \\"odd\\"');
    expect(await errorText(control(put, { name: 'x', settings: { issuer: 'x', audience: null } }))).toContain(
      'needs exactly one of "key", "jwks_url" and "secret", but has none',
    );
    expect(await errorText(control(put, { name: 'a b', settings: desk }))).toContain(
      'cannot be the name of an issuer',
    );
    expect(await errorText(control('mutation { dropIssuer(name: "none") }'))).toBe(
      'not-found: There is no issuer none in the store.',
    );
    await control(put, { name: 'desk', settings: desk });
    expect(await errorText(control(put, { name: 'second', settings: desk }))).toContain(
      'two entries have the same issuer',
    );
    expect((await control('{ issuers { name } }')).data.issuers).toEqual([{ name: 'desk' }]);
    await control('mutation { dropIssuer(name: "desk") }');
  });
});

describe('limits', () => {
  const set =
    'mutation ($role: String, $limits: JSON) { setLimits(role: $role, limits: $limits) { role limits declared } }';

  test('hold for the role at once, on the door and in the engine, and can be taken back', async () => {
    const nested = '{ orders { id } orders_aggregate: __typename }';
    expect((await asClerk(nested)).status).toBe(200);
    const { data } = await control(set, { role: 'clerk', limits: { nodes: 2, rows: 7 } });
    expect(data.setLimits).toEqual([
      { role: null, limits: { nodes: 100 }, declared: ['nodes'] },
      { role: 'clerk', limits: { nodes: 2, rows: 7 }, declared: [] },
    ]);
    expect(await errorText(asClerk('{ a: orders { id } b: orders { id } }'))).toMatch(
      /^limit-exceeded: .*at most 2/,
    );
    expect((await control('{ explain(query: "{ orders { id } }", role: "clerk") }')).data.explain).toContain(
      '7',
    );
    expect((await control(set, { role: 'clerk', limits: null })).data.setLimits).toHaveLength(1);
    expect((await asClerk('{ a: orders { id } b: orders { id } }')).status).toBe(200);
  });

  test('what the file says stays; what is no limit is refused', async () => {
    expect(await errorText(control(set, { limits: { nodes: 5 } }))).toBe(
      'not-supported: The configuration file declares the limit nodes of everybody: change it there.',
    );
    expect(await errorText(control(set, { limits: { depth: 0 } }))).toMatch(
      /^validation-failed: limits.depth /,
    );
    expect(await errorText(control(set, { limits: { odd: 1 } }))).toMatch(
      /^validation-failed: limits has no setting "odd"/,
    );
    expect(await errorText(control(set, { limits: { roles: {} } }))).toMatch(
      /^validation-failed: limits.roles/,
    );
  });

  test('a rate that was set is counted and told', async () => {
    await control(set, { role: 'clerk', limits: { rate: { requests: 1, seconds: 600 } } });
    expect((await asClerk('{ orders { id } }')).status).toBe(200);
    expect((await asClerk('{ orders { id } }')).status).toBe(429);
    await control(set, { role: 'clerk', limits: null });
    expect((await asClerk('{ orders { id } }')).status).toBe(200);
  });
});

describe('lists of operations', () => {
  const mode =
    'mutation ($role: String!, $mode: AllowListMode!) { setAllowListMode(role: $role, mode: $mode) { mode } }';
  const allow =
    'mutation ($role: String!, $document: String!) { allowOperation(role: $role, document: $document, name: "all") { operations { hash name } } }';

  test('register, report, enforce, off', async () => {
    const { data } = await control(allow, { role: 'clerk', document: '{ orders { id } }' });
    const [{ hash, name }] = data.allowOperation.operations;
    expect({ hash, name }).toEqual({ hash: expect.stringMatching(/^[0-9a-f]{64}$/), name: 'all' });
    expect((await asClerk('{ a: orders { id } }')).status).toBe(200);
    await control(mode, { role: 'clerk', mode: 'report' });
    expect((await asClerk('{ b: orders { id } }')).status).toBe(200);
    const unlisted = '{ unlistedOperations(role: "clerk") { document refused times } }';
    expect((await control(unlisted)).data.unlistedOperations).toEqual([
      { document: '{\n  b: orders {\n    id\n  }\n}', refused: false, times: 1 },
    ]);
    await control(mode, { role: 'clerk', mode: 'enforce' });
    expect(await errorText(asClerk('{ b: orders { id } }'))).toMatch(/^permission-error: /);
    expect((await asClerk('query { orders { id } }')).status).toBe(200);
    await control(`mutation { disallowOperation(role: "clerk", hash: "${hash}") { role } }`);
    expect(await errorText(asClerk('query { orders { id } }'))).toMatch(/^permission-error: /);
    await control(mode, { role: 'clerk', mode: 'off' });
    expect((await asClerk('{ b: orders { id } }')).status).toBe(200);
  });

  test('what the file says stays; a text without an operation is refused', async () => {
    expect(await errorText(control(mode, { role: 'auditor', mode: 'off' }))).toBe(
      'not-supported: The configuration file declares the operations of the role auditor: change it there.',
    );
    expect(
      await errorText(control(allow, { role: 'clerk', document: 'fragment f on orders { id }' })),
    ).toContain('holds no operation');
    expect(await errorText(control(allow, { role: 'clerk', document: '{' }))).toMatch(/^validation-failed: /);
  });
});

describe('signing in', () => {
  test('the role of requests without credentials', async () => {
    const ask = () => post('graphql', {}, '{ orders { id } }');
    const set = 'mutation ($role: String) { setAnonymousRole(role: $role) { anonymousRole } }';
    expect((await ask()).status).toBe(401);
    expect((await control(set, { role: 'clerk' })).data.setAnonymousRole).toEqual({ anonymousRole: 'clerk' });
    expect((await ask()).status).toBe(200);
    const webhook = 'mutation ($webhook: JSON) { setWebhook(webhook: $webhook) { webhook } }';
    expect(
      await errorText(control(webhook, { webhook: { url: 'https://auth.example.com/check' } })),
    ).toContain('cannot stand beside a webhook');
    await control(set, { role: null });
    expect((await ask()).status).toBe(401);
    expect(await errorText(control(webhook, { webhook: { url: 'nowhere' } }))).toContain('is no URL');
  });

  test('admin secrets: several, shown once, ended, never the last one', async () => {
    expect(
      await errorText(control('mutation { dropAdminSecret(name: "first-start") { declared } }')),
    ).toMatch(/^conflict: first-start is the last admin secret/);
    const first = (await control('mutation { createAdminSecret(name: "night") }')).data.createAdminSecret;
    expect((await control('{ signIns { adminSecrets { name owner } } }', {}, first)).data.signIns).toEqual({
      adminSecrets: [
        { name: 'first-start', owner: 'store' },
        { name: 'night', owner: 'store' },
      ],
    });
    expect(await errorText(control('mutation { createAdminSecret(name: "night") }'))).toMatch(/^conflict: /);
    const dropped = await control('mutation { dropAdminSecret(name: "first-start") { declared } }');
    expect(dropped.errors).toEqual([]);
    expect((await control('{ __typename }')).status).toBe(401);
    expect(readFileSync(join(folder, 'state/admin-secret.sha256'), 'utf8')).toBe('dropped\n');
    admin = first;
    expect((await control('{ __typename }')).status).toBe(200);
    expect((await control('{ audit { entries { before after } } }')).text).not.toContain(first);
  });

  test('all of it holds after another start', async () => {
    await control(put, { name: 'desk', settings: desk });
    await server.close(100);
    server = await start(config, { logger: pino({ level: 'silent' }) });
    await untilRead(server);
    expect(server.authentication.newAdminSecret).toBeNull();
    expect((await control('{ issuers { name } }')).data.issuers).toEqual([{ name: 'desk' }]);
    const asked = await post('graphql', { authorization: `Bearer ${await token()}` }, '{ orders { id } }');
    expect(asked.status).toBe(200);
  });
});
