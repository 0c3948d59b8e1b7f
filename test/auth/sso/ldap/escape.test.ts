import { FilterParser } from 'ldapts';
import { subjectOf, valuesOf } from '../../../../src/auth/sso/ldap/entry.ts';
import {
  dnValue,
  filterValue,
  firstValue,
  isBelow,
  withUsername,
} from '../../../../src/auth/sso/ldap/escape.ts';
import { refusalOfBind } from '../../../../src/auth/sso/ldap/refusal.ts';

test.each(['a*b', 'a(b', 'a)b', 'a\\b', 'a\0b', '*', ')(uid=*', '\\2a', 'ä*', '{username}', '$&', 'a=b'])(
  'the name %j stays a value in a filter',
  (name) => {
    const text = withUsername('(&(a=b)(uid={username}))', name, filterValue);
    const { filters } = FilterParser.parseString(text) as unknown as {
      filters: { attribute: string; value: string }[];
    };
    expect(filters).toHaveLength(2);
    expect(filters[1]).toMatchObject({ attribute: 'uid', value: name });
  },
);

test.each([
  ['a,b', 'a\\,b'],
  ['a+b=c', 'a\\+b\\=c'],
  [' a ', '\\ a\\ '],
  ['#a', '\\#a'],
  ['a"<>;\\', 'a\\"\\<\\>\\;\\\\'],
  ['a\0', 'a\\00'],
  [' ', '\\ '],
])('the name %j is %j in a DN', (name, escaped) => {
  expect(dnValue(name)).toBe(escaped);
  expect(firstValue(`cn=${escaped},dc=x`, 'CN')).toBe(name);
});

test('the first value of a DN may be in hex, and is of one attribute alone', () => {
  expect(firstValue('cn=J\\C3\\BCrgen\\2C B,dc=x', 'cn')).toBe('Jürgen, B');
  expect(firstValue('ou=a,cn=b', 'cn')).toBeNull();
  expect(firstValue('', 'cn')).toBeNull();
});

test.each([
  ['cn=a,OU=Groups, dc=X', 'ou=groups,dc=x', true],
  ['ou=groups,dc=x', 'ou=groups,dc=x', true],
  ['cn=a\\,ou=groups,dc=x', 'ou=groups,dc=x', false],
  ['cn=a,xou=groups,dc=x', 'ou=groups,dc=x', false],
])('%s below %s: %p', (dn, base, below) => {
  expect(isBelow(dn, base)).toBe(below);
});

test('attributes are found in any case, and not where an object has others', () => {
  const entry = {
    dn: 'cn=a',
    Mail: 'a@example.com',
    memberOf: ['b', 'c'],
    photo: Buffer.from([255]),
    empty: [],
  };
  expect(valuesOf(entry, 'mail')).toEqual(['a@example.com']);
  expect(valuesOf(entry, 'MEMBEROF')).toEqual(['b', 'c']);
  expect(valuesOf(entry, 'photo')).toEqual(['/w==']);
  for (const name of ['empty', 'constructor', '__proto__', 'dn']) expect(valuesOf(entry, name)).toEqual([]);
});

test('a GUID of Active Directory is written as its tools do', () => {
  const objectGUID = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
  expect(subjectOf({ dn: 'cn=a', objectGUID }, 'objectGUID')).toBe('33221100-5544-7766-8899-aabbccddeeff');
  expect(subjectOf({ dn: 'cn=a' }, 'objectGUID')).toBeNull();
});

test.each([
  ['52e', 'wrong password'],
  ['775', 'the account is locked'],
  ['532', 'the password has expired'],
  ['533', 'the account is disabled'],
])('the state %s of Active Directory is for the log, and the page does not tell it', (state, text) => {
  const message = `80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data ${state}, v2580`;
  const refusal = refusalOfBind(Object.assign(new Error(message), { code: 49 }), 'company')!;
  expect(refusal.internal).toContain(text);
  expect(refusal.message).toBe('Name or password is wrong, or the account may not sign in.');
});

test('a fault of the server is no refusal', () => {
  expect(refusalOfBind(Object.assign(new Error(), { code: 51 }), 'company')).toBeNull();
  expect(refusalOfBind(new Error('cut off'), 'company')).toBeNull();
});
