import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerErrors } from '../../execute/index.ts';
import type { Answers } from '../engine.ts';
import type { Holding } from '../holdings.ts';
import type { Readers } from '../readers.ts';
import type { StreamFormat } from './format.ts';

/** Milliseconds between two keep-alive messages on a connection. Proxies close idle connections, nginx after 60 s by default. */
const keepAliveMs = 15_000;

/** A response that carries several answers. */
export interface StreamedResponse {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly headers: Readonly<Record<string, string>>;
  readonly format: StreamFormat;
  /** Counts the bytes that the client has not read yet. */
  readonly holding: Holding;
}

/** The HTTP responses of subscriptions. An answer is sent when the client has read the one before, so a slow client gets the newest. */
export class StreamedResponses {
  readonly #readers: Readers;
  readonly #open = new Set<Answers>();
  #isClosed = false;

  constructor(readers: Readers) {
    this.#readers = readers;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Sends answers until they end or the client is gone. Rejects when reading the answers does. */
  async send(streamed: StreamedResponse, answers: Answers): Promise<void> {
    const { response, format, headers, holding } = streamed;
    const leave = () => void answers.return?.();
    response.on('close', leave);
    // A write to a closed connection emits `error`, which would end the process without a listener.
    response.on('error', leave);
    this.#open.add(answers);
    const keepAlive = setInterval(() => {
      if (response.writableLength === 0) response.write(format.keepAlive);
    }, keepAliveMs);
    keepAlive.unref();
    try {
      if (response.destroyed) return;
      response.writeHead(200, {
        ...headers,
        'content-type': format.contentType,
        'cache-control': 'no-store',
        // Makes nginx pass on each part at once.
        'x-accel-buffering': 'no',
      });
      response.write(format.start);
      for await (const { json, kind } of answers) {
        const refusal = holding.grow(json.length);
        if (refusal !== null) {
          response.write(format.answer(answerErrors([refusal], 'request', false).json, true));
          break;
        }
        if (!response.write(format.answer(json, kind === 'request'))) await this.#read(response);
        holding.release();
        if (response.destroyed) return;
      }
      // A response that is cut off without the end message makes the client subscribe again, as it should when the server stops.
      response.end(this.#isClosed ? undefined : format.end);
    } finally {
      clearInterval(keepAlive);
      holding.release();
      response.off('close', leave);
      this.#open.delete(answers);
      leave();
      if (!response.writableEnded) response.destroy();
    }
  }

  /** Ends all subscriptions, so that their clients subscribe again at another process. */
  close(): void {
    this.#isClosed = true;
    for (const answers of this.#open) void answers.return?.();
  }

  /** Resolves when the client has read what was sent, or is gone. */
  async #read(response: ServerResponse): Promise<void> {
    if (response.destroyed) return;
    const stop = this.#readers.watch({
      get socket() {
        return response.socket;
      },
      cutOff: () => (response.socket ?? response).destroy(),
    });
    await new Promise<void>((resolve) => {
      const done = () => {
        response.off('drain', done);
        response.off('close', done);
        resolve();
      };
      response.on('drain', done);
      response.on('close', done);
    });
    stop();
  }
}
