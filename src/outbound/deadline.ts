import { OutboundError } from './fault.ts';

/** Aborts a request when its time has passed, or when its caller ends it. `close` stops the timer. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #caller: AbortSignal | undefined;
  readonly #onAbort = () =>
    this.#controller.abort(new OutboundError('ended', 'The request was ended by its caller.'));

  constructor(origin: string, milliseconds: number, caller: AbortSignal | undefined) {
    this.#caller = caller;
    const error = () =>
      new OutboundError(
        'timeout',
        `${origin}: no complete answer within ${milliseconds} ms: check the service, or allow more time`,
      );
    this.#timer = setTimeout(() => this.#controller.abort(error()), milliseconds);
    if (caller?.aborted === true) this.#onAbort();
    else caller?.addEventListener('abort', this.#onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#caller?.removeEventListener('abort', this.#onAbort);
  }
}
