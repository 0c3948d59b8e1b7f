import type { EngineAnswer } from '../../execute/index.ts';
import type { Answers } from '../engine.ts';
import { derived } from '../sequence.ts';

/** Answers that can be ended from outside, with a last one. `onRevoke` is given the function that ends them; it returns how to take it back. */
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
