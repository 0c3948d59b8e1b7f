import type { Answers } from '../engine.ts';
import type { Gate, Requester } from '../gate.ts';

/** Counts a subscription among those of its caller until it ends. Throws Refusal 429 where too many are running. */
export function countedSubscription(gate: Gate, requester: Requester, answers: Answers): Answers {
  let leave: () => void;
  try {
    leave = gate.subscribe(requester);
  } catch (error) {
    void answers.return?.();
    throw error;
  }
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      const result = await answers.next().catch((error: unknown) => {
        leave();
        throw error;
      });
      if (result.done === true) leave();
      return result;
    },
    async return() {
      leave();
      await answers.return?.();
      return { value: undefined, done: true };
    },
  };
}
