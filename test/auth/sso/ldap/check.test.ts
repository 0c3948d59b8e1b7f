import { checkAuth, type ProviderConfig } from '../../../../src/auth/index.ts';

const ldap = {
  name: 'company',
  protocol: 'ldap',
  servers: ['ldaps://ldap.example.com'],
  base_dn: 'dc=example,dc=com',
} as const;

const problems = (config: object) =>
  checkAuth({ providers: [config as ProviderConfig] }).map(
    ({ path, message }) => `${path.join('.')} ${message}`,
  );

test.each<[object]>([
  [{}],
  [{ servers: ['ldap://localhost:389', 'ldaps://[::1]:636/'] }],
  [{ servers: ['ldap://ldap.example.com'], start_tls: true }],
  [{ servers: ['ldap://ldap.example.com'], insecure_url: true }],
  [{ bind_dn: 'cn=foz', bind_password: 'x', user_filter: '(&(a=b)(|(uid={username})(mail={username})))' }],
  [{ user_dn: 'uid={username},dc=x' }],
])('%j is a directory', (more) => {
  expect(problems({ ...ldap, ...more })).toEqual([]);
});

test.each<[object, RegExp]>([
  [{ servers: ['ldap://ldap.example.com'] }, /servers\.0 is not encrypted/],
  [{ servers: ['ldaps://ldap.example.com'], start_tls: true }, /servers\.0 is encrypted from its start/],
  [{ servers: ['https://ldap.example.com'] }, /servers\.0 is no server/],
  [{ servers: ['ldaps://user@ldap.example.com'] }, /servers\.0 is no server/],
  [{ servers: ['ldaps://ldap.example.com/dc=x'] }, /servers\.0 is no server/],
  [{ servers: ['ldap.example.com'] }, /servers\.0 is no server/],
  [{ bind_dn: 'cn=foz' }, /bind_password is missing/],
  [{ bind_password: 'x' }, /bind_dn is missing/],
  [{ user_dn: 'uid=ada,dc=x' }, /user_dn needs {username}/],
  [{ user_dn: 'uid={username}', user_filter: '(uid={username})' }, /user_dn cannot stand beside/],
  [{ user_filter: '(uid=ada)' }, /user_filter needs {username}/],
  [{ user_filter: '(uid={username}' }, /user_filter is no filter/],
  [{ user_filter: '(uid={username}))(x=y' }, /user_filter is no filter/],
  [{ user_filter: 'uid={username}' }, /user_filter is no filter/],
  [{ user_filter: '(a=b)(uid={username})' }, /user_filter is no filter/],
  [{ user_filter: '(cn=*{username}*)' }, /user_filter needs {username}/],
  [{ ca: 'company-ca.pem' }, /ca is no certificate in PEM/],
  [{ claims: ['userPassword'] }, /claims\.0 is a password/],
  [{ client_id: 'foz' }, /client_id is no setting of the protocol ldap/],
])('%j: %p', (more, message) => {
  expect(problems({ ...ldap, ...more })).toEqual([expect.stringMatching(message)]);
});

test('settings of LDAP are none of OpenID Connect', () => {
  const oidc = { name: 'a', protocol: 'oidc', issuer: 'https://id.example.com', client_id: 'foz' };
  expect(problems({ ...oidc, base_dn: 'dc=x' })).toEqual([
    'providers.0.base_dn is no setting of the protocol oidc',
  ]);
});
