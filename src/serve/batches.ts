import { answerErrors } from '../execute/index.ts';
import { Refusal } from './body.ts';
import { withDocument } from './documents.ts';
import { askApollo, type Exchange } from './exchange.ts';
import type { Gate } from './gate.ts';
import { json } from './media-type.ts';
import {
  type ApolloAnswer,
  nameIn,
  type Operations,
  type Outcome,
  resultOf,
  wholeText,
} from './operations.ts';
import type { ServerOptions } from './options.ts';
import { isRefusal, refusalOf } from './refusal.ts';
import type { Sender } from './respond.ts';

/** An operation of a batch that is refused before it runs. */
interface Refused {
  readonly refused: ApolloAnswer;
}

/** Answers batches: several operations in one request, as a list. */
export class Batches {
  readonly #options: ServerOptions;
  readonly #gate: Gate;
  readonly #operations: Operations;
  readonly #sender: Sender;

  constructor(options: ServerOptions, gate: Gate, operations: Operations, sender: Sender) {
    this.#options = options;
    this.#gate = gate;
    this.#operations = operations;
    this.#sender = sender;
  }

  /** Answers a batch, if it has at most `most` operations. They run in order where one may read what another wrote. */
  async answer(exchange: Exchange, bodies: readonly unknown[], most: number): Promise<Outcome> {
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
    const results = answers.map(({ answer }) => resultOf('full', answer));
    const result = results.find((one) => one !== 'ok') ?? 'ok';
    return { lane: 'full', operationName: null, role: base.session.role, status: 200, result };
  }

  /** Runs the leading reads concurrently; from the first operation on that may write, one after the other. */
  async #inOrder(
    exchange: Exchange,
    bodies: readonly (Refused | { readonly body: unknown })[],
  ): Promise<readonly ApolloAnswer[]> {
    const ask = (one: (typeof bodies)[number]) =>
      'refused' in one
        ? one.refused
        : askApollo(this.#options.engine, this.#operations, oneOf(exchange), one.body);
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
