import { FozError } from '../../core/index.ts';
import { type Authorized, type OutboundRequest, retryAfterMs } from '../../outbound/index.ts';
import { StepFailed } from '../failure.ts';
import { type ReadAnswer, type ReadAs, readAnswer } from './http/answer.ts';
import { type BodySetting, bodySchema, encodedBody, pairsOf, textOf } from './http/body.ts';
import { type StepContext, type StepKind, serviceOf, template } from './step.ts';

interface Http {
  readonly method?: string;
  readonly url?: unknown;
  readonly params?: unknown;
  readonly query?: unknown;
  readonly headers?: unknown;
  readonly body?: BodySetting;
  readonly credential?: string;
  readonly idempotencyHeader?: string | false;
  readonly redirects?: number;
  readonly success?: readonly (number | string)[];
  readonly read?: ReadAs;
  readonly maxBytes?: number;
  readonly result?: unknown;
  readonly pages?: { readonly next: unknown; readonly most: number };
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
/** Characters of a refused answer that the error keeps. */
const keptCharacters = 2_000;
/** Most characters of all pages together. */
const mostOfPages = 4_000_000;

/**
 * Sends an HTTP request. Its output is `{ status, headers, body }`, or the value of `result`. A status that is not among `success` fails
 * with the code `http-<status>`.
 */
export const http: StepKind<Http> = {
  kind: 'http',
  settings: {
    method: { enum: methods },
    url: template,
    params: template,
    query: template,
    headers: template,
    body: bodySchema,
    credential: { type: 'string', minLength: 1 },
    idempotencyHeader: {
      anyOf: [{ const: false }, { type: 'string', pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$" }],
    },
    redirects: { type: 'integer', minimum: 0, maximum: 20 },
    success: {
      type: 'array',
      minItems: 1,
      items: {
        anyOf: [
          { type: 'integer', minimum: 100, maximum: 599 },
          { type: 'string', pattern: '^[1-5]xx$' },
        ],
      },
    },
    read: { enum: ['auto', 'json', 'text', 'base64'] },
    maxBytes: { type: 'integer', minimum: 0, maximum: 3_000_000 },
    result: template,
    pages: {
      type: 'object',
      properties: { next: template, most: { type: 'integer', minimum: 1, maximum: 1_000 } },
      required: ['next', 'most'],
      additionalProperties: false,
    },
  },
  required: [],
  templates: ['url', 'params', 'query', 'headers', 'body'],
  lateTemplates: ['result', 'pages'],
  hasEffect: true,
  faults(step) {
    const { url, credential, pages, method = 'GET' } = step as unknown as Http;
    if (url === undefined && credential === undefined)
      return [{ place: '', message: 'needs a url, or a credential that is one.' }];
    if (pages !== undefined && method !== 'GET')
      return [{ place: '', message: 'has pages, which only a GET can have.' }];
    return [];
  },
  isPassing: ({ code }) =>
    code === 'unavailable' || code === 'timeout' || /^http-(?:408|425|429|5\d\d)$/.test(code),
  async run(step, context) {
    const request = await requestOf(step, context);
    if (step.pages === undefined) {
      const { answer } = await answered(step, request, context);
      return resultOf(step, answer, context);
    }
    return allPages(step, request, step.pages, context);
  },
};

type Request = Omit<OutboundRequest, 'url'> & { readonly url?: URL };

async function requestOf(step: Http, { idempotencyKey, signal }: StepContext): Promise<Request> {
  const { method = step.body === undefined ? 'GET' : 'POST', idempotencyHeader = 'idempotency-key' } = step;
  const url = urlOf(step);
  const body = step.body === undefined ? undefined : await encodedBody(step.body);
  const isRepeatable = method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
  return {
    ...(url !== undefined && { url }),
    method,
    headers: {
      ...(body !== undefined && { 'content-type': body.type }),
      ...(idempotencyHeader !== false &&
        !isRepeatable && { [idempotencyHeader.toLowerCase()]: idempotencyKey }),
      ...headersOf(step.headers),
    },
    ...(body !== undefined && { body: body.content }),
    ...(step.redirects !== undefined && { redirects: step.redirects }),
    ...(step.maxBytes !== undefined && { responseBytes: step.maxBytes }),
    signal,
  };
}

/** The URL with its parameters, and the names of `params` in braces replaced. */
function urlOf({ url, params = {}, query }: Http): URL | undefined {
  if (url === undefined) return undefined;
  if (typeof url !== 'string') throw new FozError('data-exception', 'The url must be a text.');
  const values = params as Readonly<Record<string, unknown>>;
  const filled = url.replace(/\{(\w+)\}/g, (_, name: string) => {
    if (typeof values !== 'object' || values === null || !Object.hasOwn(values, name))
      throw new FozError('data-exception', `The url has {${name}}, which is not among params.`);
    const text = textOf(values[name]);
    // A segment of dots would lead to another path, also where the dots are encoded.
    if (text === '' || text === '.' || text === '..' || values[name] === null)
      throw new FozError(
        'data-exception',
        `The value of {${name}} in the url must be neither empty nor dots.`,
      );
    return encodeURIComponent(text);
  });
  if (!URL.canParse(filled)) throw new FozError('data-exception', 'The url is no absolute URL.');
  const whole = new URL(filled);
  for (const [name, value] of query === undefined ? [] : pairsOf(query, 'query'))
    whole.searchParams.append(name, value);
  return whole;
}

function headersOf(headers: unknown): Record<string, string> {
  if (headers === undefined) return {};
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers))
    throw new FozError('data-exception', 'headers must be an object of names and values.');
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [name.toLowerCase(), textOf(value)]),
  );
}

