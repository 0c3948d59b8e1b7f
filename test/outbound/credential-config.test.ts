import { credentialOf, smtpOf } from '../../src/outbound/credentials/config.ts';
import { checkOutbound } from '../../src/outbound/index.ts';

const problems = (...credentials: object[]) =>
  checkOutbound({ credentials: credentials as never }).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );

test('each type of credential has its own settings, and all but URLs are bound to hosts', () => {
  const hosts = ['api.crm.example'];
  expect(
    problems(
      { name: 'a', type: 'bearer', token: 'x', hosts },
      { name: 'b', type: 'url', url: 'https://chat.example/secret' },
      { name: 'c', type: 'api-key', key_name: 'x-api-key', key: 'k', hosts },
    ),
  ).toEqual([]);
  expect(
    problems(
      { name: 'a', type: 'bearer', token: 'x' },
      { name: 'a', type: 'basic', username: 'u', password: 'p', token: 'x', hosts: [] },
      { name: 'c', type: 'url', url: 'ftp://chat.example' },
      { name: 'd', type: 'bearer', token: 'x', hosts: ['http://x/'] },
    ),
  ).toEqual([
    expect.stringMatching(/^credentials\.3\.hosts\.0: "http:\/\/x\/" is no host/),
    'credentials.0: a credential of type bearer needs "hosts"',
    'credentials.1.name: has the name of an entry before it',
    'credentials.1: a credential of type basic needs "hosts"',
    'credentials.1.token: a credential of type basic has no "token"',
    'credentials.2.url: must be an http: or https: URL',
  ]);
});

test('a mail server has a usual port, and gets no password without TLS', () => {
  const server = { name: 'post', type: 'smtp', host: 'smtp.example' } as const;
  const login = { username: 'foz', password: 'p' };
  expect(problems(server, { ...server, name: 'other', ...login, security: 'tls' })).toEqual([]);
  expect(
    problems(
      { name: 'a', type: 'smtp' },
      { ...server, username: 'foz' },
      { ...server, name: 'b', ...login, security: 'none' },
      { ...server, name: 'c', hosts: ['a.example'] },
    ),
  ).toEqual([
    'credentials.0: a credential of type smtp needs "host"',
    'credentials.1: a credential of type smtp has both "username" and "password", or neither',
    'credentials.2: a password is not sent without TLS: choose another "security"',
    'credentials.3.hosts: a credential of type smtp has no "hosts"',
  ]);
  expect(smtpOf(server)).toEqual({ host: 'smtp.example', port: 587, security: 'starttls' });
  expect(smtpOf({ ...server, port: 465, ...login })).toMatchObject({ security: 'tls', ...login });
  expect(smtpOf({ ...server, security: 'none' })).toMatchObject({ port: 25 });
  expect(() => smtpOf({ name: 'b', type: 'bearer' })).toThrow('is none for mail');
  expect(() => credentialOf(server)).toThrow('is for mail');
});

test('an entry becomes the credential that requests are sent with', () => {
  expect(
    credentialOf({ name: 'a', type: 'api-key', key_name: 'x-api-key', key: 'k', hosts: ['a.example'] }),
  ).toEqual({ type: 'api-key', in: 'header', name: 'x-api-key', value: 'k', hosts: ['a.example'] });
  const oauth = { name: 'o', type: 'oauth2', token_url: 'https://id.example/t', client_id: 'i' } as const;
  expect(credentialOf({ ...oauth, client_secret: 's', refresh_token: 'r', hosts: ['a.example'] })).toEqual({
    ...{ type: 'oauth2', tokenUrl: 'https://id.example/t', clientId: 'i', clientSecret: 's' },
    ...{ refreshToken: 'r', hosts: ['a.example'] },
  });
});
