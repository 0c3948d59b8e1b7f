import type { AuthRequest } from '../request.ts';
import { header } from '../request.ts';
import type { SignInConfig } from './config.ts';
import { isLoopback } from './loopback.ts';

/** Whether the server is reached without TLS, which is for this machine alone. */
export function isPlainServer({ public_url: url }: SignInConfig): boolean {
  return url === undefined || new URL(url).protocol === 'http:';
}

/**
 * The URL of this server as browsers know it; `null`: it is not configured, and the request came by a name that is not of this machine. Such
 * a name is never taken from the request: whoever sends it would choose where providers send people to.
 */
export function serverUrl({ public_url: url }: SignInConfig, request: AuthRequest): URL | null {
  if (url !== undefined) return new URL('/', url);
  const host = header(request, 'host') ?? '';
  const own = `${request.secure === true ? 'https' : 'http'}://${host}/`;
  if (!URL.canParse(own)) return null;
  const parsed = new URL(own);
  return parsed.host === host.toLowerCase() && isLoopback(parsed.hostname) ? parsed : null;
}
