import type { EngineAnswer } from '../../execute/index.ts';
import type { Answers } from '../engine.ts';
import { derived } from '../sequence.ts';

/** Wraps answers so that they can be ended early. `onRevoke`: receives a function that ends them with a last answer; returns how to unregister it. */
export function revocable(
  answers: Answers,
  onRevoke: (revoke: (last: EngineAnswer) => void) => (() => void) | undefined,
): Answers {
  let last: EngineAnswer | null = null;
  const stop = onRevoke((answer) => {
    last ??= answer;
    void answers.return?.();
  });
  return derived(answers, { map: (answer) => answer, onEnd: () => stop?.(), last: () => last });
}
