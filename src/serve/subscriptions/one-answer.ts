import type { EngineAnswer } from '../../execute/index.ts';
import type { Answers } from '../engine.ts';

/** A single answer in the place of a sequence. */
export async function* oneAnswer(answer: EngineAnswer): AsyncGenerator<EngineAnswer, undefined> {
  yield answer;
}

/** Answers that can be ended from outside, with a last one. `onEnd` is given the function that ends them; it returns how to take it back. */
export function endedBy(
  answers: Answers,
  onEnd: (end: (last: EngineAnswer) => void) => (() => void) | undefined,
): Answers {
  let last: EngineAnswer | null = null;
  const stop = onEnd((answer) => {
    last ??= answer;
    void answers.return?.();
  });
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      const result = await answers.next();
      if (result.done !== true) return result;
      stop?.();
      const value = last;
      last = null;
      return value === null ? result : { value, done: false };
    },
    async return() {
      stop?.();
      last = null;
      await answers.return?.();
      return { value: undefined, done: true };
    },
  };
}
