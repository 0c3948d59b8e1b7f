import { FozError } from '../../../core/index.ts';
import type { RunState, RunStore, SeenRun } from '../../../store/index.ts';
import { type Graphs, type RoleServiceCall, serviceKinds } from '../../../views/index.ts';
import type { Runner, RunResponse } from '../../../workflow/index.ts';
import { refusedBy, type ShownFailure, shownError } from './errors.ts';
import { starterOf } from './start.ts';

export interface SeenOptions {
  readonly runs: Pick<RunStore, 'seen'>;
  readonly runner: Pick<Runner, 'definition'>;
  readonly graphs: Pick<Graphs, 'seenRuns'>;
}

const mostRuns = 100;

/** The run, or the runs, that a role sees of a workflow. */
export async function seenByField(
  { runs, runner, graphs }: SeenOptions,
  call: RoleServiceCall,
): Promise<unknown> {
  const { target, role, arguments: given } = call;
  const workflow = target.name;
  const seen = graphs.seenRuns(role, workflow);
  if (seen === null) return null;
  const isOne = target.kind === serviceKinds.run;
  const { id, before, states, limit } = given as {
    readonly id?: string;
    readonly before?: string | null;
    readonly states?: readonly RunState[] | null;
    readonly limit?: number | null;
  };
  const most = isOne ? 1 : (limit ?? mostRuns);
  if (most < 0 || most > mostRuns)
    throw new FozError('validation-failed', `"limit" must be from 0 to ${mostRuns}.`);
  const found = await runs.seen({
    ...{ workflow, limit: most, starter: seen === 'all' ? null : starterOf(call) },
    ...(isOne && { id: id! }),
    ...(before !== undefined && before !== null && { before }),
    ...(states !== undefined && states !== null && { states }),
  });
  const shown = await Promise.all(found.map((run) => shownRun(runner, workflow, run)));
  return isOne ? (shown[0] ?? null) : shown;
}

async function shownRun(runner: SeenOptions['runner'], workflow: string, run: SeenRun): Promise<object> {
  const { id, state, at, endedAt, response } = run;
  const answer = response === null ? null : (JSON.parse(response) as RunResponse);
  const failure = (answer && refusedBy(answer)) ?? (await failureOf(runner, workflow, run));
  const output = failure !== null ? null : answer === null ? parsed(run.output) : answer.body;
  const error = failure && { message: failure.message, reason: null, details: null, ...failure.details };
  // In either convention of names.
  const times = { started_at: at, startedAt: at, ended_at: endedAt, endedAt };
  return { id, state, ...times, output, error };
}

async function failureOf(
  runner: SeenOptions['runner'],
  workflow: string,
  { id, version, error }: SeenRun,
): Promise<ShownFailure | null> {
  return error === null ? null : shownError(await runner.definition(workflow, version), id, parsed(error));
}

function parsed(text: string | null): unknown {
  return text === null ? null : JSON.parse(text);
}
