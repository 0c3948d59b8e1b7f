import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { FozError } from '../core/index.ts';
import { AccessDenied } from './denied.ts';

/** The parts of a request that authentication uses. Header names are lower case. */
export interface AuthRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Names and values in turn, as received: shows repeated headers. */
  readonly rawHeaders?: readonly string[];
  readonly url?: string;
  /** The socket's peer: an IP address. */
  readonly address: string | undefined;
  /** Whether the socket itself uses TLS. */
  readonly secure?: boolean;
  readonly via: 'http' | 'websocket';
}

/** Longest value of a header that authentication reads, in characters. */
const maxValue = 16 * 1024;
/** Most headers that a `connection_init` may carry. */
const maxHeaders = 100;

/** The parts of an HTTP request that authentication uses. */
export function httpRequest(request: IncomingMessage): AuthRequest {
  return {
    headers: request.headers,
    rawHeaders: request.rawHeaders,
    url: request.url,
    address: request.socket.remoteAddress,
    secure: (request.socket as Partial<TLSSocket>).encrypted === true,
    via: 'http',
  };
}

/** Headers that only the browser or a proxy may set, so that a `connection_init` written by a script must not. */
const ambient = /^(?:cookie|host|origin|referer|forwarded|via|x-real-ip|sec-.*|x-forwarded-.*)$/;

/**
 * The request of a WebSocket: the headers of its upgrade, and `headers` of the `connection_init` payload (or its members themselves). The
 * payload may replace credentials and the role, but no header that a proxy may have written. Throws FozError `access-denied` for a payload
 * that is not a map of texts, and `limit-exceeded` for one that is too large.
 */
export function websocketRequest(upgrade: IncomingMessage, payload: unknown): AuthRequest {
  const base = httpRequest(upgrade);
  const entries = payloadHeaders(payload);
  if (entries.length === 0) return { ...base, via: 'websocket' };
  if (entries.length > maxHeaders)
    throw new FozError(
      'limit-exceeded',
      `The payload of connection_init holds ${entries.length} headers, but at most ${maxHeaders} are allowed.`,
    );
  const headers: Record<string, string | readonly string[] | undefined> = Object.assign(
    Object.create(null),
    base.headers,
  );
  const seen = new Set<string>();
  for (const [name, value] of entries) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/.test(name))
      throw invalidPayload('a name cannot be that of a header');
    if (typeof value !== 'string' || /[\0\r\n]/.test(value))
      throw invalidPayload('every header must be one text');
    const key = name.toLowerCase();
    if (seen.has(key)) throw invalidPayload('a header is there twice');
    seen.add(key);
    if (!ambient.test(key) && (decides(key) || base.headers[key] === undefined)) headers[key] = value;
  }
  return { ...base, headers, via: 'websocket' };
}

function payloadHeaders(payload: unknown): [string, unknown][] {
  if (payload === undefined || payload === null) return [];
  if (typeof payload !== 'object' || Array.isArray(payload)) throw invalidPayload('it must be an object');
  const { headers = null } = payload as { readonly headers?: unknown };
  if (typeof headers !== 'object' || Array.isArray(headers))
    throw invalidPayload('headers must be an object');
  const beside = Object.entries(payload).filter(([name]) => decides(name.toLowerCase()));
  return [...Object.entries(headers ?? {}), ...beside];
}

function invalidPayload(why: string): AccessDenied {
  return new AccessDenied({ message: `The payload of connection_init is not right: ${why}.`, why });
}

/** The single value of a header; `undefined`: it is absent. Throws `limit-exceeded` when it is too long. */
export function header(request: AuthRequest, name: string): string | undefined {
  const value = request.headers[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw twice(name);
  if (value.length > maxValue)
    throw new FozError(
      'limit-exceeded',
      `The header ${name} is ${value.length} characters long, but at most ${maxValue} are allowed.`,
    );
  return value;
}

/** The text after `Bearer` in a header's value; `undefined` for another scheme. */
export function bearerToken(value: string | undefined): string | undefined {
  if (value === undefined || value.length < 8 || value.charCodeAt(6) !== 32) return undefined;
  return value.slice(0, 6).toLowerCase() === 'bearer' ? value.slice(7).trim() : undefined;
}

/** Whether a header takes part in authentication. If it is repeated, a proxy and Foz could read different values. */
function decides(name: string): boolean {
  return name === 'authorization' || name === 'x-api-key' || isSessionHeader(name);
}

/** Whether a header starts with `x-foz-` or `x-hasura-`. */
export function isSessionHeader(name: string): boolean {
  return name.startsWith('x-hasura-') || name.startsWith('x-foz-');
}

/** Throws `access-denied` when a header that takes part in authentication is repeated. `more`: further names, lower case. */
export function refuseRepeated(request: AuthRequest, more: ReadonlySet<string>): void {
  const raw = request.rawHeaders;
  if (raw === undefined) return;
  let seen = '';
  let all: Set<string> | undefined;
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at]!.toLowerCase();
    if (!decides(name) && !more.has(name)) continue;
    if (seen === '') {
      seen = name;
      continue;
    }
    all ??= new Set([seen]);
    if (all.has(name)) throw twice(name);
    all.add(name);
  }
}

function twice(name: string): AccessDenied {
  const message = `The header ${name} was sent more than once: send it once.`;
  return new AccessDenied({ message, why: `${name} repeated` });
}

/** Matches an API key, a secret generated by Foz, or a token. */
const secretInText =
  /foz_(?:[0-9A-Za-z]{12}_[0-9A-Za-z]|admin_[\w-]{10}[\w-])[\w-]{19}|(?<![\w-])e[wy][\w-]{8,}\.e[wy][\w-]{8,}\.[\w-]{16}/;

/** Names of URL parameters that usually carry a credential. */
const secretName =
  /^(?:(?:x-)?api[-_]?key|(?:access_|id_)?token|jwt|authorization|admin_secret|x-(?:foz|hasura)-admin-secret)$/i;

/** Refuses a URL with a credential, since URLs end up in logs, histories and referrers. */
export function refuseKeyInUrl(request: AuthRequest): void {
  const { url } = request;
  if (url === undefined || url.length < 12) return;
  if (!secretInText.test(url) && !hasSecret(url)) return;
  throw new AccessDenied({
    message:
      'Credentials are never taken from a URL, because URLs are kept in logs: send "Authorization: Bearer ..." or "X-API-Key", and replace the credential that was sent.',
    why: 'credential in the URL',
    challenge: 'Bearer realm="foz", error="invalid_request"',
  });
}

function hasSecret(url: string): boolean {
  const at = url.indexOf('?');
  if (at < 0) return false;
  const parameters = [...new URLSearchParams(url.slice(at))];
  return parameters.some(([name, value]) => secretName.test(name) || secretInText.test(value));
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Decodes a header value: Node decodes its bytes as Latin-1; valid UTF-8 is decoded as such. */
export function asUtf8(value: string, via: AuthRequest['via']): string {
  if (via === 'websocket' || !/[\x80-\xff]/.test(value) || /[^\0-\xff]/.test(value)) return value;
  try {
    return utf8.decode(Buffer.from(value, 'latin1'));
  } catch {
    return value;
  }
}