/** Sends a request, and reads its answer. Throws StepFailed for a status that is not a success. */
async function answered(
  { credential, read = 'auto', success = ['2xx'] }: Http,
  request: Request,
  { services }: StepContext,
): Promise<{ readonly answer: ReadAnswer; readonly url: URL }> {
  const sent: Authorized = await serviceOf(services, 'http').send(request, credential ?? null);
  const { status, url } = sent.answer;
  if (success.some((wanted) => wanted === status || wanted === `${Math.floor(status / 100)}xx`))
    return { answer: readAnswer(sent.answer, read, sent.secrets), url };
  const { headers, body } = readAnswer(sent.answer, 'text', sent.secrets);
  const afterMs = retryAfterMs(sent.answer.headers.get('retry-after') ?? null, Date.now());
  throw new StepFailed(
    {
      code: `http-${status}`,
      message: `${url.origin} answered with status ${status}.`,
      details: { status, headers, body: typeof body === 'string' ? body.slice(0, keptCharacters) : null },
    },
    { afterMs },
  );
}

function resultOf({ result }: Http, response: ReadAnswer, { evaluate }: StepContext): unknown {
  if (result !== undefined) return evaluate(result, { response });
  const { status, headers, body } = response;
  return { status, headers, body };
}

/** Follows the pages of an answer. The output is the list of their results. */
async function allPages(
  step: Http,
  first: Request,
  { next, most }: NonNullable<Http['pages']>,
  context: StepContext,
): Promise<unknown[]> {
  const results: unknown[] = [];
  let [request, left] = [first, mostOfPages];
  while (results.length < most) {
    const { answer, url } = await answered(step, request, context);
    const result = await resultOf(step, answer, context);
    results.push(result);
    left -= JSON.stringify(result ?? null).length;
    if (left < 0)
      throw new FozError('limit-exceeded', `The pages have more than ${mostOfPages} characters together.`);
    const following = await context.evaluate(next, { response: answer, page: results.length });
    if (following === null || following === '' || following === false) break;
    request = { ...request, url: nextUrl(following, url) };
  }
  return results;
}

/** The URL of the next page. It has the origin of this one: whoever answers must not send credentials elsewhere. */
function nextUrl(value: unknown, from: URL): URL {
  if (typeof value !== 'string' || !URL.canParse(value, from.href))
    throw new FozError('data-exception', 'The URL of the next page is no URL.');
  const url = new URL(value, from);
  if (url.origin !== from.origin)
    throw new FozError('access-denied', `${from.origin}: its next page is at another origin, ${url.origin}.`);
  return url;
}
