import { type EndSignal, type FozError, Wakeup } from '../core/index.ts';
import type { ChangeMessage } from '../plan/index.ts';
import { streamNotAwaited } from './stream-errors.ts';

/** Bytes of waiting messages from which on nothing more is read from the database. */
const mostWaiting = 8 * 1024 * 1024;

/** An object in memory takes several times the bytes that the database sends for it. */
const memoryOf = (bytes: number): number => 200 + 2 * bytes;

/** The messages that a change stream has received and its reader has not taken yet. */
export class ChangeQueue {
  readonly #onFull: () => void;
  readonly #arrival = new Wakeup();
  #messages: ChangeMessage[] = [];
  #bytes = 0;
  #error: FozError | null = null;

  /** `onFull`: called for each message beyond the limit, so that the stream stops reading until `take` has emptied the queue. */
  constructor(onFull: () => void) {
    this.#onFull = onFull;
  }

  /** The error that ended the stream. */
  get error(): FozError | null {
    return this.#error;
  }

  /** `bytes`: the length of the message as the database sent it. */
  add(message: ChangeMessage, bytes: number): void {
    // Only the last of several positions without changes between them matters.
    if (message.kind === 'idle' && this.#messages.at(-1)?.kind === 'idle') this.#messages.pop();
    else this.#bytes += memoryOf(bytes);
    this.#messages.push(message);
    if (this.#bytes > mostWaiting) this.#onFull();
    this.#arrival.wake();
  }

  /** Ends the stream: `take` throws the error once the waiting messages are taken. Returns false if the stream had ended before. */
  fail(error: FozError): boolean {
    if (this.#error !== null) return false;
    this.#error = error;
    this.#arrival.wake();
    return true;
  }

  /** Waits for messages and takes all of them. Rejects with FozError `timeout` when the signal is aborted, or with the error of `fail`. */
  async take(signal: EndSignal): Promise<readonly ChangeMessage[]> {
    while (this.#messages.length === 0) {
      if (this.#error !== null) throw this.#error;
      if (signal.aborted) throw streamNotAwaited();
      await this.#arrival.wait(signal);
    }
    const messages = this.#messages;
    this.#messages = [];
    this.#bytes = 0;
    return messages;
  }
}
