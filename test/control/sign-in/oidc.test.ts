import { until } from '../../support/wait.ts';
import { Browser } from './browser.ts';
import { FozForPeople } from './foz.ts';
import { OidcServer } from './oidc-server.ts';

const provider = new OidcServer();
const server = new FozForPeople();

beforeAll(async () => {
  await provider.start();
  provider.people.set('ada', {
    name: 'Ada Lovelace',
    email: 'ada@example.com',
    email_verified: true,
    groups: ['editors', 'staff'],
    tenant: 7,
  });
  provider.people.set('bob', { name: 'Bob', email: 'bob@example.com', email_verified: false, groups: [] });
  await server.start(
    [
      {
        ...provider.client,
        name: 'company',
        protocol: 'oidc',
        title: 'Company <account>',
        scopes: ['profile', 'email', 'groups'],
        roles: {
          rules: [
            { claim: '$.groups', is: 'editors', roles: ['editor'] },
            { claim: '$.groups', is: 'staff', email_domain: 'example.com', roles: ['reader'] },
          ],
          default: 'reader',
        },
        variables: { 'x-foz-tenant-id': { path: '$.tenant' } },
      },
    ],
    { redirect_origins: ['https://app.example.com'] },
  );
  provider.register(server.url, ['company']);
}, 60_000);
afterAll(async () => {
  await server.close();
  provider.stop();
});
beforeEach(() => {
  provider.person = 'ada';
});

test('a person signs in, has the roles of their groups, and is the same person the next time', async () => {
  const { browser, page } = await server.signIn('company', undefined, '?redirect=/orders%3Fpage=2');
  expect(page.url.pathname + page.url.search).toBe('/orders?page=2');
  const session = await server.session(browser);
  expect(session).toMatchObject({
    status: 200,
    kind: 'session',
    provider: 'company',
    role: 'reader',
    roles: ['editor', 'reader'],
    email: 'ada@example.com',
  });
  const again = await server.signIn('company');
  expect((await server.session(again.browser)).id).toBe(session.id);
  const cookie = [...browser.jar(server.at('/'))];
  expect(cookie.map(([name]) => name)).toEqual(['foz_session']);
  expect(await server.audit()).toContainEqual(
    expect.objectContaining({
      kind: 'sign-in',
      operation: 'session.begin company',
      actor: { kind: 'user', id: session.id, role: 'reader' },
      outcome: 'success',
    }),
  );
  expect(JSON.stringify(await server.audit())).not.toContain(cookie[0]![1]);
});

test('a person without a role does not get in, and no user is made', async () => {
  provider.person = 'bob';
  const { browser, page } = await server.signIn('company');
  expect(page.status).toBe(403);
  expect(page.text).toContain('You were recognized, but have no role here.');
  expect(browser.jar(server.at('/')).size).toBe(0);
  expect(server.lines.join('')).toContain('no role for the subject');
});

test('a sign-in gives a new session and ends the one that the browser had', async () => {
  const { browser } = await server.signIn('company');
  const former = browser.jar(server.at('/')).get('foz_session')!;
  await server.signIn('company', browser);
  expect(browser.jar(server.at('/')).get('foz_session')).not.toBe(former);
  const old = new Browser();
  old.jar(server.at('/')).set('foz_session', former);
  expect((await server.session(old)).status).toBe(401);
});

test('who signs out is out, here and at the provider', async () => {
  const { browser } = await server.signIn('company');
  const out = await browser.ask(server.at('/auth/logout'), {
    method: 'POST',
    headers: { origin: new URL(server.url).origin },
  });
  expect(out.status).toBe(303);
  const end = new URL(out.headers.get('location')!);
  expect(end.origin).toBe(provider.issuer);
  expect(end.searchParams.get('id_token_hint')).toMatch(/^ey/);
  expect(end.searchParams.get('post_logout_redirect_uri')).toBe(server.at('/auth/login?signed_out').href);
  expect(browser.jar(server.at('/')).size).toBe(0);
  const confirm = await browser.ask(end);
  expect(confirm.text).toContain('xsrf');
});

test('sign-out needs a page of the server', async () => {
  const { browser } = await server.signIn('company');
  const foreign: [string, string][] = [
    ['origin', 'https://evil.example'],
    ['origin', 'null'],
    ['sec-fetch-site', 'cross-site'],
  ];
  for (const header of foreign) {
    const headers = [header];
    const out = await browser.ask(server.at('/auth/logout'), { method: 'POST', headers });
    expect(out.status).toBe(400);
  }
  expect((await server.session(browser)).status).toBe(200);
});

test('a session that the provider has ended is over, once', async () => {
  const { browser } = await server.signIn('company');
  expect((await server.session(browser)).status).toBe(200);
  const confirm = await browser.ask(`${provider.issuer}/session/end`);
  const xsrf = /name="xsrf" value="(\w+)"/.exec(confirm.text)![1]!;
  await browser.ask(`${provider.issuer}/session/end/confirm`, {
    method: 'POST',
    body: new URLSearchParams({ xsrf, logout: 'yes' }),
  });
  await until(async () => (await server.session(browser)).status === 401);
  expect(await server.audit()).toContainEqual(
    expect.objectContaining({
      operation: 'session.end',
      actor: { kind: 'system', id: 'provider company', role: null },
    }),
  );
});

test('the page names the providers, and nothing on it is markup of theirs', async () => {
  const page = await new Browser().ask(server.at('/auth/login?again'));
  expect(page.text).toContain('Company &lt;account&gt;');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  const straight = await new Browser().ask(server.at('/auth/login?redirect=/a'));
  expect(straight.headers.get('location')).toBe(server.at('/auth/company/login?redirect=%2Fa').href);
  const list = await new Browser().ask(server.at('/auth/providers'));
  expect(JSON.parse(list.text).providers).toMatchObject([{ name: 'company', protocol: 'oidc' }]);
});

test('while the provider is down, a page says so, and the store has nothing of it', async () => {
  const other = new FozForPeople();
  await other.start([{ ...provider.client, issuer: 'http://localhost:9', name: 'gone', protocol: 'oidc' }]);
  const { page } = await other.signIn('gone');
  expect(page.status).toBe(503);
  expect(page.text).toContain('gone cannot be used to sign in at the moment.');
  await other.close();
});
