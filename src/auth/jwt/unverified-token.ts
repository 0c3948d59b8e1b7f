import { decodeJwt, decodeProtectedHeader } from 'jose';
import { AccessDenied } from '../denied.ts';

/** The claims and header of a token that is not verified: good for choosing a key, and for nothing else. */
export interface UncheckedToken {
  /** Absent in a token without `iss`. */
  readonly issuer: string | undefined;
  readonly algorithm: string;
  readonly kid: string | undefined;
}

const form = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/;

/** Whether a text has the form of a signed token: three parts in base64url. */
export function looksLikeToken(text: string): boolean {
  return /^e[wy]/.test(text) && form.test(text);
}

/** Reads issuer and algorithm without verifying. Throws `access-denied` for a text that is not a token. */
export function decodeToken(token: string): UncheckedToken {
  if (!form.test(token)) throw tokenDenied('no form of a token');
  const signature = token.slice(token.lastIndexOf('.') + 1);
  if (Buffer.from(signature, 'base64url').toString('base64url') !== signature)
    throw tokenDenied('signature is spelled oddly');
  try {
    const { alg, kid } = decodeProtectedHeader(token);
    const { iss } = decodeJwt(token);
    if (typeof alg !== 'string') throw tokenDenied('no algorithm');
    if (iss !== undefined && typeof iss !== 'string') throw tokenDenied('iss is no text');
    if (kid !== undefined && typeof kid !== 'string') throw tokenDenied('kid is no text');
    return { issuer: iss, algorithm: alg, kid };
  } catch (error) {
    throw error instanceof AccessDenied ? error : tokenDenied('cannot be decoded');
  }
}

/** The refusal of a token. It does not reveal whether issuer, key, signature or audience was wrong. */
export function tokenDenied(why: string): AccessDenied {
  const message =
    'The token was not accepted: it must be signed by an issuer this server knows, be meant for this server, and be valid now.';
  return new AccessDenied({ message, why: `token: ${why}` });
}
