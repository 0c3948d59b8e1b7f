import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Session } from '../access/index.ts';
import { FozError, type ReadJson, RequestEnd, readJson } from '../core/index.ts';
import { answerErrors, type EngineAnswer } from '../execute/index.ts';
import type { RequestContext } from './apollo.ts';
import { parseBody, Refusal, readBody } from './body.ts';
import { searchWithDocument, withDocument } from './documents.ts';
import type { Entry, Gate, Requester } from './gate.ts';
import { checkGet } from './get-request.ts';
import type { Holding } from './holdings.ts';
import { contentType, json } from './media-type.ts';
import {
  type ApolloAnswer,
  HeaderMap,
  nameIn,
  type Operations,
  type Outcome,
  outcome,
  plainOperation,
  wholeText,
} from './operations.ts';
import type { ServerOptions } from './options.ts';
import { isRefusal, refusalOf } from './refusal.ts';
import type { Sender } from './respond.ts';
import { countedSubscription } from './subscriptions/counted.ts';
import { type StreamFormat, streamFormat } from './subscriptions/format.ts';
import { endedBy, oneAnswer } from './subscriptions/one-answer.ts';
import type { StreamedResponses } from './subscriptions/streamed-responses.ts';
import { logUnexpected } from './unexpected.ts';

/** A request while it is served: the caller, the response, and the headers for it. */
interface Exchange extends Requester {
  readonly response: ServerResponse;
  readonly headers: Readonly<Record<string, string>>;
  readonly base: RequestContext['operation'];
  readonly holding: Holding;
}

/** An operation of a batch that cannot be asked for. */
interface Refused {
  readonly refused: ApolloAnswer;
}

/** Serves `/graphql` over HTTP: the hot lane for operations that are planned already, Apollo Server for all others. */
export class GraphqlHandler {
  readonly #options: ServerOptions;
  readonly #gate: Gate;
  readonly #operations: Operations;
  readonly #sender: Sender;

  readonly #streams: StreamedResponses;

  constructor(
    options: ServerOptions,
    gate: Gate,
    operations: Operations,
    sender: Sender,
    streams: StreamedResponses,
  ) {
    this.#streams = streams;
    this.#options = options;
    this.#gate = gate;
    this.#operations = operations;
    this.#sender = sender;
  }

