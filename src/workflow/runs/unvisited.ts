import type { WorkflowDefinition } from '../definition.ts';
import { stepKinds } from '../steps/index.ts';
import type { StepContext, StepDefinition } from '../steps/step.ts';
import { stepsById } from './compensation.ts';
import type { Journal } from './journal.ts';

/**
 * Ends what the steps within a step wait for, where former claims of the run have begun them and this one has not reached them: the step around them has
 * ended before, for example because its time was over. Otherwise a wait would take a signal that nobody needs.
 */
export async function leaveUnvisited(
  journal: Journal,
  definition: WorkflowDefinition,
  path: string,
  contextOf: (step: StepDefinition, path: string) => StepContext,
): Promise<void> {
  const found = journal.takeUnvisited(path);
  if (found.length === 0) return;
  const steps = stepsById(definition);
  for (const { path: at, kind, input } of found) {
    const step = steps.get(at.slice(at.lastIndexOf('/') + 1));
    const { abandon } = stepKinds.get(kind) ?? {};
    if (abandon === undefined || step === undefined || input === null) continue;
    const whole = { ...step, ...JSON.parse(input) };
    await abandon(whole as never, contextOf(whole, at)).catch(() => {});
  }
}
