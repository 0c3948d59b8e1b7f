import type { EngineAnswer } from '../../execute/index.ts';
import type { RowKeys } from '../../plan/index.ts';
import { type AnswerDeltas, hasDataOnly } from './answer-deltas.ts';

/**
 * The answers of a subscriber that has asked for deltas: a whole one first, then differences to the one that it got last. Each has a
 * revision, one higher than that of the answer before.
 */
export class DeltaAnswers implements AsyncIterableIterator<EngineAnswer, undefined> {
  readonly #answers: AsyncIterableIterator<EngineAnswer, undefined>;
  readonly #deltas: AnswerDeltas;
  readonly #caller: string;
  readonly #keys: () => RowKeys;
  #revision = 0;
  /** The answer that the subscriber has; `null`: the next one is sent whole. */
  #last: EngineAnswer | null = null;
  #hasLeft = false;

  /** `caller`: the key that the caller is counted by. `keys`: the keys of rows in the present answers. */
  constructor(
    answers: AsyncIterableIterator<EngineAnswer, undefined>,
    deltas: AnswerDeltas,
    caller: string,
    keys: () => RowKeys,
  ) {
    this.#answers = answers;
    this.#deltas = deltas;
    this.#caller = caller;
    this.#keys = keys;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Sends the next answer whole. */
  reset(): void {
    if (this.#last !== null) this.#deltas.release(this.#last, this.#caller);
    this.#last = null;
  }

  async next(): Promise<IteratorResult<EngineAnswer, undefined>> {
    for (;;) {
      const result = await this.#answers.next();
      if (result.done === true) {
        this.reset();
        return result;
      }
      const value = this.#sent(result.value);
      if (value !== null) return { value, done: false };
    }
  }

  async return(): Promise<IteratorResult<EngineAnswer, undefined>> {
    this.#hasLeft = true;
    this.reset();
    await this.#answers.return?.();
    return { value: undefined, done: true };
  }

  /** The answer as it is sent; `null`: the subscriber has it already. */
  #sent(answer: EngineAnswer): EngineAnswer | null {
    if (!hasDataOnly(answer)) {
      this.reset();
      return answer;
    }
    const last = this.#last;
    const patch = last === null ? null : this.#deltas.between(last, answer, this.#keys());
    if (patch === '[]') return null;
    this.reset();
    if (!this.#hasLeft && this.#deltas.keep(answer, this.#caller)) this.#last = answer;
    const revision = `"extensions":{"delta":{"revision":${++this.#revision}`;
    const json =
      patch === null ? `${answer.json.slice(0, -1)},${revision}}}}` : `{${revision},"patch":${patch}}}}`;
    return { ...answer, json };
  }
}