  async handle(
    request: IncomingMessage,
    response: ServerResponse,
    given: Readonly<Record<string, string>>,
  ): Promise<Outcome> {
    const end = new RequestEnd();
    const requestId = given['x-request-id'] ?? '';
    let headers = given;
    let session: Session | null = null;
    let entry: Entry | undefined;
    response.on('close', () => {
      if (!response.writableFinished) end.abort();
    });
    try {
      this.#gate.hosts.check(request);
      const identified = this.#options.identify(request);
      session = identified instanceof Promise ? await identified : identified;
      const entering = this.#gate.enter({ session, request, requestId }, end);
      entry = entering instanceof Promise ? await entering : entering;
      const { base, limits, rate, holding } = entry;
      if (rate !== null) headers = { ...headers, ...rate };
      if (request.method !== 'POST' && request.method !== 'GET')
        throw new Refusal(405, 'not-supported', `GraphQL is asked by GET or POST, not by ${request.method}.`);
      const exchange: Exchange = { session, request, requestId, response, headers, base, holding };
      if (request.method === 'GET') {
        checkGet(request, this.#options.cors);
        const format = streamFormat(request.headers.accept);
        if (format !== null) {
          const { body, hasExact } = bodyOfSearch(request);
          return await this.#streamed({ ...exchange, base: { ...base, hasExact } }, body, format);
        }
        return await this.#full(exchange, '');
      }
      const { value: body, hasExact } = parseBody(request, await readBody(request, limits.body_bytes));
      const given = hasExact ? { ...exchange, base: { ...base, hasExact } } : exchange;
      if (Array.isArray(body)) return await this.#batch(given, body, limits.batch);
      const format = streamFormat(request.headers.accept);
      if (format !== null) return await this.#streamed(given, body, format);
      const asked = withDocument(this.#options.engine, session, body);
      return (await this.#hot(given, asked)) ?? (await this.#full(given, asked));
    } catch (error) {
      return await this.#refuse(request, response, headers, session, error);
    } finally {
      entry?.leave();
    }
  }

  /** Runs the hot lane; `undefined`: the body is not a plain operation, or it is not planned yet. */
  async #hot(exchange: Exchange, body: unknown): Promise<Outcome | undefined> {
    const { request, response, base, holding } = exchange;
    const operation = plainOperation(body, base);
    if (operation === undefined) return undefined;
    const type = contentType(request.headers.accept);
    if (type === null) return undefined;
    const answer = await this.#operations.planned(exchange, operation);
    if (answer === undefined) return undefined;
    const status = answer.kind === 'request' && type !== json ? 400 : 200;
    const headers = { ...exchange.headers, 'content-type': type };
    await this.#sender.send(request, response, status, headers, answer.packed ?? answer.json, holding);
    return outcome('hot', operation.operationName, base.session, status, answer);
  }

  async #full(exchange: Exchange, body: unknown): Promise<Outcome> {
    const { request, response, base, holding } = exchange;
    const { status, headers, text, answer } = await this.#ask(exchange, body);
    const all = { ...exchange.headers, ...headers };
    await this.#sender.send(request, response, status, all, answer?.packed ?? text, holding);
    return outcome('full', nameIn(body), base.session, status, answer);
  }

  /** Answers with any number of parts. Those of a subscription are sent after this has resolved; it takes no concurrency slot for them. */
  async #streamed(exchange: Exchange, given: unknown, format: StreamFormat): Promise<Outcome> {
    const { request, response, headers, base, session } = exchange;
    const body = withDocument(this.#options.engine, session, given);
    const incoming = { method: 'POST', headers: new HeaderMap([['content-type', json]]), search: '', body };
    const subscriber = this.#gate.subscriberOf(exchange);
    const { status, text, answer, answers } = await this.#operations.full(exchange, base, incoming, {
      subscriber,
      readsOnly: request.method === 'GET',
    });
    const streamed = { request, response, headers, format, holding: subscriber.hold() };
    if (answers === undefined) {
      const only: EngineAnswer = { json: wholeText(text, answer, base.held), kind: 'data', errors: [] };
      await this.#streams.send(streamed, oneAnswer(only));
      return outcome('full', nameIn(body), session, status, answer);
    }
    const counted = countedSubscription(this.#gate, exchange, this.#operations.audited(exchange, answers));
    const ended = endedBy(counted, (end) =>
      this.#options.watch?.(session, () => end(answerErrors([sessionEnded], 'request', false))),
    );
    void this.#streams.send(streamed, ended).catch((error: unknown) => {
      logUnexpected(this.#options.logger, error, { requestId: exchange.requestId });
      response.destroy();
    });
    return outcome('live', nameIn(body), session, 200, answer);
  }

  #ask(exchange: Exchange, body: unknown): Promise<ApolloAnswer> {
    const { request, base, session } = exchange;
    const url = request.url ?? '/';
    const at = url.indexOf('?');
    const search = at < 0 ? '' : url.slice(at);
    const headers = headerMap(request);
    // CSRF protection of a GET was checked before, see `checkGet`.
    if (request.method === 'GET') headers.set('apollo-require-preflight', 'true');
    return this.#operations.full(exchange, base, {
      method: request.method ?? 'GET',
      headers,
      search: request.method === 'GET' ? searchWithDocument(this.#options.engine, session, search) : search,
      body,
    });
  }

  /** Answers a batch (a list of operations), if the limits allow it. The operations run in order where one may read what another wrote. */
  async #batch(exchange: Exchange, bodies: readonly unknown[], most: number): Promise<Outcome> {
    const { request, response, headers, base, holding } = exchange;
    if (most <= 1)
      throw new Refusal(
        400,
        'validation-failed',
        'Several operations in one request (a batch) are not allowed here: send them one by one, or allow as many as the client may put together by server.limits.batch.',
      );
    if (bodies.length === 0 || bodies.length > most)
      throw new Refusal(
        400,
        'limit-exceeded',
        `A batch holds 1 to ${most} operations, this one ${bodies.length}.`,
      );
    // The gate counted the first operation when it admitted the request.
    const rate = bodies.length === 1 ? {} : this.#gate.count(exchange, bodies.length - 1);
    const asked = bodies.map((body) => this.#withDocument(exchange, body));
    const answers = await this.#inOrder(exchange, asked);
    await this.#sender.send(
      request,
      response,
      200,
      { ...headers, ...rate, 'content-type': json },
      `[${answers.map(({ text, answer }) => wholeText(text, answer, base.held)).join(',')}]`,
      holding,
    );
    return { lane: 'full', operationName: null, role: base.session.role, status: 200, result: 'ok' };
  }

  /** Runs the leading reads concurrently; from the first operation on that may write, one after the other. */
  async #inOrder(
    exchange: Exchange,
    bodies: readonly (Refused | { readonly body: unknown })[],
  ): Promise<readonly ApolloAnswer[]> {
    const ask = (one: (typeof bodies)[number]) =>
      'refused' in one ? one.refused : this.#ask(oneOf(exchange), one.body);
    const first = bodies.findIndex((one) => 'body' in one && mayWrite(one.body));
    const reads = first < 0 ? bodies : bodies.slice(0, first);
    const answers = await Promise.all(reads.map(ask));
    for (const one of bodies.slice(reads.length)) answers.push(await ask(one));
    return answers;
  }

  /** An id that is on no list refuses its own operation, not the others of the batch. */
  #withDocument(
    { session, request, requestId }: Exchange,
    body: unknown,
  ): Refused | { readonly body: unknown } {
    try {
      return { body: withDocument(this.#options.engine, session, body) };
    } catch (error) {
      const { refusal, status } = refusalOf(error, this.#options.logger, {
        requestId,
        operationName: nameIn(body),
      });
      if (isRefusal(error)) this.#gate.refused({ request, requestId }, error, session);
      return {
        refused: { status, headers: {}, text: answerErrors([refusal], 'request', false).json, answer: null },
      };
    }
  }

  async #refuse(
    request: IncomingMessage,
    response: ServerResponse,
    headers: Readonly<Record<string, string>>,
    session: Session | null,
    error: unknown,
  ): Promise<Outcome> {
    const requestId = headers['x-request-id'] ?? '';
    const { status, refusal, challenge } = refusalOf(error, this.#options.logger, { requestId });
    if (isRefusal(error)) this.#gate.refused({ request, requestId }, error, session);
    const text = answerErrors([refusal], 'request', false).json;
    const type = contentType(request.headers.accept) ?? json;
    const more = error instanceof Refusal ? error.headers : {};
    const allow: Record<string, string> = status === 405 ? { allow: 'GET, POST' } : {};
    if (challenge !== undefined && challenge !== null) allow['www-authenticate'] = challenge;
    await this.#sender.send(
      request,
      response,
      status,
      { ...headers, ...more, ...allow, 'content-type': type },
      text,
    );
    return { lane: 'refused', operationName: null, role: null, status, result: refusal.code };
  }
}

