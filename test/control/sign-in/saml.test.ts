import type { ProviderConfig } from '../../../src/auth/index.ts';
import { Browser, type Loaded } from './browser.ts';
import { FozForPeople } from './foz.ts';
import { keyPair, type Posted, SamlIdp } from './saml-idp.ts';

const idp = new SamlIdp();
const own = keyPair();
const server = new FozForPeople();
const refused = 'The answer of the provider was not accepted.';
const unknown = 'This attempt to sign in is not known to this browser';

beforeAll(async () => {
  await idp.start();
  const common = {
    protocol: 'saml',
    issuer: idp.issuer,
    metadata_url: `${idp.issuer}/metadata`,
    attributes: { email: 'mail', name: 'displayName' },
    email_verified: true,
    roles: { everyone: ['reader'], rules: [{ claim: '$.groups', is: 'editors', roles: ['editor'] }] },
  };
  const named = (name: string, more: object = {}) => ({ ...common, name, ...more }) as ProviderConfig;
  await server.start([
    named('company'),
    named('partner'),
    named('signing', { private_key: own.key, certificate: own.cert }),
    named('whole', { signed_response: true }),
    named('encrypted', { private_key: own.key, certificate: own.cert, encrypted_assertion: true }),
    named('gone', { metadata_url: 'http://localhost:9/metadata' }),
    named('other', { issuer: 'https://id.example.com' }),
  ]);
}, 60_000);
afterAll(async () => {
  await server.close();
  idp.stop();
});
beforeEach(() => {
  idp.person = {
    id: 'ada',
    claims: { mail: 'ada@example.com', displayName: 'Ada', groups: ['editors', 'staff'] },
  };
  idp.more = {};
  idp.signingCert = null;
});

/** A browser that stands before the callback, and what the provider would post there. */
async function arriving(provider = 'company', browser = new Browser()) {
  const callback = server.at(`/auth/${provider}/callback`).href;
  const { url } = await browser.go(
    server.at(`/auth/${provider}/login?redirect=/orders`),
    ({ origin }) => origin === idp.issuer,
  );
  return { browser, url, posted: await idp.answer(browser, url, callback) };
}

function post(browser: Browser, { action, state, xml }: Posted): Promise<Loaded> {
  const body = new URLSearchParams({ RelayState: state, SAMLResponse: Buffer.from(xml).toString('base64') });
  return browser.ask(action, {
    method: 'POST',
    body,
    headers: { origin: idp.issuer, 'sec-fetch-site': 'cross-site' },
  });
}

function expectRefused(page: Loaded, browser: Browser, text = refused): void {
  expect({ status: page.status, says: page.text.includes(text) }).toEqual({ status: 403, says: true });
  expect(browser.jar(server.at('/')).has('foz_session')).toBe(false);
}

async function idOf(posted: Posted, browser: Browser): Promise<unknown> {
  expect((await post(browser, posted)).status).toBe(303);
  return (await server.session(browser)).id;
}

test('a person signs in, returns to where they were, and is the same person the next time', async () => {
  const { browser, posted } = await arriving();
  const page = await post(browser, posted);
  expect(page.headers.get('location')).toBe(server.at('/orders').href);
  const session = await server.session(browser);
  expect(session).toMatchObject({
    status: 200,
    provider: 'company',
    roles: ['reader', 'editor'],
    email: 'ada@example.com',
  });
  const again = await arriving('company', browser);
  const former = browser.jar(server.at('/')).get('foz_session')!;
  expect(await idOf(again.posted, again.browser)).toBe(session.id);
  const old = new Browser();
  old.jar(server.at('/')).set('foz_session', former);
  expect((await server.session(old)).status).toBe(401);
});

test('the metadata describe Foz, and requests are signed with its key', async () => {
  const { text, headers } = await new Browser().ask(server.at('/auth/signing/metadata'));
  expect(headers.get('content-type')).toBe('application/samlmetadata+xml');
  expect(text).toContain(`entityID="${server.at('/auth/signing/metadata').href}"`);
  expect(text).toContain(server.at('/auth/signing/callback').href);
  expect(text.replace(/\s/g, '')).toContain(own.cert.replace(/-----[^-]+-----|\s/g, ''));
  idp.signingCert = own.cert;
  const { browser, posted } = await arriving('signing');
  expect((await post(browser, posted)).status).toBe(303);
  idp.signingCert = keyPair().cert;
  await expect(arriving('signing')).rejects.toThrow('Signature check errors');
});

const encrypting = {
  encryptionCert: own.cert,
  encryptionPublicKey: own.cert,
  encryptionAlgorithm: 'http://www.w3.org/2009/xmlenc11#aes256-gcm',
};

