import { createHash, randomUUID } from 'node:crypto';
import { FozError } from '../../../core/index.ts';
import type { RoleServiceCall } from '../../../views/index.ts';
import type { MutationDefinition, RunAnswer, Runner, WorkflowDefinition } from '../../../workflow/index.ts';
import { refusedBy, runFailed, shownError } from './errors.ts';

const usualTimeoutMs = 30_000;

/** Starts a run, and waits for its answer where the workflow says so. */
export async function startByField(runner: Runner, call: RoleServiceCall): Promise<unknown> {
  const { name } = call.target;
  const definition = runner.current(name)?.definition;
  const mutation = definition?.mutation;
  if (definition === undefined || mutation === undefined)
    throw new FozError('unavailable', `The workflow "${name}" cannot be started now: it has a fault.`);
  const run = await started(runner, call, mutation);
  if (mutation.kind === 'asynchronous') return run;
  const limitMs = Math.min(mutation.timeoutMs ?? usualTimeoutMs, call.timeoutMs ?? Number.POSITIVE_INFINITY);
  const answer = await runner.answer(run, limitMs, call.signal);
  if (answer === null)
    throw new FozError('timeout', `The run ${run} has not answered in time. It goes on.`, {
      details: { run },
    });
  return outputOf(definition, run, answer);
}

/** Starts the run of a call, once for calls that are the same. Resolves with its id. */
async function started(
  runner: Runner,
  call: RoleServiceCall,
  { input: template }: MutationDefinition,
): Promise<string> {
  const { target, role, session, arguments: given, once, caller } = call;
  const variables = Object.fromEntries([...session].map(([name, value]) => [`x-foz-${name}`, value]));
  const input =
    template === undefined
      ? given
      : await runner.evaluate(template, { arguments: given, session: { role, variables } }).catch(concealed);
  const id = once === undefined ? randomUUID() : createHash('sha256').update(once).digest('hex');
  return runner.start(target.name, input, {
    ...{ id, origin: 'mutation', starter: starterOf(call) },
    ...(caller !== undefined && { askedBy: caller }),
  });
}

/** Identifies who calls: the role with all session variables. */
export function starterOf({ role, session }: Pick<RoleServiceCall, 'role' | 'session'>): string {
  const variables = [...session].sort(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([role, variables]))
    .digest('hex');
}

/** An error of an expression may name values that the caller does not know. */
function concealed(error: unknown): never {
  throw new FozError('unexpected', 'The input of the run could not be made; the log has the details.', {
    internal: error instanceof Error ? error.message : String(error),
    cause: error,
  });
}

function outputOf(definition: WorkflowDefinition, run: string, answer: RunAnswer): unknown {
  switch (answer.kind) {
    case 'done':
      return answer.output;
    case 'response': {
      const refused = refusedBy(answer.response);
      if (refused !== null) throw runFailed(run, refused);
      return answer.response.body;
    }
    case 'cancelled':
      throw runFailed(run, { message: `The run ${run} was cancelled.`, details: {} });
    case 'failed':
      throw runFailed(run, shownError(definition, run, answer.error));
  }
}