/** The exchange of one operation in a batch: the bytes it holds are counted together with those of the others. */
function oneOf(exchange: Exchange): Exchange {
  const { base } = exchange;
  return base.held === undefined ? exchange : { ...exchange, base: { ...base, held: base.held.part() } };
}

/** Whether an operation may write: its text contains `mutation`, or the body has only a hash of the text. */
function mayWrite(body: unknown): boolean {
  const query = (body as { readonly query?: unknown } | null)?.query;
  return typeof query !== 'string' || query === '' || /\bmutation\b/.test(query);
}

function headerMap(request: IncomingMessage): HeaderMap {
  const map = new HeaderMap();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) map.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return map;
}

/** The operation that is asked for by a GET, as the body of a POST. */
function bodyOfSearch({ url = '/' }: IncomingMessage): {
  readonly body: unknown;
  readonly hasExact: boolean;
} {
  const search = new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?') + 1) : '');
  const members: Record<string, unknown> = {};
  let hasExact = false;
  for (const name of ['query', 'documentId', 'operationName']) {
    const text = search.get(name);
    if (text !== null) members[name] = text;
  }
  for (const name of ['variables', 'extensions']) {
    const text = search.get(name) ?? '';
    if (text === '') continue;
    const read = readParameter(name, text);
    members[name] = read.value;
    hasExact ||= read.hasExact;
  }
  return { body: members, hasExact };
}

function readParameter(name: string, text: string): ReadJson {
  try {
    return readJson(text);
  } catch (error) {
    if (error instanceof FozError) throw error;
    throw new Refusal(400, 'validation-failed', `The parameter "${name}" is not JSON.`);
  }
}

const sessionEnded = new FozError(
  'access-denied',
  'The session has ended: subscribe again with a credential that holds.',
);
