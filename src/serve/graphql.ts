import type { IncomingMessage, ServerResponse } from 'node:http';
import Negotiator from 'negotiator';
import { credentialOf, type Session } from '../access/index.ts';
import { AccessDenied } from '../auth/index.ts';
import { type ErrorCode, FozError } from '../core/index.ts';
import { answerErrors, type EngineAnswer } from '../execute/index.ts';
import { type Doors, HeaderMap, type RequestContext } from './apollo.ts';
import { parseBody, Refusal, readBody } from './body.ts';
import type { Operation } from './engine.ts';
import type { AccountOf, Limits, ServerOptions } from './options.ts';
import { type RateHeaders, Rates } from './rates.ts';
import { RequestEnd, TimeLimit } from './request-end.ts';
import { send } from './respond.ts';

/** What one GraphQL request came to, for logs and metrics. */
export interface Outcome {
  readonly lane: 'hot' | 'full' | 'refused';
  readonly operationName: string | null;
  readonly role: string | null;
  readonly status: number;
  /** `ok`, or the code of the first error. */
  readonly result: string;
}

const json = 'application/json; charset=utf-8';
const graphqlJson = 'application/graphql-response+json; charset=utf-8';

/** Serves `/graphql`: the hot lane for what is planned already, Apollo Server for everything else. */
export class GraphqlHandler {
  readonly #options: ServerOptions;
  readonly #doors: Doors;
  readonly #timeLimits = new Map<number, TimeLimit>();
  readonly #rates = new Rates();

  constructor(options: ServerOptions, doors: Doors) {
    this.#options = options;
    this.#doors = doors;
  }

  async handle(
    request: IncomingMessage,
    response: ServerResponse,
    given: Readonly<Record<string, string>>,
  ): Promise<Outcome> {
    const end = new RequestEnd();
    let headers = given;
    let timeLimit: TimeLimit | undefined;
    let leave: (() => void) | undefined;
    response.on('close', () => {
      if (!response.writableFinished) end.abort();
    });
    try {
      const identified = this.#options.identify(request);
      const session = identified instanceof Promise ? await identified : identified;
      const limits = this.#limitsOf(session);
      const { timeMs, rate, concurrency } = limits;
      if (timeMs !== null) timeLimit = this.#timeLimit(timeMs, end);
      if (concurrency !== null) leave = this.#rates.enter(this.#callerOf(session, request), concurrency);
      if (rate !== null || session.rateLimit !== undefined)
        headers = withRate(headers, await this.#rates.count(session, this.#callerOf(session, request), rate));
      const { accounts } = this.#options;
      accounts?.entered(session, () => this.#accountOf(request, headers, null));
      const base = {
        session,
        signal: end,
        timeoutMs: timeMs,
        ...(accounts === undefined ? {} : { beforeWrite: () => accounts.ready() }),
      };
      if (request.method !== 'POST' && request.method !== 'GET')
        throw new Refusal(405, 'not-supported', `GraphQL is asked by GET or POST, not by ${request.method}.`);
      if (request.method !== 'POST') return await this.#full(request, response, headers, base, '');
      const body = parseBody(request, await readBody(request, limits.bodyBytes));
      if (Array.isArray(body)) return await this.#batch(request, response, headers, base, body);
      return (
        (await this.#hot(request, response, headers, base, body)) ??
        (await this.#full(request, response, headers, base, body))
      );
    } catch (error) {
      return await this.#refuse(request, response, headers, error);
    } finally {
      timeLimit?.remove(end);
      leave?.();
    }
  }

  #limitsOf({ role }: Session): Limits {
    return this.#options.roleLimits?.get(role) ?? this.#options.limits;
  }

  #timeLimit(timeMs: number, end: RequestEnd): TimeLimit {
    let limit = this.#timeLimits.get(timeMs);
    if (limit === undefined) {
      limit = new TimeLimit(timeMs);
      this.#timeLimits.set(timeMs, limit);
    }
    limit.add(end);
    return limit;
  }

  /** `undefined`: not a plain operation that is planned already. */
  async #hot(
    request: IncomingMessage,
    response: ServerResponse,
    headers: Readonly<Record<string, string>>,
    base: RequestContext['operation'],
    body: unknown,
  ): Promise<Outcome | undefined> {
    const operation = plainOperation(body, base);
    if (operation === undefined) return undefined;
    const type = contentType(request.headers.accept);
    if (type === null) return undefined;
    let answer = await this.#options.engine.cached(operation);
    if (answer === undefined) return undefined;
    if (answer.written !== undefined)
      answer = await this.#accounted(request, headers, base.session, operation.operationName, answer);
    const status = answer.kind === 'request' && type !== json ? 400 : 200;
    await send(request, response, status, { ...headers, 'content-type': type }, answer.packed ?? answer.json);
    return outcome('hot', operation.operationName, base.session, status, answer);
  }

  async #full(
    request: IncomingMessage,
    response: ServerResponse,
    headers: Readonly<Record<string, string>>,
    base: RequestContext['operation'],
    body: unknown,
  ): Promise<Outcome> {
    const { status, heads, text, answer } = await this.#ask(request, base, body, headers);
    await send(request, response, status, { ...headers, ...heads }, answer?.packed ?? text);
    const name = (body as { readonly operationName?: unknown } | null)?.operationName;
    return outcome('full', typeof name === 'string' ? name : null, base.session, status, answer);
  }

