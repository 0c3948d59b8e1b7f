import type { LiveWorkflows } from '../../control/index.ts';
import type { Runner } from '../../workflow/index.ts';

/**
 * Starts the runs of deliveries. A delivery may be claimed before the workflows of the present metadata are stored, as after a start of this
 * process. It waits for them, since it may have a single attempt.
 */
export function deliveryRuns(
  workflows: Pick<LiveWorkflows, 'align'>,
  runner: Pick<Runner, 'start'>,
): Pick<Runner, 'start'> {
  return {
    async start(...given) {
      await workflows.align();
      return runner.start(...given);
    },
  };
}
