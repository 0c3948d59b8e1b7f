import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Session } from '../access/index.ts';
import { RequestEnd } from '../core/index.ts';
import { answerErrors } from '../execute/index.ts';
import { Batches } from './batches.ts';
import { parseBody, Refusal, readBody } from './body.ts';
import { withDocument } from './documents.ts';
import { askApollo, type Exchange } from './exchange.ts';
import type { Entry, Gate } from './gate.ts';
import { checkGet } from './get-request.ts';
import { contentType, json } from './media-type.ts';
import { nameIn, type Operations, type Outcome, outcome, plainOperation } from './operations.ts';
import type { ServerOptions } from './options.ts';
import { isRefusal, refusalOf } from './refusal.ts';
import type { Sender } from './respond.ts';
import { streamFormat } from './subscriptions/format.ts';
import { StreamedRequests } from './subscriptions/streamed-requests.ts';
import type { StreamedResponses } from './subscriptions/streamed-responses.ts';
import { operationOfUrl } from './url-operation.ts';

/** Serves `/graphql` over HTTP: the hot lane for operations that are planned already, Apollo Server for all others. */
export class GraphqlHandler {
  readonly #options: ServerOptions;
  readonly #gate: Gate;
  readonly #operations: Operations;
  readonly #sender: Sender;
  readonly #batches: Batches;
  readonly #streamed: StreamedRequests;

  constructor(
    options: ServerOptions,
    gate: Gate,
    operations: Operations,
    sender: Sender,
    streams: StreamedResponses,
  ) {
    this.#options = options;
    this.#gate = gate;
    this.#operations = operations;
    this.#sender = sender;
    this.#batches = new Batches(options, gate, operations, sender);
    this.#streamed = new StreamedRequests(options, gate, operations, streams);
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
          const { body, hasExact } = operationOfUrl(request);
          return await this.#streamed.answer({ ...exchange, base: { ...base, hasExact } }, body, format);
        }
        return await this.#full(exchange, '');
      }
      const { value: body, hasExact } = parseBody(request, await readBody(request, limits.body_bytes));
      const given = hasExact ? { ...exchange, base: { ...base, hasExact } } : exchange;
      if (Array.isArray(body)) return await this.#batches.answer(given, body, limits.batch);
      const format = streamFormat(request.headers.accept);
      if (format !== null) return await this.#streamed.answer(given, body, format);
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
    const { status, headers, text, answer } = await askApollo(
      this.#options.engine,
      this.#operations,
      exchange,
      body,
    );
    const all = { ...exchange.headers, ...headers };
    await this.#sender.send(request, response, status, all, answer?.packed ?? text, holding);
    return outcome('full', nameIn(body), base.session, status, answer);
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
