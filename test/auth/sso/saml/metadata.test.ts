import { IdpMetadata, identityProvider } from '../../../../src/auth/sso/saml/metadata.ts';

const key = (use: string, text: string) =>
  `<md:KeyDescriptor${use}><ds:KeyInfo><ds:X509Data><ds:X509Certificate>${text}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`;
const binding = 'urn:oasis:names:tc:SAML:2.0:bindings';
const login = `<md:SingleSignOnService Binding="${binding}:HTTP-POST" Location="https://id.example.com/post"/><md:SingleSignOnService Binding="${binding}:HTTP-Redirect" Location="https://id.example.com/sso"/>`;
const keys = key(' use="signing"', 'AAAA\n BBBB') + key('', 'CCCC') + key(' use="encryption"', 'DDDD');
const entity = (content: string) =>
  `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="https://id.example.com">${content}</md:EntityDescriptor>`;
const role = (content: string) => `<md:IDPSSODescriptor>${content}</md:IDPSSODescriptor>`;
const whole = entity(role(keys + login));
const issuer = 'https://id.example.com';

test('all certificates for signatures count, so that a provider can change them', async () => {
  const { loginUrl, certificates } = await identityProvider(whole, issuer);
  expect(loginUrl).toBe('https://id.example.com/sso');
  expect(certificates.map((pem) => pem.split('\n')[1])).toEqual(['AAAABBBB', 'CCCC']);
});

test.each([
  [whole, 'https://other.example.com', /no entity https:\/\/other/],
  [entity('<md:SPSSODescriptor/>'), issuer, /another role/],
  [entity(role(keys)), issuer, /HTTP-Redirect/],
  [entity(role(login)), issuer, /no certificate/],
  [entity(role(keys + login.replaceAll('https:', 'javascript:'))), issuer, /HTTP-Redirect/],
  [`<!DOCTYPE a>${whole}`, issuer, /document type/],
  ['metadata', issuer, /no XML/],
])('metadata that cannot be used', async (xml, entityId, message) => {
  await expect(identityProvider(xml, entityId)).rejects.toThrow(message);
});

test('metadata of a URL are kept, read again, and kept on while the URL does not answer', async () => {
  let answer: () => Response = () => new Response(whole);
  let count = 0;
  const config = {
    name: 'company',
    protocol: 'saml',
    issuer,
    metadata_url: 'https://id.example.com/m',
  } as const;
  const metadata = new IdpMetadata(config, () => {
    count++;
    return Promise.resolve(answer());
  });
  const [first, second] = await Promise.all([metadata.get(), metadata.get()]);
  expect(second).toBe(first);
  expect(await metadata.refreshed()).toBe(first);
  expect(count).toBe(1);
  answer = () => new Response('', { status: 500 });
  expect(await metadata.get(0)).toBe(first);
  answer = () => new Response(whole.replace('CCCC', 'EEEE'));
  const fresh = await metadata.get(0);
  expect(fresh.certificates[1]).toContain('EEEE');
  expect(count).toBe(3);
});
