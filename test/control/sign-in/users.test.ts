import { endSessionsOfUser, setUserDisabled, setUserRoles, usersOf } from '../../../src/control/index.ts';
import { FozForPeople } from './foz.ts';
import { OidcServer } from './oidc-server.ts';

const provider = new OidcServer();
const server = new FozForPeople();
const actor = { kind: 'system', id: 'test', role: null } as const;

beforeAll(async () => {
  await provider.start();
  const common = { ...provider.client, protocol: 'oidc', roles: { everyone: ['reader'] } } as const;
  await server.start([
    { ...common, name: 'company', link_domains: ['example.com'] },
    { ...common, name: 'sister', link_domains: ['Example.com'] },
    { ...common, name: 'social' },
    { ...common, name: 'invited', create_users: false, link_domains: ['example.com'] },
    {
      ...common,
      name: 'groups',
      scopes: ['groups'],
      roles: { rules: [{ claim: '$.groups', is: 'in', roles: ['member'] }] },
    },
  ]);
  provider.register(server.url, ['company', 'sister', 'social', 'invited', 'groups']);
}, 60_000);
afterAll(async () => {
  await server.close();
  provider.stop();
});

let count = 0;
/** Somebody new at the provider; returns the address. */
function somebody(verified = true): string {
  provider.person = `person-${++count}`;
  const email = `person-${count}@example.com`;
  provider.people.set(provider.person, { email, email_verified: verified });
  return email;
}

async function userBy(name: string) {
  const { browser, page } = await server.signIn(name);
  const { id } = await server.session(browser);
  return { id: id as string, browser, page };
}

test('an address links only between providers that are trusted for its domain', async () => {
  somebody();
  const { id } = await userBy('company');
  expect((await userBy('sister')).id).toBe(id);
  expect((await userBy('social')).id).not.toBe(id);
});

test('whoever came first by a provider that is not trusted is not the user of those who come later', async () => {
  somebody();
  const { id } = await userBy('social');
  expect((await userBy('company')).id).not.toBe(id);
});

test('an address that is not verified links nobody', async () => {
  const email = somebody();
  const { id } = await userBy('company');
  provider.person = 'eve';
  provider.people.set('eve', { email, email_verified: false });
  expect((await userBy('sister')).id).not.toBe(id);
});

test('where users are not made, only those who are known get in', async () => {
  somebody();
  expect((await userBy('invited')).page.text).toContain('but have no account here.');
  const { id } = await userBy('company');
  expect((await userBy('invited')).id).toBe(id);
});

test('a disabled user is out at once and does not come back, until they are enabled', async () => {
  somebody();
  const { id, browser } = await userBy('company');
  const plane = server.foz.plane!;
  await setUserDisabled(plane, actor, id, true);
  expect((await server.session(browser)).status).toBe(401);
  expect((await userBy('company')).page.text).toContain('Your account is disabled.');
  await setUserDisabled(plane, actor, id, false);
  expect((await userBy('company')).id).toBe(id);
});

test('roles by hand stand beside those of the provider, and change running sessions', async () => {
  somebody();
  const { id, browser } = await userBy('company');
  await setUserRoles(server.foz.plane!, actor, id, ['editor']);
  expect(await server.session(browser)).toMatchObject({ status: 200, roles: ['reader', 'editor'] });
  const [user] = await usersOf(server.foz.plane!, { search: `person-${count}@` });
  expect(user).toMatchObject({ id, roles: ['editor'], effectiveRoles: ['reader', 'editor'] });
});

test('a role that the provider no longer gives is taken from other sessions, even by a sign-in that is refused', async () => {
  somebody();
  provider.people.set(provider.person, { groups: ['in'] });
  const { browser } = await userBy('groups');
  expect(await server.session(browser)).toMatchObject({ status: 200, role: 'member' });
  provider.people.set(provider.person, { groups: [] });
  expect((await userBy('groups')).page.status).toBe(403);
  expect((await server.session(browser)).status).toBe(403);
});

test('an administrator ends the sessions of a user', async () => {
  somebody();
  const first = await userBy('company');
  const second = await userBy('company');
  expect(await endSessionsOfUser(server.foz.plane!, actor, first.id)).toBe(2);
  for (const { browser } of [first, second]) expect((await server.session(browser)).status).toBe(401);
});

test('the control API shows users and sessions, ends sessions, and keeps secrets of providers to itself', async () => {
  somebody();
  const { id, browser } = await userBy('company');
  const shown = await server.control(
    '{ users(search: "@example.com") { id roles identities { provider } } userSessions { id userId } providers { name owner settings } }',
  );
  expect(shown.errors).toBeUndefined();
  const text = JSON.stringify(shown);
  expect(text).toContain(id);
  expect(text).not.toContain(provider.client.client_secret);
  const ended = await server.control('mutation End($id: String!) { endUserSessions(userId: $id) }', { id });
  expect(ended).toEqual({ data: { endUserSessions: 1 } });
  expect((await server.session(browser)).status).toBe(401);
});
