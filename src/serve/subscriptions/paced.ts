import { type EndSignal, RequestEnd } from '../../core/index.ts';
import type { Answers } from '../engine.ts';

/**
 * Waits for a turn before each answer but the first is asked for. What happens meanwhile is in that answer: a live query then gives its
 * newest one, streams and changes go on where they were. `turn`: resolves when it comes or `end` is aborted; `null`: it is there.
 */
export function pacedAnswers(answers: Answers, turn: (end: EndSignal) => Promise<void> | null): Answers {
  const end = new RequestEnd();
  let isFirst = true;
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      const wait = isFirst ? null : turn(end);
      isFirst = false;
      if (wait !== null) await wait;
      return answers.next();
    },
    async return() {
      end.abort();
      await answers.return?.();
      return { value: undefined, done: true };
    },
  };
}
