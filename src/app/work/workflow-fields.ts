import { createHash, randomUUID } from 'node:crypto';
import type { LiveWorkflows } from '../../control/index.ts';
import { FozError } from '../../core/index.ts';
import type { CallRoleService, RoleServiceCall } from '../../views/index.ts';
import { isStated, type MutationDefinition, type RunAnswer, type Runner } from '../../workflow/index.ts';

export interface WorkflowFieldsOptions {
  readonly runner: Runner;
  readonly workflows: Pick<LiveWorkflows, 'align'>;
}

const usualTimeoutMs = 30_000;

/** Answers the root fields of workflows. */
export function workflowFields({ runner, workflows }: WorkflowFieldsOptions): CallRoleService {
  return async (call) => {
    // A workflow that was just written is started in its new version.
    await workflows.align();
    const { name } = call.target;
    const definition = runner.current(name)?.definition;
    const mutation = definition?.mutation;
    if (definition === undefined || mutation === undefined)
      throw new FozError('unavailable', `The workflow "${name}" cannot be started now: it has a fault.`);
    const run = await started(runner, call, mutation);
    if (mutation.kind === 'asynchronous') return run;
    const limitMs = Math.min(
      mutation.timeoutMs ?? usualTimeoutMs,
      call.timeoutMs ?? Number.POSITIVE_INFINITY,
    );
    const answer = await runner.answer(run, limitMs, call.signal);
    if (answer === null)
      throw new FozError('timeout', `The run ${run} has not answered in time. It goes on.`, {
        details: { run },
      });
    return outputOf(run, answer, answer.kind === 'failed' && isStated(definition, answer.error));
  };
}

/** Starts the run of a call, once for calls that are the same. Resolves with its id. */
async function started(
  runner: Runner,
  { target, role, session, arguments: given, once, caller }: RoleServiceCall,
  { input: template }: MutationDefinition,
): Promise<string> {
  const variables = Object.fromEntries([...session].map(([name, value]) => [`x-foz-${name}`, value]));
  const input =
    template === undefined
      ? given
      : await runner.evaluate(template, { arguments: given, session: { role, variables } }).catch(concealed);
  const id = once === undefined ? randomUUID() : createHash('sha256').update(once).digest('hex');
  return runner.start(target.name, input, {
    ...{ id, origin: 'mutation' },
    ...(caller !== undefined && { askedBy: caller }),
  });
}

/** An error of an expression may name values that the caller does not know. */
function concealed(error: unknown): never {
  throw new FozError('unexpected', 'The input of the run could not be made; the log has the details.', {
    internal: error instanceof Error ? error.message : String(error),
    cause: error,
  });
}

/** What a run has answered. Of an error, the caller sees what the workflow itself has said. `stated`: it has said it by a step `fail`. */
function outputOf(run: string, answer: RunAnswer, stated: boolean): unknown {
  if (answer.kind === 'done') return answer.output;
  if (answer.kind === 'response') {
    const { status, body } = answer.response;
    if (status < 400) return body;
    const { message, code } = (typeof body === 'object' && body !== null ? body : { message: body }) as {
      readonly message?: unknown;
      readonly code?: unknown;
    };
    throw failed(
      run,
      typeof message === 'string' ? message : `The workflow has answered with the status ${status}.`,
      {
        ...(typeof code === 'string' && { reason: code }),
        status,
      },
    );
  }
  if (answer.kind === 'cancelled') throw failed(run, `The run ${run} was cancelled.`, {});
  const { code, message, details } = (answer.error ?? {}) as {
    readonly code?: unknown;
    readonly message?: unknown;
    readonly details?: unknown;
  };
  if (!stated) throw failed(run, `The run ${run} has failed.`, {}, `${String(code)}: ${String(message)}`);
  throw failed(run, String(message), { reason: code, ...(details !== undefined && { details }) });
}

function failed(
  run: string,
  message: string,
  details: Readonly<Record<string, unknown>>,
  internal?: string,
): FozError {
  return new FozError('workflow-failed', message, {
    details: { run, ...details },
    ...(internal !== undefined && { internal }),
  });
}
