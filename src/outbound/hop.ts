import { OutboundError } from './fault.ts';
import { checkedHeaders, type Headers } from './headers.ts';

/** A request, before it is checked. */
export interface OutboundRequest {
  /** `http:` or `https:`, without user and password. */
  readonly url: string | URL;
  /** Default: GET. */
  readonly method?: string;
  readonly headers?: Headers;
  /** Headers whose values are secrets: a redirect to another origin does not get them. */
  readonly secretHeaders?: Headers;
  /** The header Host; default: the host of the URL. */
  readonly host?: string;
  readonly body?: string | Uint8Array;
  /** How many redirects are followed; default: none, so that a redirect is the answer. */
  readonly redirects?: number;
  /** Milliseconds for the whole request, redirects included; default: `totalMs` of the client. */
  readonly totalMs?: number;
  /** Most bytes of the answer, both as received and decompressed; default: `responseBytes` of the client. */
  readonly responseBytes?: number;
  /** An answer that is longer, or ends before its end, fails (the default), or is cut there: its status and headers count. */
  readonly overlong?: 'fail' | 'cut';
  readonly signal?: AbortSignal;
}

/** One request on the wire: the first, or the one that a redirect asks for. */
export interface Hop {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The names of the headers that only the first origin may get. */
  readonly secret: ReadonlySet<string>;
  readonly host: string | undefined;
  readonly body: string | Uint8Array | undefined;
}

/** The first request. Throws OutboundError `invalid` for a URL, a method or a header that cannot be sent. */
export function firstHop(request: OutboundRequest): Hop {
  const { headers = {}, secretHeaders = {}, method = 'GET', body, host } = request;
  const url = urlOf(request.url);
  if (!/^[A-Z]{1,20}$/.test(method) || method === 'CONNECT' || method === 'TRACE')
    throw new OutboundError('invalid', `${url.origin}: the method must be a word such as GET or POST`);
  if (host !== undefined && !/^[A-Za-z0-9.:_[\]-]{1,255}$/.test(host))
    throw new OutboundError('invalid', `${url.origin}: the header "host" is no name of a host`);
  const secret = new Set(Object.keys(secretHeaders).map((name) => name.toLowerCase()));
  const checked = checkedHeaders({ ...headers, ...secretHeaders }, url.origin);
  return {
    url,
    method,
    headers: { 'user-agent': 'foz', 'accept-encoding': 'gzip, deflate, br', ...checked },
    secret,
    host,
    body,
  };
}

function urlOf(given: string | URL): URL {
  if (!URL.canParse(String(given)))
    throw new OutboundError('invalid', 'The URL of an outgoing request is no URL.');
  const url = new URL(given);
  if (!/^https?:$/.test(url.protocol))
    throw new OutboundError(
      'invalid',
      `A URL that begins with ${url.protocol} cannot be called: use https: or http:.`,
    );
  if (url.username !== '' || url.password !== '')
    throw new OutboundError(
      'invalid',
      `${url.origin}: the URL has a user or a password in it: send them in a header.`,
    );
  return url;
}
