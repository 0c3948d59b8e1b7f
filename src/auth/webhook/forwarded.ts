import { type AuthRequest, isSessionHeader } from '../request.ts';

/** Headers about the connection or the body rather than the caller. */
const connectionHeaders = new Set([
  'accept',
  'accept-charset',
  'accept-datetime',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'connection',
  'content-encoding',
  'content-length',
  'content-md5',
  'content-type',
  'dnt',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'origin',
  'pragma',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'range',
  'referer',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
]);

/** Headers that identify a request rather than a caller: sent to the webhook, but not part of the cache key. */
const requestHeaders = new Set([
  'x-request-id',
  'x-correlation-id',
  'traceparent',
  'tracestate',
  'baggage',
  'b3',
]);
/** Secrets of Foz itself, never sent. */
const secret = /^x-(?:foz|hasura)-admin-secret$/;
/** The header in which every proxy adds the address it was called from. */
const hops = 'x-forwarded-for';
const maxLength = 32 * 1024;

/**
 * The headers that the webhook is sent about a request: all but those of the connection; `null`: they are too long. The header `Connection`
 * cannot name further ones to leave out: behind a proxy that passes it on, a client could otherwise remove what the proxy has added.
 */
export function forwardedHeaders(
  request: AuthRequest,
  only: ReadonlySet<string> | null,
): Readonly<Record<string, string>> | null {
  const sent: Record<string, string> = {};
  let length = 0;
  for (const name of Object.keys(request.headers).sort()) {
    const value = text(request.headers[name]);
    const wanted = only === null ? !connectionHeaders.has(name) : only.has(name) || isSessionHeader(name);
    if (!wanted || value === '' || secret.test(name) || name.startsWith('sec-') || name.startsWith(':'))
      continue;
    length += name.length + value.length;
    if (length > maxLength) return null;
    sent[name] = value;
  }
  const { address } = request;
  if (address !== undefined && (only === null || only.has(hops)))
    sent[hops] = sent[hops] === undefined ? address : `${sent[hops]}, ${address}`;
  return sent;
}

/** The cache key of a caller. */
export function callerText(headers: Readonly<Record<string, string>>): string {
  return JSON.stringify(
    Object.entries(headers).filter(([name]) => !requestHeaders.has(name) && !name.startsWith('x-b3-')),
  );
}

function text(value: string | readonly string[] | undefined): string {
  return value === undefined ? '' : typeof value === 'string' ? value : value.join(', ');
}
