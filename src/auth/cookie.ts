import { AccessDenied } from './denied.ts';
import { isOwnOrigin } from './origin.ts';
import { type AuthRequest, header } from './request.ts';

/** The value of a cookie; `undefined`: it is absent. Throws `access-denied` when it is repeated. */
export function cookieOf(request: AuthRequest, name: string): string | undefined {
  const text = header(request, 'cookie');
  if (text === undefined || !text.includes(name)) return undefined;
  let found: string | undefined;
  for (const part of text.split(';')) {
    const at = part.indexOf('=');
    if (at < 0 || part.slice(0, at).trim() !== name) continue;
    if (found !== undefined) throw new AccessDenied({ why: 'cookie twice' });
    found = part
      .slice(at + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1');
  }
  return found;
}

/** Headers that a page of another origin cannot send without a preflight: one of them is required when the browser sends no Origin. */
const customHeaders = [
  'x-foz-csrf',
  'x-requested-with',
  'apollo-require-preflight',
  'x-apollo-operation-name',
];

/**
 * Protects cookies from CSRF: a browser sends a cookie with requests of any page, so it is accepted only from the server's own pages and
 * those of known origins. Throws `access-denied` otherwise. Over HTTP without Origin, `Sec-Fetch-Site: same-origin` or a custom header is
 * required; a WebSocket requires Origin, which every browser sends.
 */
export function refuseForeignPage(request: AuthRequest, origins: ReadonlySet<string>): void {
  const origin = header(request, 'origin');
  if (origin !== undefined) {
    if (!origins.has(origin) && !isOwnOrigin(origin, request))
      throw foreign(`origin ${JSON.stringify(origin)}`);
    return;
  }
  if (request.via === 'websocket') throw foreign('websocket without origin');
  const site = header(request, 'sec-fetch-site');
  if (site === 'same-origin') return;
  if (site !== undefined && site !== 'none') throw foreign(`sec-fetch-site ${JSON.stringify(site)}`);
  if (!customHeaders.some((name) => request.headers[name] !== undefined))
    throw foreign('neither origin nor custom header');
}

function foreign(why: string): AccessDenied {
  const message =
    'A token in a cookie is accepted only from pages of this server or of an origin in auth.cookie_origins: send an allowed Origin or the header x-foz-csrf, or the token in Authorization.';
  return new AccessDenied({ message, why: `cookie: ${why}`, status: 403 });
}
