import { FozError } from '../../core/index.ts';
import { answerErrors, type EngineAnswer } from '../../execute/index.ts';
import { withDocument } from '../documents.ts';
import type { Exchange } from '../exchange.ts';
import type { Gate } from '../gate.ts';
import { json } from '../media-type.ts';
import { HeaderMap, nameIn, type Operations, type Outcome, outcome, wholeText } from '../operations.ts';
import type { ServerOptions } from '../options.ts';
import { logUnexpected } from '../unexpected.ts';
import { countedSubscription } from './counted.ts';
import type { StreamFormat } from './format.ts';
import { revocable } from './revocable.ts';
import type { StreamedResponses } from './streamed-responses.ts';

/** Answers requests whose client accepts several answers in one response: subscriptions, and any other operation with its one answer. */
export class StreamedRequests {
  readonly #options: ServerOptions;
  readonly #gate: Gate;
  readonly #operations: Operations;
  readonly #streams: StreamedResponses;

  constructor(options: ServerOptions, gate: Gate, operations: Operations, streams: StreamedResponses) {
    this.#options = options;
    this.#gate = gate;
    this.#operations = operations;
    this.#streams = streams;
  }

  /** Answers with any number of parts. Those of a subscription are sent after this has resolved; it takes no concurrency slot for them. */
  async answer(exchange: Exchange, given: unknown, format: StreamFormat): Promise<Outcome> {
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
    const ended = revocable(counted, (revoke) =>
      this.#options.watch?.(session, () => revoke(answerErrors([sessionEnded], 'request', false))),
    );
    void this.#streams.send(streamed, ended).catch((error: unknown) => {
      logUnexpected(this.#options.logger, error, { requestId: exchange.requestId });
      response.destroy();
    });
    return outcome('live', nameIn(body), session, 200, answer);
  }
}

/** A single answer in the place of a sequence. */
async function* oneAnswer(answer: EngineAnswer): AsyncGenerator<EngineAnswer, undefined> {
  yield answer;
}

const sessionEnded = new FozError(
  'access-denied',
  'The session has ended: subscribe again with a credential that holds.',
);
