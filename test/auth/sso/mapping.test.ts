import { emailDomain, type Identified, mapped } from '../../../src/auth/index.ts';
import { parseJson } from '../../../src/core/index.ts';

const person = (claims: string, more: Partial<Identified> = {}): Identified => ({
  subject: 'ada',
  name: null,
  email: 'ada@Example.com',
  emailVerified: true,
  claims: parseJson(claims) as Record<string, unknown>,
  ...more,
});
const config = {
  name: 'company',
  protocol: 'oidc',
  issuer: 'https://id.example.com',
  client_id: 'foz',
} as const;

function rolesOf(rule: object, who: Identified) {
  return mapped({ ...config, roles: { rules: [{ ...rule, roles: ['x'] }] } }, who).roles;
}

test.each([
  [{ claim: '$.groups', is: 'a' }, '{"groups":["b","a"]}', true],
  [{ claim: '$.groups', is: 'a' }, '{"groups":"a"}', true],
  [{ claim: '$.groups', is: 'a' }, '{"groups":["ab","A"]}', false],
  [{ claim: '$.groups', one_of: ['c', 'b'] }, '{"groups":["b"]}', true],
  [{ claim: '$.level', is: 3 }, '{"level":3}', true],
  [{ claim: '$.level', is: 3 }, '{"level":"3"}', false],
  [{ claim: '$.ok' }, '{"ok":false}', false],
  [{ claim: '$.ok' }, '{"ok":null}', false],
  [{ claim: '$.ok' }, '{"ok":[]}', false],
  [{ claim: '$.ok' }, '{"ok":"yes"}', true],
  [{ claim: '$.constructor' }, '{}', false],
  [{ claim: '$.__proto__' }, '{}', false],
  [{ email_domain: 'example.com' }, '{}', true],
  [{ email_domain: 'other.com' }, '{}', false],
  [{ claim: '$.groups', is: 'a', email_domain: 'other.com' }, '{"groups":["a"]}', false],
])('%j with %s: %p', (rule, claims, applies) => {
  expect(rolesOf(rule, person(claims))).toEqual(applies ? ['x'] : []);
});

test('an address that is not verified gives neither roles nor a variable', () => {
  const who = person('{}', { emailVerified: false });
  expect(rolesOf({ email_domain: 'example.com' }, who)).toEqual([]);
  expect(mapped(config, who).variables).toEqual({});
});

test.each([
  ['ada@example.com', 'example.com'],
  ['ada@evil.com@example.com', null],
  ['example.com', null],
  ['a b@example.com', null],
  ['@example.com', null],
  [`${'a'.repeat(400)}@example.com`, null],
])('the domain of %p is %p', (email, domain) => {
  expect(emailDomain(email)).toBe(domain);
});

test('variables come from claims, and cannot be roles', () => {
  const variables = {
    'x-foz-tenant-id': { path: '$.tenant' },
    'x-foz-region': { path: '$.region', default: 'eu' },
    'X-Hasura-Kind': 'person',
  };
  const { variables: given, defaultRole } = mapped(
    { ...config, variables },
    person('{"tenant":12345678901234567890}'),
  );
  expect(given).toEqual({
    email: 'ada@Example.com',
    'tenant-id': '12345678901234567890',
    region: 'eu',
    kind: 'person',
  });
  expect(defaultRole).toBeNull();
});
