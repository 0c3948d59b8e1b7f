import type { Answers } from '../engine.ts';
import type { Gate, Requester } from '../gate.ts';
import { derived } from '../sequence.ts';

/** Counts a subscription against its caller's limit `subscriptions` until it ends. Throws Refusal 429 beyond the limit. */
export function countedSubscription(gate: Gate, requester: Requester, answers: Answers): Answers {
  let leave: () => void;
  try {
    leave = gate.subscribe(requester);
  } catch (error) {
    void answers.return?.();
    throw error;
  }
  return derived(answers, { map: (answer) => answer, onEnd: leave });
}