test('assertions can be encrypted, and have to be signed all the same', async () => {
  idp.more = encrypting;
  const { browser, posted } = await arriving('encrypted');
  expect(posted.xml).not.toContain('ada');
  expect((await post(browser, posted)).status).toBe(303);
  idp.more = { ...encrypting, signAssertion: false };
  const unsigned = await arriving('encrypted');
  expectRefused(await post(unsigned.browser, unsigned.posted), unsigned.browser);
  idp.more = { ...encrypting, signatureAlgorithm: 'rsa-sha1', digestAlgorithm: 'sha1' };
  const weak = await arriving('encrypted');
  expectRefused(await post(weak.browser, weak.posted), weak.browser);
  idp.more = {};
  const open = await arriving('encrypted');
  expectRefused(await post(open.browser, open.posted), open.browser);
});

test('where the response has to be signed, a signed assertion is not enough', async () => {
  const { browser, posted } = await arriving('whole');
  expectRefused(await post(browser, posted), browser);
  idp.more = { signResponse: true };
  const both = await arriving('whole');
  expect((await post(both.browser, both.posted)).status).toBe(303);
});

const other = keyPair();

test.each<[string, object, string?]>([
  ['that is not signed', { signAssertion: false }],
  ['in a signed response, but not signed itself', { signAssertion: false, signResponse: true }],
  ['signed with another key', other],
  ['signed with SHA-1', { signatureAlgorithm: 'rsa-sha1', digestAlgorithm: 'sha1' }],
  ['whose signature uses SHA-1', { signatureAlgorithm: 'rsa-sha1' }],
  ['whose digest is SHA-1', { digestAlgorithm: 'sha1' }],
  ['for another audience', { audience: 'https://other.example.com' }],
  ['for another recipient', { recipient: 'https://other.example.com/callback' }],
  ['for no recipient', { recipient: undefined }],
  ['that was sent to another destination', { destination: 'https://other.example.com/callback' }],
  ['that answers another request', { inResponseTo: '_other' }],
  ['that has expired', { lifetimeInSeconds: -31 }],
  ['of another issuer', { issuer: 'https://evil.example' }],
])('an assertion %s', async (_name, more) => {
  idp.more = { ...more };
  const { browser, posted } = await arriving();
  expectRefused(await post(browser, posted), browser);
});

test('clocks may differ a little', async () => {
  idp.more = { lifetimeInSeconds: -20 };
  const { browser, posted } = await arriving();
  expect((await post(browser, posted)).status).toBe(303);
});

/** The parts of a response with a signed assertion, and an assertion for somebody else. */
function partsOf(xml: string) {
  const assertion = /<saml:Assertion .*<\/saml:Assertion>/s.exec(xml)![0];
  const signature = /<Signature .*?<\/Signature>/s.exec(assertion)![0];
  const bare = assertion.replace(signature, '');
  const evil = bare.replaceAll('>ada<', '>eve<').replace(/ ID="[^"]+"/, ' ID="_evil"');
  expect(evil).toContain('>eve<');
  const inside = (node: string, added: string) =>
    node.replace('</saml:Assertion>', `${added}</saml:Assertion>`);
  const signedBy = (node: string, by: string) => node.replace('</saml:Issuer>', `</saml:Issuer>${by}`);
  const put = (content: string) => xml.replace(assertion, () => content);
  return { assertion, signature, bare, evil, inside, signedBy, put };
}

