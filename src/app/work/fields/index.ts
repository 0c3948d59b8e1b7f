import type { LiveWorkflows } from '../../../control/index.ts';
import { type CallRoleService, serviceKinds } from '../../../views/index.ts';
import type { Runner } from '../../../workflow/index.ts';
import { type SeenOptions, seenByField } from './seen.ts';
import { startByField } from './start.ts';

export interface WorkflowFieldsOptions extends SeenOptions {
  readonly runner: Runner;
  readonly workflows: Pick<LiveWorkflows, 'align'>;
}

/** Answers the root fields of workflows. */
export function workflowFields(options: WorkflowFieldsOptions): CallRoleService {
  return async (call) => {
    if (call.target.kind !== serviceKinds.start) return seenByField(options, call);
    // A workflow that was just written is started in its new version.
    await options.workflows.align();
    return startByField(options.runner, call);
  };
}