  /** The answer, after account is kept of what was written; another one where that failed and must not. */
  async #accounted(
    request: IncomingMessage,
    headers: Readonly<Record<string, string>>,
    session: Session,
    operationName: string | null,
    answer: EngineAnswer,
  ): Promise<EngineAnswer> {
    const { accounts } = this.#options;
    if (accounts === undefined) return answer;
    try {
      await accounts.wrote(session, this.#accountOf(request, headers, operationName), answer);
      return answer;
    } catch (error) {
      if (!(error instanceof FozError)) throw error;
      return answerErrors([error], 'data', false);
    }
  }

  async #ask(
    request: IncomingMessage,
    base: RequestContext['operation'],
    body: unknown,
    sent: Readonly<Record<string, string>>,
  ) {
    const seen: RequestContext['seen'] = { answer: null, hasSource: false };
    const context: RequestContext = { operation: base, seen };
    const server = await this.#doors.of(base.session);
    const url = request.url ?? '/';
    const search = url.indexOf('?');
    const result = await server.executeHTTPGraphQLRequest({
      httpGraphQLRequest: {
        method: request.method ?? 'GET',
        headers: headerMap(request),
        search: search < 0 ? '' : url.slice(search),
        body,
      },
      context: async () => context,
    });
    let text = result.body.kind === 'complete' ? result.body.string : '';
    if (seen.answer?.written !== undefined) {
      const name = (body as { readonly operationName?: unknown } | null)?.operationName;
      const operationName = typeof name === 'string' ? name : null;
      const told = await this.#accounted(request, sent, base.session, operationName, seen.answer);
      if (told !== seen.answer) text = told.json;
      seen.answer = told;
    }
    const status = result.status ?? 200;
    // A client that takes plain JSON reads errors in the body: GraphQL over HTTP, section 6.4.1.
    const isPlain = result.headers.get('content-type') === json;
    return {
      status: status === 400 && seen.hasSource && isPlain ? 200 : status,
      heads: Object.fromEntries(result.headers),
      text,
      answer: seen.answer,
    };
  }

  /** A list of operations, when the limits allow more than one; answered in order. */
  async #batch(
    request: IncomingMessage,
    response: ServerResponse,
    headers: Readonly<Record<string, string>>,
    base: RequestContext['operation'],
    bodies: readonly unknown[],
  ): Promise<Outcome> {
    const { batch } = this.#limitsOf(base.session);
    if (batch <= 1)
      throw new Refusal(
        400,
        'validation-failed',
        'Several operations in one request are not allowed here: send them one by one.',
      );
    if (bodies.length === 0 || bodies.length > batch)
      throw new Refusal(
        400,
        'limit-exceeded',
        `A batch holds 1 to ${batch} operations, this one ${bodies.length}.`,
      );
    const answers = await Promise.all(bodies.map((body) => this.#ask(request, base, body, headers)));
    await send(
      request,
      response,
      200,
      { ...headers, 'content-type': json },
      `[${answers.map(({ text, answer }) => answer?.packed?.text() ?? text).join(',')}]`,
    );
    return { lane: 'full', operationName: null, role: base.session.role, status: 200, result: 'ok' };
  }

  async #refuse(
    request: IncomingMessage,
    response: ServerResponse,
    headers: Readonly<Record<string, string>>,
    error: unknown,
  ): Promise<Outcome> {
    const { status, refusal, challenge } = refusalOf(error, this.#options);
    // Whoever is refused need not wait until that is written down.
    if (error instanceof AccessDenied)
      void this.#options.accounts?.refused(error, this.#accountOf(request, headers, null)).catch(() => {});
    const text = answerErrors([refusal], 'request', false).json;
    const type = contentType(request.headers.accept) ?? json;
    const more = error instanceof Refusal ? error.headers : {};
    const allow: Record<string, string> = status === 405 ? { allow: 'GET, POST' } : {};
    if (challenge !== undefined && challenge !== null) allow['www-authenticate'] = challenge;
    await send(request, response, status, { ...headers, ...more, ...allow, 'content-type': type }, text);
    return { lane: 'refused', operationName: null, role: null, status, result: refusal.code };
  }

  #addressOf(request: IncomingMessage): string | null {
    const { addressOf } = this.#options;
    return addressOf === undefined ? (request.socket.remoteAddress ?? null) : addressOf(request);
  }

  #accountOf(
    request: IncomingMessage,
    headers: Readonly<Record<string, string>>,
    operationName: string | null,
  ): AccountOf {
    return { requestId: headers['x-request-id'] ?? '', address: this.#addressOf(request), operationName };
  }

  /** Who is counted: a credential, else an address. */
  #callerOf({ actor }: Session, request: IncomingMessage): string {
    if (actor === undefined || actor.kind === 'anonymous') return `address ${this.#addressOf(request) ?? ''}`;
    return credentialOf(actor);
  }
}

