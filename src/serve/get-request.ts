import type { IncomingMessage } from 'node:http';
import { httpRequest, isOwnOrigin } from '../auth/index.ts';
import { Refusal } from './body.ts';

/**
 * Headers that a browser sends to another origin only after a preflight (Fetch standard, section 2.2.2). `accept` is not one of them:
 * a page may set it to anything.
 */
const preflighted = [
  'apollo-require-preflight',
  'x-apollo-operation-name',
  'x-foz-csrf',
  'x-foz-role',
  'x-foz-admin-secret',
  'x-hasura-role',
  'x-hasura-admin-secret',
  'x-api-key',
  'x-requested-with',
];

const simpleTypes = ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain'];

/**
 * Any page can make a browser send a GET and measure how long the response takes. So a GET must prove that no foreign page sent it.
 * Throws Refusal otherwise.
 */
export function checkGet(request: IncomingMessage, cors: readonly string[]): void {
  if (isOfKnownPage(request, cors) || hasPreflightedHeader(request)) return;
  throw new Refusal(
    400,
    'validation-failed',
    'A GET that any page could have a browser send is refused (CSRF). Send the header "apollo-require-preflight: true" with it, or a token in "authorization", or list the origin of your page in server.cors, or ask by POST (urql: preferGetMethod: false).',
  );
}

/** Whether Origin and Sec-Fetch-Site show the server's own page or an allowed one. Browsers set these headers, pages cannot. */
function isOfKnownPage(request: IncomingMessage, cors: readonly string[]): boolean {
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (site === 'same-origin') return true;
  return origin !== undefined && (cors.includes(origin) || isOwnOrigin(origin, httpRequest(request)));
}

function hasPreflightedHeader({ headers }: IncomingMessage): boolean {
  if (preflighted.some((name) => headers[name] !== undefined && headers[name] !== '')) return true;
  // Browsers add Basic, Digest and Negotiate credentials on their own, so only Bearer counts.
  if (headers.authorization !== undefined && /^bearer /i.test(headers.authorization)) return true;
  const [type] = (headers['content-type'] ?? '').split(';', 1).map((part) => part.trim().toLowerCase());
  return type !== undefined && type !== '' && !simpleTypes.includes(type);
}
