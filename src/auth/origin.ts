import { type AuthRequest, header } from './request.ts';

/** Whether an Origin is the server's own, by Host. A proxy may terminate TLS, so `https:` is accepted over a plain connection. */
export function isOwnOrigin(origin: string, request: AuthRequest): boolean {
  const host = header(request, 'host');
  if (host === undefined || !URL.canParse(origin)) return false;
  const { protocol, host: its } = new URL(origin);
  if (protocol !== 'https:' && (protocol !== 'http:' || request.secure === true)) return false;
  const own = `${protocol}//${host}`;
  return URL.canParse(own) && new URL(own).host === its;
}
