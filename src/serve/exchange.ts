import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestContext } from './apollo.ts';
import { searchWithDocument } from './documents.ts';
import type { Requester } from './gate.ts';
import type { Holding } from './holdings.ts';
import { type ApolloAnswer, HeaderMap, type Operations } from './operations.ts';
import type { ServerOptions } from './options.ts';

/** A request while it is served: the caller, the response, and the headers for it. */
export interface Exchange extends Requester {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly headers: Readonly<Record<string, string>>;
  readonly base: RequestContext['operation'];
  readonly holding: Holding;
}

/** Runs an operation of a request by way of Apollo Server. `body`: not used for a GET, whose operation is in the URL. */
export function askApollo(
  engine: ServerOptions['engine'],
  operations: Operations,
  exchange: Exchange,
  body: unknown,
): Promise<ApolloAnswer> {
  const { request, base, session } = exchange;
  const url = request.url ?? '/';
  const at = url.indexOf('?');
  const search = at < 0 ? '' : url.slice(at);
  const headers = headerMap(request);
  // CSRF protection of a GET was checked before, see `checkGet`.
  if (request.method === 'GET') headers.set('apollo-require-preflight', 'true');
  return operations.full(exchange, base, {
    method: request.method ?? 'GET',
    headers,
    search: request.method === 'GET' ? searchWithDocument(engine, session, search) : search,
    body,
  });
}

function headerMap(request: IncomingMessage): HeaderMap {
  const map = new HeaderMap();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) map.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return map;
}
