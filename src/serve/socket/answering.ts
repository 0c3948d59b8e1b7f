import { RequestEnd } from '../request-end.ts';

/** One result as JSON text: `{"data":...}`, with errors where there are some. */
export interface Reply {
  readonly json: string;
  /** To be called when the reply was sent, or never will be. Further calls do nothing. */
  readonly gone?: () => void;
  /** Set by the sender, which then has to call `gone`. */
  isTaken?: boolean;
}

/** Runs an operation until `end`: one result, or one after the other. Rejects with Unserved when there is none. */
export type Run = (end: RequestEnd) => Promise<Reply | AsyncIterable<Reply>>;

/** Why an operation has no result: errors as the endpoint tells them. */
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
 * The results of one operation, as they come. Whoever returns it ends the operation where it runs and hears nothing more, also no
 * error. `onOver` is called once, when nothing of it runs any more.
 */
export class Answering implements AsyncIterableIterator<Reply, undefined> {
  readonly #end = new RequestEnd();
  readonly #run: Run;
  readonly #left: Promise<typeof over>;
  #onOver: () => void;
  #leave = () => {};
  #isAsking = false;
  /** The one result. */
  #reply: Reply | null = null;
  /** `undefined`: not asked yet; `null`: the one result is given. */
  #results: AsyncIterator<Reply> | null | undefined;

  constructor(run: Run, onOver: () => void = () => {}) {
    this.#run = run;
    this.#onOver = onOver;
    this.#left = new Promise((resolve) => {
      this.#leave = () => resolve(over);
    });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    if (this.#end.aborted) return Promise.resolve(over);
    return Promise.race([this.#left, this.#ask()]);
  }

  /** Ends the operation; nothing happens when it is over. */
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

  /** What is returned early lets go of what it reads from, also while it waits for it. */
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
    if (reply?.isTaken !== true) reply?.gone?.();
    const onOver = this.#onOver;
    this.#onOver = () => {};
    onOver();
  }
}
