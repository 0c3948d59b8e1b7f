import type { ProviderConfig } from '../../../src/auth/index.ts';
import type { Slapd } from '../../support/servers/slapd.ts';
import { Browser, type Loaded } from './browser.ts';
import { searching, startDirectory } from './directory.ts';
import { FozForPeople } from './foz.ts';
import { startHangingUp } from './hanging-up.ts';

let directory: Slapd;
let hanging: Awaited<ReturnType<typeof startHangingUp>>;
const server = new FozForPeople();
const wrong = 'Name or password is wrong, or the account may not sign in.';
const root = 'dc=example,dc=com';

beforeAll(async () => {
  directory = await startDirectory();
  hanging = await startHangingUp(directory.certificate);
  const { url, secureUrl, ca } = directory;
  const plain = { ...searching, servers: [url], roles: { everyone: ['reader'] } };
  const shown = {
    variables: { 'x-foz-groups': { path: '$.groups' }, 'x-foz-kind': { path: '$.employeeType' } },
  };
  const named = (name: string, more: object): ProviderConfig =>
    ({ ...plain, ...shown, name, ...more }) as ProviderConfig;
  const { bind_dn: _, bind_password: __, ...anonymous } = plain;
  await server.start([
    named('company', {
      title: 'Company <directory>',
      roles: { everyone: ['reader'], rules: [{ claim: '$.groups', is: 'all, of us', roles: ['member'] }] },
      groups: {},
      claims: ['departmentNumber', 'employeeType'],
      email_verified: true,
    }),
    named('flat', { groups: { nested: false } }),
    named('members', { groups: { by: 'member', base_dn: `ou=groups,${root}` } }),
    named('posix', { groups: { by: 'posix' } }),
    named('by-mail', { user_filter: '(&(objectClass=person)(mail={username}))' }),
    named('starttls', { start_tls: true, ca }),
    named('ldaps', { servers: [secureUrl], ca }),
    named('strange-ca', { servers: [secureUrl] }),
    named('strange-tls', { start_tls: true }),
    named('other-name', { servers: [secureUrl.replace('localhost', '127.0.0.1')], ca }),
    named('fail-over', { servers: ['ldap://localhost:9', secureUrl, url], timeout_seconds: 2 }),
    named('hanging-up', { servers: [hanging.url], start_tls: true, ca }),
    named('down', { servers: ['ldap://localhost:9'] }),
    named('no-search', { bind_password: 'other' }),
    { ...anonymous, name: 'direct', user_dn: `uid={username},ou=people,${root}` } as ProviderConfig,
  ]);
}, 120_000);
afterAll(async () => {
  await server.close();
  hanging?.stop();
  await directory?.stop();
});

/** A browser at the form of a provider, and the state of its attempt. */
async function atForm(provider: string, query = '') {
  const browser = new Browser();
  const page = await browser.ask(server.at(`/auth/${provider}/login${query}`));
  const state = /name="state" value="([\w-]+)"/.exec(page.text)?.[1] ?? '';
  return { browser, page, state };
}

function send(browser: Browser, provider: string, fields: Record<string, string>, headers: object = {}) {
  return browser.ask(server.at(`/auth/${provider}/callback`), {
    method: 'POST',
    headers: { origin: new URL(server.url).origin, ...headers },
    body: new URLSearchParams(fields),
  });
}

async function enter(provider: string, username: string, password = `${username} secret`) {
  const { browser, state } = await atForm(provider);
  const page = await send(browser, provider, { state, username, password });
  return { browser, page, state };
}

/** Someone of a name that no other test has, so that no wait of an earlier test counts. */
let count = 0;
const somebody = () => `nobody-${++count}`;

function expectOut(page: Loaded, browser: Browser, text = wrong): void {
  expect({ status: page.status, says: page.text.includes(text) }).toEqual({ status: 403, says: true });
  expect(browser.jar(server.at('/')).has('foz_session')).toBe(false);
}

