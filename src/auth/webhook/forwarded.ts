import { type AuthRequest, isSessionHeader } from '../request.ts';

/** About the connection or the body, not about who is asking. */
const left = new Set([
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

/** Tell one request from another and not one caller from another: sent, but not part of what an answer is kept under. */
const passing = new Set(['x-request-id', 'x-correlation-id', 'traceparent', 'tracestate', 'baggage', 'b3']);
/** Secrets of Foz itself. */
const secret = /^x-(?:foz|hasura)-admin-secret$/;
/** Where every proxy adds whom it was asked by. */
const hops = 'x-forwarded-for';
const maxLength = 32 * 1024;

/**
 * What the webhook is sent about a request: its headers, less those of the connection; `null` when they are too long. Names in `Connection`
 * count for nothing here: through a proxy that passes them on, a client would take away what the proxy has added.
 */
export function forwardedHeaders(
  request: AuthRequest,
  only: ReadonlySet<string> | null,
): Readonly<Record<string, string>> | null {
  const sent: Record<string, string> = {};
  let length = 0;
  for (const name of Object.keys(request.headers).sort()) {
    const value = text(request.headers[name]);
    const wanted = only === null ? !left.has(name) : only.has(name) || isSessionHeader(name);
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

/** What tells callers apart, as one text. */
export function callerText(headers: Readonly<Record<string, string>>): string {
  return JSON.stringify(
    Object.entries(headers).filter(([name]) => !passing.has(name) && !name.startsWith('x-b3-')),
  );
}

function text(value: string | readonly string[] | undefined): string {
  return value === undefined ? '' : typeof value === 'string' ? value : value.join(', ');
}
