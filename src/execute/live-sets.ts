import { HeldBytes, type SharedByteCounter } from '../core/index.ts';
import type { Bindings, RunContext } from '../plan/index.ts';
import { type EngineAnswer, withinLimit } from './answer.ts';
import type { PlanSets } from './prepared.ts';

/** How an operation takes part in a statement that several operations of its plan share. */
export interface SharedRun {
  /** The same object for all operations that can share a statement. */
  readonly sets: PlanSets;
  readonly bindings: Bindings;
  /** The answer with this text of `data`. Called once for each run. */
  answer(data: string): EngineAnswer;
}

/** One operation among those that run together, and the limits of its own answer. */
interface TogetherMember {
  readonly shared: SharedRun;
  /** The most bytes of its answer; `null`: no limit. */
  readonly answerBytes: number | null;
  /** Counts the bytes of its answer among those of its caller. */
  readonly counter: SharedByteCounter;
}

/**
 * Runs operations of one plan by one statement. An answer is `null` where the operation needs a run of its own, which reports why: a
 * value is not valid, or the answer is too long for the caller. Rejects with FozError where the statement fails, whichever operation is the
 * reason.
 */
export async function runTogether(
  members: readonly TogetherMember[],
  context: RunContext,
): Promise<readonly (EngineAnswer | null)[]> {
  const [first] = members;
  const texts = await first!.shared.sets.run(
    members.map(({ shared }) => shared.bindings),
    context,
  );
  return members.map(({ shared, answerBytes, counter }, index) => {
    const data = texts[index] ?? null;
    if (data === null || !withinLimit(data, new HeldBytes(answerBytes, counter))) return null;
    return shared.answer(data);
  });
}