test('a person signs in by a form of ours, returns to where they were, and has the roles of their groups', async () => {
  const { browser, page, state } = await atForm('company', '?redirect=/orders');
  expect(page.text).toContain('Company &lt;directory&gt;');
  expect(page.text).toContain('autocomplete="current-password"');
  expect(page.text).not.toContain('<script');
  const back = await send(browser, 'company', { state, username: 'ADA ', password: 'ada secret' });
  expect(back.headers.get('location')).toBe(server.at('/orders').href);
  const session = await server.session(browser);
  expect(session).toMatchObject({ status: 200, roles: ['reader', 'member'], email: 'ada@example.com' });
  const again = await enter('company', 'ada');
  expect((await server.session(again.browser)).id).toBe(session.id);
});

test.each([
  ['company', 'chief', ['leaders', 'staff', 'all, of us']],
  ['flat', 'chief', ['leaders']],
  ['members', 'chief', ['leaders', 'staff', 'all, of us']],
  ['posix', 'ada', ['posix', 'primary']],
  ['company', 'we*(all)\\', ['all, of us']],
  // The groups contain each other in a circle.
  ['members', 'we*(all)\\', ['all, of us', 'leaders', 'staff']],
])('groups: %s, %s', async (provider, username, groups) => {
  const password = username.startsWith('we') ? 'we secret' : undefined;
  const { browser } = await enter(provider, username, password);
  const { id } = await server.session(browser);
  const users = await server.foz.plane!.store.read((db) =>
    db('foz.identities').where({ user_id: id, provider }).select('variables'),
  );
  const [{ variables }] = users as [{ variables: Record<string, string> | string }];
  const found = typeof variables === 'string' ? JSON.parse(variables) : variables;
  expect([...JSON.parse(found.groups)].sort()).toEqual([...groups].sort());
});

test.each([['starttls'], ['ldaps'], ['direct'], ['fail-over']])(
  '%s lets in with the right password alone',
  async (name) => {
    expect((await enter(name, 'ada')).page.status).toBe(303);
    const { page, browser } = await enter(name, 'ada', 'other');
    expectOut(page, browser);
  },
);

test.each([
  ['strange-ca', /self-signed|unable to (?:verify|get)/],
  ['strange-tls', /self-signed|unable to (?:verify|get)/],
  ['other-name', /altnames|does not match/],
  ['down', /ECONNREFUSED/],
  ['no-search', /code 49/],
])('%s: a page says that the provider cannot be used, and the log says why', async (name, why) => {
  server.lines.length = 0;
  const { page } = await enter(name, 'ada');
  expect(page.status).toBe(503);
  expect(page.text).toContain(`${name} cannot be used to sign in at the moment.`);
  expect(server.lines.join('')).toMatch(why);
  expect(page.text).not.toMatch(why);
});

test('a server that hangs up after StartTLS gets no password without encryption', async () => {
  const { page } = await enter('hanging-up', 'ada');
  expect(page.status).toBe(503);
  expect(hanging.plain).toHaveLength(1);
  expect(hanging.plain[0]!.toString('latin1')).toContain('1.3.6.1.4.1.1466.20037');
});

test('wrong and unknown have the same answer, after the same time', async () => {
  const name = somebody();
  const times: number[] = [];
  const answers: string[] = [];
  for (const [username, password] of [
    ['ada', 'wrong'],
    [name, 'wrong'],
  ] as const) {
    const { browser, state } = await atForm('company');
    const start = performance.now();
    const page = await send(browser, 'company', { state, username, password });
    times.push(performance.now() - start);
    expectOut(page, browser);
    answers.push(page.text.replaceAll(state, 'STATE').replaceAll(username, 'NAME'));
  }
  expect(answers[0]).toBe(answers[1]);
  expect(Math.min(...times)).toBeGreaterThanOrEqual(495);
  expect(server.lines.join('')).toContain('the directory refuses the bind: wrong password');
  expect(server.lines.join('')).toContain('no such account');
});

