import { hash, randomBytes } from 'node:crypto';

/** The name of a cookie. Browsers accept `__Host-` only over HTTPS, for this host alone, so that no other host of the domain can set it. */
export function cookieName(base: string, isSecure: boolean): string {
  return isSecure ? `__Host-${base}` : base;
}

/**
 * The value of a Set-Cookie header. Scripts cannot read the cookie. `seconds` 0: it is removed. `sites`: other sites do not send it, except by a
 * link (`own`), or send it with forms, too (`any`).
 */
export function setCookie(
  base: string,
  value: string,
  isSecure: boolean,
  seconds: number,
  sites: 'own' | 'any' = 'own',
): string {
  const secure = isSecure ? '; Secure' : '';
  // Browsers take SameSite=None with Secure only. Without the attribute, some send a new cookie with forms of other sites for two minutes.
  const sameSite = sites === 'own' ? '; SameSite=Lax' : isSecure ? '; SameSite=None' : '';
  return `${cookieName(base, isSecure)}=${value}; Path=/; HttpOnly${sameSite}; Max-Age=${seconds}${secure}`;
}

/** The base of the name of the session cookie. */
export const sessionCookie = 'foz_session';

/** A new secret of a session: 256 random bits. */
export function mintSession(): string {
  return randomBytes(32).toString('base64url');
}

/** The form in which the secret is stored: 256 random bits cannot be guessed from it. */
export function sessionHash(secret: string): string {
  return hash('sha256', secret, 'base64url');
}
