import { type AuthRequest, header } from './request.ts';

/** Whether an Origin is that of the server itself, as the request reached it: the scheme may be that of a proxy before it. */
export function isOwnOrigin(origin: string, request: AuthRequest): boolean {
  const host = header(request, 'host');
  if (host === undefined || !URL.canParse(origin)) return false;
  const { protocol, host: its } = new URL(origin);
  if (protocol !== 'https:' && (protocol !== 'http:' || request.secure === true)) return false;
  const own = `${protocol}//${host}`;
  return URL.canParse(own) && new URL(own).host === its;
}
