import { RequestEnd } from '../../core/index.ts';

/** One result as JSON text: `{"data":...}`, with `errors` if there are any. */
export interface Reply {
  readonly json: string;
  /** Called when the reply was sent or never will be. Further calls do nothing. */
  readonly release?: () => void;
  /** Set by the sender, which is then responsible for calling `release`. */
  hasSender?: boolean;
}

/** Runs an operation until `end`; returns one result, or a sequence of them. Rejects with Unserved when there is none. */
export type Run = (end: RequestEnd) => Promise<Reply | AsyncIterable<Reply>>;

/** The refusal of an operation: errors as the endpoint reports them. */
export class Unserved extends Error {
  readonly errors: readonly { readonly message: string }[];
  constructor(errors: readonly { readonly message: string }[]) {
    super(errors[0]?.message ?? 'The operation was not served.');
    this.errors = errors;
  }
}

type Result = IteratorResult<Reply, undefined>;
const over = { value: undefined, done: true } as const;

/**
 * The results of one operation as an async iterator. Calling `return` ends the operation; after that it yields no result and no error.
 * `onOver` is called once, when the operation has ended and released its resources.
 */
export class Answering implements AsyncIterableIterator<Reply, undefined> {
  readonly #end = new RequestEnd();
  readonly #run: Run;
  readonly #left: Promise<typeof over>;
  #onOver: () => void;
  #leave = () => {};
  #isAsking = false;
  /** The result of an operation that has only one. */
  #reply: Reply | null = null;
  /** `undefined`: not started yet; `null`: the single result was returned. */
  #results: AsyncIterator<Reply> | null | undefined;

  constructor(run: Run, onOver: () => void = () => {}) {
    this.#run = run;
    this.#onOver = onOver;
    this.#left = new Promise((resolve) => {
      this.#leave = () => resolve(over);
    });
  }

  /** Whether it is a subscription that has started. */
  get isLive(): boolean {
    return this.#results !== undefined && this.#results !== null;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    if (this.#end.aborted) return Promise.resolve(over);
    return Promise.race([this.#left, this.#ask()]);
  }

  /** Ends the operation; does nothing when it has ended already. */
  return(): Promise<Result> {
    this.#leave();
    this.#end.abort();
    if (!this.#isAsking || this.#results) this.#close();
    return Promise.resolve(over);
  }

  async #ask(): Promise<Result> {
    this.#isAsking = true;
    try {
      const result = await this.#next();
      if (result.done === true) this.#over();
      return result;
    } catch (error) {
      // The source of results may go on, though this one could not be sent.
      void Promise.resolve(this.#results?.return?.()).catch(() => {});
      this.#over();
      throw error;
    } finally {
      this.#isAsking = false;
      if (this.#end.aborted) this.#close();
    }
  }

  async #next(): Promise<Result> {
    if (this.#results === undefined) {
      const replies = await this.#run(this.#end);
      const isMany = Symbol.asyncIterator in replies;
      this.#results = isMany ? replies[Symbol.asyncIterator]() : null;
      if (!isMany) {
        this.#reply = replies;
        return { value: replies, done: false };
      }
    }
    if (this.#results === null || this.#end.aborted) return over;
    const { value, done } = await this.#results.next();
    return done === true ? over : { value, done: false };
  }

  /** Closes the source of results, also while a result is being awaited. */
  #close(): void {
    void Promise.resolve(this.#results?.return?.())
      .catch(() => {})
      .finally(() => {
        if (!this.#isAsking) this.#over();
      });
  }

  #over(): void {
    const reply = this.#reply;
    this.#reply = null;
    if (reply?.hasSender !== true) reply?.release?.();
    const onOver = this.#onOver;
    this.#onOver = () => {};
    onOver();
  }
}
