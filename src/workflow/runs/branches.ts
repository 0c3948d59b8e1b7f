import { Abandoned, RunStopped } from '../failure.ts';
import type { Branch, BranchOptions, BranchResult } from '../steps/step.ts';
import { ClaimLost } from './journal.ts';
import { linkedTo } from './signals.ts';
import type { Strands } from './strands.ts';

/** Does branches at the same time, as many as allowed. `does`: does one, until its signal aborts. Resolves with the results of those that have ended. */
export async function inLanes(
  branches: readonly Branch[],
  { concurrency, isEnough }: BranchOptions,
  strands: Strands,
  signal: AbortSignal,
  does: (branch: Branch, signal: AbortSignal) => Promise<unknown>,
): Promise<BranchResult[]> {
  const results: (BranchResult | undefined)[] = branches.map(() => undefined);
  const lanes = Math.min(concurrency, branches.length);
  if (lanes === 0) return [];
  const rest = linkedTo(signal);
  const inner = rest.signal;
  let [next, left] = [0, lanes];
  const lane = async () => {
    while (next < branches.length && !inner.aborted) {
      const index = next++;
      const result = await resultOf(branches[index]!, inner, does);
      if (inner.aborted) break;
      results[index] = result;
      if (isEnough(result)) rest.abort(new Abandoned('The branch is not needed any more.'));
    }
    strands.end(--left === 0);
  };
  strands.divide(lanes);
  const running = Array.from({ length: lanes }, lane);
  // Where one lane ends the run, the others go on until they notice that it has ended.
  void Promise.allSettled(running).then(() => rest.release());
  await Promise.all(running);
  signal.throwIfAborted();
  return results.filter((result) => result !== undefined);
}

async function resultOf(
  branch: Branch,
  signal: AbortSignal,
  does: (branch: Branch, signal: AbortSignal) => Promise<unknown>,
): Promise<BranchResult> {
  const { name } = branch;
  try {
    return { name, output: await does(branch, signal) };
  } catch (failure) {
    if (failure instanceof RunStopped || failure instanceof ClaimLost) throw failure;
    return { name, failure };
  }
}
