import type { IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import { httpRequest, isOwnOrigin } from '../auth/index.ts';

/** CORS response headers for a request's origin (Fetch standard, section 3.2); empty for an origin that is not allowed. */
export function corsHeaders(
  allowed: readonly string[],
  request: IncomingMessage,
): Readonly<Record<string, string>> {
  const { origin } = request.headers;
  if (allowed.length === 0) return none;
  const any = allowed.includes('*');
  if (origin === undefined || !(any || allowed.includes(origin))) return any ? none : { vary: 'origin' };
  const headers: Record<string, string> = { 'access-control-allow-origin': any ? '*' : origin };
  if (!any) {
    headers.vary = 'origin';
    headers['access-control-allow-credentials'] = 'true';
  }
  headers['access-control-expose-headers'] = 'x-request-id, ratelimit, ratelimit-policy, retry-after';
  if (isPreflight(request)) {
    headers['access-control-allow-methods'] = 'GET, POST';
    headers['access-control-allow-headers'] =
      request.headers['access-control-request-headers'] ?? 'content-type';
    headers['access-control-max-age'] = '86400';
  }
  return headers;
}

const none: Readonly<Record<string, string>> = {};

/** Whether this is a CORS preflight request. */
export function isPreflight(request: IncomingMessage): boolean {
  return request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
}

/** Most origins that are logged and remembered. */
const maxOrigins = 100;
/** Most characters of an origin that are logged and remembered. */
const maxLength = 200;

/**
 * Logs each origin outside `server.cors` once: its pages cannot read the responses. The browser shows the developer only "CORS error",
 * and the request log alone looks as if every request had succeeded.
 */
export class UnlistedOrigins {
  readonly #logged = new Set<string>();
  readonly #logger: Pick<Logger, 'warn'>;

  constructor(logger: Pick<Logger, 'warn'>) {
    this.#logger = logger;
  }

  check(allowed: readonly string[], request: IncomingMessage): void {
    const { origin } = request.headers;
    if (origin === undefined || allowed.includes(origin) || allowed.includes('*')) return;
    const shortened = origin.slice(0, maxLength);
    if (
      this.#logged.has(shortened) ||
      this.#logged.size >= maxOrigins ||
      isOwnOrigin(origin, httpRequest(request))
    )
      return;
    this.#logged.add(shortened);
    this.#logger.warn(
      { origin: shortened },
      'a page of this origin asks, but its browser will not show it the answers (CORS): list the origin in server.cors',
    );
  }
}