const wrapped: readonly (readonly [string, (parts: ReturnType<typeof partsOf>) => string])[] = [
  ['3: an assertion before the signed one', ({ evil, assertion, put }) => put(evil + assertion)],
  ['an assertion after the signed one', ({ evil, assertion, put }) => put(assertion + evil)],
  [
    '4: the signed one within another one',
    ({ evil, assertion, inside, put }) => put(inside(evil, assertion)),
  ],
  [
    '5: the signature moved to another one',
    ({ evil, bare, signature, signedBy, put }) => put(signedBy(evil, signature) + bare),
  ],
  [
    '6: the signed one within the signature of another one',
    ({ evil, bare, signature, signedBy, put }) =>
      put(signedBy(evil, signature.replace('</Signature>', `${bare}</Signature>`))),
  ],
  [
    '7: another one in Extensions',
    ({ evil, assertion, put }) => put(`<samlp:Extensions>${evil}</samlp:Extensions>${assertion}`),
  ],
  [
    'the signed one in Extensions',
    ({ evil, assertion, put }) => put(`<samlp:Extensions>${assertion}</samlp:Extensions>${evil}`),
  ],
  [
    '8: the signed one in an Object of the signature of another one',
    ({ evil, bare, signature, signedBy, put }) =>
      put(signedBy(evil, signature.replace('</Signature>', `<Object>${bare}</Object></Signature>`))),
  ],
  [
    'another one with the same id',
    ({ evil, assertion, bare, put }) =>
      put(evil.replace('_evil', / ID="([^"]+)"/.exec(bare)![1]!) + assertion),
  ],
  ['a changed one', ({ assertion, put }) => put(assertion.replaceAll('>ada<', '>eve<'))],
  ['one without its signature', ({ bare, put }) => put(bare)],
  [
    'an empty reference',
    ({ assertion, put }) => put(assertion.replace(/URI="#[^"]+"/, 'URI=""').replaceAll('>ada<', '>eve<')),
  ],
  ['no assertion', ({ put }) => put('')],
];

test.each(wrapped)('signature wrapping, %s', async (_name, wrap) => {
  const { browser, posted } = await arriving();
  const { xml } = posted;
  expectRefused(await post(browser, { ...posted, xml: wrap(partsOf(xml)) }), browser);
});

test.each<[string, (xml: string, signature: string) => string]>([
  [
    '1: the signed response within the signature of another one',
    (xml, signature) => {
      const bare = xml.replace(signature, '');
      const evil = bare.replaceAll('>ada<', '>eve<').replace(/ ID="[^"]+"/, ' ID="_evil"');
      return evil.replace(
        '</saml:Issuer>',
        `</saml:Issuer>${signature.replace('</Signature>', `<Object>${bare}</Object></Signature>`)}`,
      );
    },
  ],
  [
    '2: the signed response beside the signature of another one',
    (xml, signature) => {
      const bare = xml.replace(signature, '');
      const evil = bare.replaceAll('>ada<', '>eve<').replace(/ ID="[^"]+"/, ' ID="_evil"');
      return evil.replace('</saml:Issuer>', `</saml:Issuer>${bare}${signature}`);
    },
  ],
])('signature wrapping, %s', async (_name, wrap) => {
  idp.more = { signResponse: true };
  const { browser, posted } = await arriving('whole');
  const signature = /<Signature .*?<\/Signature>/s.exec(posted.xml)![0];
  expectRefused(await post(browser, { ...posted, xml: wrap(posted.xml, signature) }), browser);
});

test('a comment in a NameID cuts nothing off', async () => {
  const first = await arriving();
  const ada = await idOf(first.posted, first.browser);
  idp.person = { id: 'ada.evil.example' };
  const second = await arriving();
  const evil = await idOf(second.posted, second.browser);
  const third = await arriving();
  const xml = third.posted.xml.replace('>ada.evil.example<', '>ada<!-- -->.evil.example<');
  expect(xml).toContain('<!-- -->');
  expect(await idOf({ ...third.posted, xml }, third.browser)).toBe(evil);
  expect(evil).not.toBe(ada);
});

const bomb = `<!DOCTYPE a [<!ENTITY a "${'a'.repeat(1_000)}"><!ENTITY b "${'&a;'.repeat(1_000)}">]>`;

test.each<[string, (xml: string) => string]>([
  ['entities', (xml) => xml.replace(/^(?:<\?xml[^>]*>)?/, bomb).replace('>ada<', '>&b;<')],
  ['a file as entity', (xml) => `<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>${xml}`],
  ['no XML', () => 'response'],
  ['XML that does not end', (xml) => xml.slice(0, -20)],
  ['nothing', () => ''],
  ['another document', () => '<a/>'],
  ['many elements', () => `<a>${'<b>'.repeat(20_000)}`],
  ['more than the longest', (xml) => xml + ' '.repeat(160_000)],
  ['a NUL', (xml) => xml.replace('>ada<', '>ada\0<')],
])('refused as a response: %s', async (_name, change) => {
  const { browser, posted } = await arriving();
  expectRefused(await post(browser, { ...posted, xml: change(posted.xml) }), browser);
});

test('a response counts once, in the browser that asked for it, for the provider that was asked', async () => {
  const { browser, posted } = await arriving();
  const kept = new Map(browser.jar(server.at('/')));
  const stranger = new Browser();
  expectRefused(await post(stranger, posted), stranger, unknown);
  expectRefused(await post(stranger, { ...posted, state: '' }), stranger, unknown);
  const action = server.at('/auth/partner/callback').href;
  expectRefused(await post(browser, { ...posted, action }), browser, unknown);
  const fresh = await arriving();
  expect((await post(fresh.browser, fresh.posted)).status).toBe(303);
  const again = new Browser();
  for (const [name, value] of kept) again.jar(server.at('/')).set(name, value);
  expect((await post(again, posted)).status).toBe(303);
  const third = new Browser();
  for (const [name, value] of kept) third.jar(server.at('/')).set(name, value);
  expectRefused(await post(third, posted), third, unknown);
});

test('a response to one attempt does not answer another one of the same browser', async () => {
  const first = await arriving();
  const second = await arriving('company', first.browser);
  expectRefused(await post(first.browser, { ...first.posted, state: second.posted.state }), first.browser);
});

test.each([
  ['gone', /metadata:/],
  ['other', /no entity https:\/\/id\.example\.com/],
])('%s: a page says that the provider cannot be used, and the log says why', async (name, why) => {
  server.lines.length = 0;
  const page = await new Browser().ask(server.at(`/auth/${name}/login`));
  expect(page.status).toBe(503);
  expect(server.lines.join('')).toMatch(why);
});