/** HTTP status of a refusal before the operation was looked at. */
const statuses: Partial<Record<ErrorCode, number>> = {
  'access-denied': 401,
  'limit-exceeded': 413,
  unavailable: 503,
};

function refusalOf(
  error: unknown,
  options: ServerOptions,
): { readonly status: number; readonly refusal: FozError; readonly challenge?: string | null } {
  if (error instanceof Refusal)
    return { status: error.status, refusal: new FozError(error.code as 'validation-failed', error.message) };
  if (error instanceof AccessDenied)
    return { status: error.status, refusal: error, challenge: error.challenge };
  if (error instanceof FozError) return { status: statuses[error.code] ?? 400, refusal: error };
  options.logger.error({ err: error }, 'request failed');
  return {
    status: 500,
    refusal: new FozError('unexpected', 'Something went wrong inside Foz; the log has the details.'),
  };
}

function outcome(
  lane: Outcome['lane'],
  operationName: string | null,
  session: Session,
  status: number,
  answer: EngineAnswer | null,
): Outcome {
  const result = answer === null ? (status < 400 ? 'ok' : 'refused') : (answer.errors[0]?.code ?? 'ok');
  return { lane, operationName, role: session.role, status, result };
}

/** The body as an operation, if it has nothing but `query`, `operationName` and `variables` of the right kind. */
function plainOperation(body: unknown, base: RequestContext['operation']): Operation | undefined {
  if (body === null || typeof body !== 'object') return undefined;
  const { query, operationName, variables, extensions } = body as Readonly<Record<string, unknown>>;
  if (typeof query !== 'string' || query === '' || (extensions !== undefined && extensions !== null))
    return undefined;
  if (operationName !== undefined && operationName !== null && typeof operationName !== 'string')
    return undefined;
  if (
    variables !== undefined &&
    variables !== null &&
    (typeof variables !== 'object' || Array.isArray(variables))
  )
    return undefined;
  return {
    query,
    operationName: operationName ?? null,
    variables: (variables as Readonly<Record<string, unknown>> | null | undefined) ?? {},
    session: base.session,
    signal: base.signal,
    timeoutMs: base.timeoutMs,
    beforeWrite: base.beforeWrite,
  };
}

function withRate(headers: Readonly<Record<string, string>>, rate: RateHeaders): Record<string, string> {
  const exposed = headers['access-control-expose-headers'];
  if (exposed === undefined) return { ...headers, ...rate };
  return {
    ...headers,
    ...rate,
    'access-control-expose-headers': `${exposed}, ratelimit, ratelimit-policy, retry-after`,
  };
}

const chosen = new Map<string, string | null>();

/** The media type for an Accept header; `null`: none that this endpoint speaks. */
function contentType(accept: string | undefined): string | null {
  if (accept === undefined || accept === '') return json;
  let type = chosen.get(accept);
  if (type === undefined) {
    type = new Negotiator({ headers: { accept } }).mediaType([json, graphqlJson]) ?? null;
    if (chosen.size < 1000) chosen.set(accept, type);
  }
  return type;
}

function headerMap(request: IncomingMessage): HeaderMap {
  const map = new HeaderMap();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) map.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return map;
}
