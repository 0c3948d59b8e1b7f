import type { Answers } from '../engine.ts';
import type { Gate, Requester } from '../gate.ts';
import { derived } from '../sequence.ts';
import { pacedAnswers } from './paced.ts';

/**
 * Counts a subscription against its caller's limit `subscriptions` until it ends, and its answers against `answers_per_second`. Throws
 * Refusal 429 where too many run.
 */
export function countedSubscription(gate: Gate, requester: Requester, answers: Answers): Answers {
  let leave: () => void;
  try {
    leave = gate.subscribe(requester);
  } catch (error) {
    void answers.return?.();
    throw error;
  }
  const paced = pacedAnswers(answers, (end) => gate.turn(requester, end));
  return derived(paced, { map: (answer) => answer, onEnd: leave });
}
