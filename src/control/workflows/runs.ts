import { randomUUID } from 'node:crypto';
import { FozError } from '../../core/index.ts';
import {
  type Actor,
  type HookStore,
  maskSecrets,
  type Priority,
  type RunDetails,
  type RunFilter,
  type RunStore,
  type RunSummary,
} from '../../store/index.ts';
import type { HookReceiver, Rehearsal, RehearsedStep, Runner, Scheduler } from '../../workflow/index.ts';
import { audited } from '../audited.ts';
import { type ControlPlane, requirePlane } from '../plane.ts';
import type { LiveWorkflows } from './live-workflows.ts';

/** The parts of durable work that the control API works on. */
export interface WorkControl {
  readonly runs: RunStore;
  readonly runner: Runner;
  readonly workflows: LiveWorkflows;
  readonly scheduler: Scheduler;
  /** The log of calls of inbound webhooks. */
  readonly calls: HookStore;
  readonly hooks: HookReceiver;
}

/** Who acts on runs. */
export interface RunControl {
  readonly plane: ControlPlane | null;
  /** `null`: there is no store. */
  readonly work: WorkControl | null;
  readonly actor: Actor;
}

/** The durable work of this process. Throws FozError `not-supported` where there is no store. */
export function requireWork({ plane, work }: Pick<RunControl, 'plane' | 'work'>): WorkControl {
  requirePlane(plane, 'to keep runs of workflows in');
  return work!;
}

export interface StartRequest {
  readonly workflow: string;
  readonly input: unknown;
  /** Default: a new one. Starting a run under an id that is there already changes nothing. */
  readonly id?: string;
  readonly priority?: Priority;
  readonly afterMs?: number;
}

/** Starts a run. Resolves with it, also where it was started before under the same id. */
export async function startRun(
  control: RunControl,
  { workflow, input, id = randomUUID(), ...options }: StartRequest,
): Promise<RunDetails> {
  const { runs, runner, workflows } = requireWork(control);
  if (!/^[\w.:@/+-]{1,200}$/.test(id))
    throw new FozError(
      'validation-failed',
      'The id of a run has 1 to 200 letters, digits and the characters . : @ / + - _.',
    );
  if (options.afterMs !== undefined && options.afterMs < 0)
    throw new FozError('validation-failed', '"afterMs" must be 0 or more.');
  // A workflow that was just written is started in its new version.
  await workflows.align();
  const isNew = await audited(control, 'run.start', { id, workflow }, async () =>
    runner.begin(await runner.prepare(workflow, input, { ...options, id })),
  );
  const found = await existing(runs, id);
  if (!isNew && found.workflow !== workflow)
    throw new FozError(
      'conflict',
      `The id ${id} is that of a run of the workflow "${found.workflow}": choose another one.`,
    );
  return found;
}

export type RunAction = 'cancel' | 'pause' | 'resume';

/** Cancels, pauses or resumes a run. Rejects with FozError `not-found`, and `conflict` where its state does not allow it. */
export async function changeRun(control: RunControl, action: RunAction, id: string): Promise<RunDetails> {
  const { runs } = requireWork(control);
  await audited(control, `run.${action}`, { id }, () => runs[action](id));
  return existing(runs, id);
}

/** Continues a run that has ended. `from`: the path of the step from which on everything is done again; `null`: what failed is. */
export async function retryRun(control: RunControl, id: string, from: string | null): Promise<RunDetails> {
  const { runs } = requireWork(control);
  await audited(control, 'run.retry', { id, from }, () => runs.retry(id, from));
  return existing(runs, id);
}

/** Starts a new run of the workflow of a run that has ended, with its input or another one. */
export async function rerunRun(
  control: RunControl,
  id: string,
  edited: { readonly input: unknown } | null,
): Promise<RunDetails> {
  const { runs } = requireWork(control);
  const { workflow, state, input } = await existing(runs, id);
  if (state === 'active' || state === 'paused')
    throw new FozError('conflict', `The run ${id} has not ended yet.`);
  return startRun(control, { workflow, input: edited === null ? JSON.parse(input) : edited.input });
}

/** A dry run of a workflow: its steps, its output or its error. Nothing is called. */
export async function rehearseWorkflow(
  control: Pick<RunControl, 'plane' | 'work'>,
  workflow: string,
  input: unknown,
  outputs: unknown,
): Promise<Rehearsal> {
  const { runner, workflows } = requireWork(control);
  await workflows.align();
  return maskSecrets(await runner.rehearse(workflow, input, outputsOf(outputs))) as Rehearsal;
}

/** Really does one step of a workflow, alone. */
export async function tryStep(
  control: RunControl,
  workflow: string,
  step: string,
  given: { readonly input: unknown; readonly outputs: unknown },
): Promise<RehearsedStep> {
  const { runner, workflows } = requireWork(control);
  await workflows.align();
  const outputs = outputsOf(given.outputs);
  return audited(control, 'step.try', { workflow, step }, async () => {
    return maskSecrets(await runner.tryStep(workflow, step, given.input, outputs)) as RehearsedStep;
  });
}

function outputsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (value === null || value === undefined) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>;
  throw new FozError('validation-failed', '"outputs" must be an object: the outputs of steps by their ids.');
}

export interface SignalRequest {
  readonly name: string;
  readonly key: unknown;
  readonly payload: unknown;
  /** Default: a new one. A signal with an id that was used before changes nothing. */
  readonly id?: string;
}

/** Sends a signal to the step `waitFor` of its name and key. Resolves with whether its id is new. */
export async function sendSignal(
  control: RunControl,
  { name, key, payload, id = randomUUID() }: SignalRequest,
): Promise<boolean> {
  const { runner } = requireWork(control);
  if (name === '' || name.length > 200 || name.includes('\0'))
    throw new FozError(
      'validation-failed',
      'The name of a signal has 1 to 200 characters, and no NUL among them.',
    );
  if (!/^[\w.:@/+-]{1,200}$/.test(id))
    throw new FozError(
      'validation-failed',
      'The id of a signal has 1 to 200 letters, digits and the characters . : @ / + - _.',
    );
  return audited(control, 'signal.send', { id, name, key }, () => runner.signal(name, key, payload, id));
}

export interface RunPage {
  readonly entries: readonly RunSummary[];
  /** Where the next page starts; `null`: this was the last one. */
  readonly next: string | null;
}

/** Most runs of a page. */
export const mostRuns = 1_000;

/** A page of runs, the newest first. */
export async function listedRuns(
  control: Pick<RunControl, 'plane' | 'work'>,
  filter: RunFilter,
): Promise<RunPage> {
  const { runs } = requireWork(control);
  if (!(filter.limit >= 1 && filter.limit <= mostRuns))
    throw new FozError('validation-failed', `"limit" must be from 1 to ${mostRuns}.`);
  const found = await runs.list({ ...filter, limit: filter.limit + 1 });
  const entries = found.slice(0, filter.limit);
  return { entries, next: found.length > filter.limit ? entries.at(-1)!.id : null };
}

/** A run with its steps; `null`: there is none. */
export function shownRun(
  control: Pick<RunControl, 'plane' | 'work'>,
  id: string,
): Promise<RunDetails | null> {
  return requireWork(control).runs.show(id);
}

/** JSON that a run has recorded, with its secrets masked; `undefined`: there is none. */
export function shownJson(text: string | null): unknown {
  return text === null ? undefined : maskSecrets(JSON.parse(text));
}

async function existing(runs: RunStore, id: string): Promise<RunDetails> {
  const run = await runs.show(id);
  if (run === null) throw new FozError('not-found', `There is no run ${id}.`);
  return run;
}
