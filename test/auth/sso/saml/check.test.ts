import { checkAuth, type ProviderConfig } from '../../../../src/auth/index.ts';

const saml = { name: 'company', protocol: 'saml', issuer: 'https://id.example.com' } as const;
const metadata_url = 'https://id.example.com/metadata';

test.each<[object, RegExp | null]>([
  [{ metadata_url }, null],
  [{ idp_metadata: '<EntityDescriptor/>' }, null],
  [{ metadata_url: 'http://localhost:1/metadata' }, null],
  [{}, /needs either idp_metadata or metadata_url/],
  [{ metadata_url, idp_metadata: '<EntityDescriptor/>' }, /needs either idp_metadata or metadata_url/],
  [{ idp_metadata: 'metadata.xml' }, /idp_metadata is no metadata/],
  [{ metadata_url: 'http://id.example.com/metadata' }, /metadata_url is not https/],
  [{ metadata_url: 'metadata' }, /metadata_url is no URL/],
  [{ metadata_url, private_key: 'x' }, /certificate is missing/],
  [{ metadata_url, certificate: 'x' }, /private_key is missing/],
  [{ metadata_url, private_key: 'x', certificate: 'x' }, /private_key is no private key in PEM/],
  [{ metadata_url, encrypted_assertion: true }, /private_key is missing/],
  [{ metadata_url, client_id: 'foz' }, /client_id is no setting of the protocol saml/],
])('%j: %p', (more, message) => {
  const problems = checkAuth({ providers: [{ ...saml, ...more } as ProviderConfig] });
  const texts = problems.map(({ path, message: text }) => `${path.join('.')} ${text}`);
  expect(texts).toEqual(message === null ? [] : [expect.stringMatching(message)]);
});
