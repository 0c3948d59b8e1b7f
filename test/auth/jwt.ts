import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** Key pairs of every kind, made once. */
export const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const otherRsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
export const p521 = generateKeyPairSync('ec', { namedCurve: 'P-521' });
export const ed = generateKeyPairSync('ed25519');

/** The time of the tests, in seconds and in milliseconds. */
export const at = 1_900_000_000;
export const now = at * 1000;

/** The public key in PEM form. */
export function pem({ publicKey }: { readonly publicKey: KeyObject }): string {
  return publicKey.export({ type: 'spki', format: 'pem' }).toString();
}

export function jwk(
  { publicKey }: { readonly publicKey: KeyObject },
  more: object = {},
): Record<string, unknown> {
  return { ...publicKey.export({ format: 'jwk' }), ...more };
}

export function part(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

/** Claims with one role, in both formats, Foz's and Hasura's. */
export const roles = {
  'x-hasura-allowed-roles': ['user', 'editor'],
  'x-hasura-default-role': 'user',
  'x-hasura-user-id': '7',
};

export const payload = {
  iss: 'https://issuer.example.com',
  aud: 'foz',
  sub: 'ada',
  exp: at + 600,
  'https://hasura.io/jwt/claims': roles,
};

const digests: Readonly<Record<string, string>> = { '256': 'sha256', '384': 'sha384', '512': 'sha512' };

/** Signs a token without a library, so that header and claims may be invalid. */
export function signed(claims: unknown, key: KeyObject | string, header: Record<string, unknown>): string {
  const text = `${part(header)}.${part(claims)}`;
  const algorithm = String(header.alg);
  const digest = digests[algorithm.slice(2)];
  if (typeof key === 'string')
    return `${text}.${createHmac(digest ?? 'sha256', key)
      .update(text)
      .digest('base64url')}`;
  const pss = algorithm.startsWith('PS') ? { padding: 6, saltLength: -1 } : {};
  const made = sign(key.asymmetricKeyType === 'ed25519' ? null : (digest ?? 'sha256'), Buffer.from(text), {
    key,
    dsaEncoding: 'ieee-p1363',
    ...pss,
  });
  return `${text}.${made.toString('base64url')}`;
}