test('after a refusal the same form goes on', async () => {
  const { browser, page, state } = await enter('company', 'chief', 'wrong');
  expectOut(page, browser);
  expect(page.text).toContain('role="alert"');
  expect(page.text).toContain('value="chief"');
  const back = await send(browser, 'company', { state, username: 'chief', password: 'chief secret' });
  expect(back.status).toBe(303);
  // An attempt counts once, also with the right password.
  expectOut(
    await send(browser, 'company', { state, username: 'chief', password: 'chief secret' }),
    new Browser(),
    'This attempt',
  );
});

const refused: readonly (readonly [what: string, username: string, password: string])[] = [
  ['no password', 'ada', ''],
  ['a NUL as password', 'ada', '\0'],
  ['the password with a NUL', 'chief', 'chief secret\0'],
  ['a password that is too long', 'twin', 'a'.repeat(1_025)],
  ['no name', '', 'ada secret'],
  ['a name that is too long', 'a'.repeat(257), 'x'],
  ['any name', '*', 'ada secret'],
  ['a part of the name', 'a*', 'ada secret'],
  ['a filter', 'ada)(uid=*', 'ada secret'],
  ['an open filter', '*)(|(uid=ada', 'ada secret'],
  ['an escaped filter', '\\2a', 'ada secret'],
  ['a filter after a NUL', 'ada\0)(uid=*', 'ada secret'],
  ['line ends', 'ada\r\n', 'wrong'],
  ['an own property', '__proto__', 'x'],
  ['an entry that is no person', 'staff', 'x'],
];

test('names and passwords that are none, or would be more than a name, let nobody in', async () => {
  const answers = await Promise.all(
    refused.map(async ([what, username, password]) => {
      const { page, browser } = await enter('company', username, password);
      return {
        what,
        status: page.status,
        says: page.text.includes(wrong),
        in: browser.jar(server.at('/')).has('foz_session'),
      };
    }),
  );
  expect(answers).toEqual(refused.map(([what]) => ({ what, status: 403, says: true, in: false })));
});

test.each([
  ['another DN', 'ada,ou=people,dc=example,dc=com'],
  ['two values', 'ada+cn=ada'],
  ['a reference', 'x,ou=elsewhere'],
])('a name cannot change the DN of a bind: %s', async (_name, username) => {
  const { page, browser } = await enter('direct', username, 'ada secret');
  expectOut(page, browser);
});

test('two accounts with one name let nobody in', async () => {
  const { page, browser } = await enter('by-mail', 'shared@example.com', 'twin secret');
  expectOut(page, browser);
  expect(server.lines.join('')).toContain('several accounts match');
});

test("only the browser's own form counts", async () => {
  const { browser, state } = await atForm('company');
  const fields = { state, username: 'ada', password: 'ada secret' };
  const other = await atForm('company');
  expectOut(await send(other.browser, 'company', fields), other.browser, 'This attempt');
  expectOut(await send(browser, 'flat', fields), browser, 'This attempt');
  const foreign = await send(browser, 'company', fields, { origin: 'https://evil.example' });
  expectOut(foreign, browser, 'is accepted only from pages of this server');
  const link = await browser.ask(server.at(`/auth/company/callback?${new URLSearchParams(fields)}`));
  expect(link.status).toBe(405);
});

test('guessing is slowed down, and the wait is no lock for the account elsewhere', async () => {
  const username = somebody();
  const { browser, state } = await atForm('company');
  for (let at = 0; at < 5; at++) await send(browser, 'company', { state, username, password: `guess ${at}` });
  const start = performance.now();
  const page = await send(browser, 'company', { state, username, password: 'one more' });
  expectOut(page, browser, 'There were too many attempts.');
  expect(performance.now() - start).toBeLessThan(450);
  expect((await enter('company', 'ada')).page.status).toBe(303);
});
