import type { RunOutcome } from '../../store/index.ts';
import type { StepDefinition, WorkflowDefinition } from '../definition.ts';
import { type Failure, failureOf, RunStopped } from '../failure.ts';
import { fail } from '../steps/fail.ts';
import { itemsOf } from '../steps/for-each.ts';
import { stepKinds } from '../steps/index.ts';
import type { Scope } from '../steps/step.ts';
import { ClaimLost, type FinishedStep } from './journal.ts';

/** The path of the record that says what is undone. No step can have it. */
export const compensationPath = '#compensation';

/** The plan of undoing after a failure: the steps to compensate, in that order. */
export interface Compensation {
  readonly failure: Failure;
  readonly steps: readonly string[];
}

/** A step that is undone, with what its compensation sees. */
export interface Undoing {
  readonly path: string;
  readonly steps: readonly StepDefinition[];
  readonly scope: Scope & { readonly steps: Record<string, unknown> };
}

interface UndoOptions {
  readonly definition: WorkflowDefinition;
  readonly run: Scope['run'];
  readonly input: unknown;
  readonly records: readonly FinishedStep[];
  readonly signal: AbortSignal;
  readonly does: (undoing: Undoing) => Promise<unknown>;
}

/** Undoes steps one after the other. One whose compensation fails does not keep the others from being undone. Resolves with the end of the run. */
export async function undone(
  { failure, steps }: Compensation,
  { definition, run, input, records, signal, does }: UndoOptions,
): Promise<RunOutcome> {
  const compensated: string[] = [];
  const notCompensated: Record<string, Failure> = {};
  for (const path of steps) {
    try {
      await does(undoingOf(definition, records, path, { run, input, error: failure }));
      compensated.push(path);
    } catch (error) {
      if (error instanceof ClaimLost || signal.aborted) throw error;
      if (error instanceof RunStopped) compensated.push(path);
      else notCompensated[path] = failureOf(error);
    }
  }
  const left = Object.keys(notCompensated).length > 0 ? { notCompensated } : {};
  return { kind: 'failed', error: JSON.stringify({ ...failure, compensated, ...left }) };
}

/** Whether steps of a workflow have a compensation. */
export function hasCompensation(definition: WorkflowDefinition): boolean {
  return [...stepsById(definition).values()].some(({ compensate }) => compensate !== undefined);
}

/** The steps to undo, the last one first. `finished`: all records. */
export function toUndo(definition: WorkflowDefinition, finished: readonly FinishedStep[]): string[] {
  const known = stepsById(definition);
  // Of steps that have ended in the same millisecond, the one that began last is undone first.
  return [...finished]
    .reverse()
    .filter(({ path, state }) => state === 'done' && stepOf(known, path)?.compensate !== undefined)
    .sort((one, other) => other.endedAt - one.endedAt)
    .map(({ path }) => path);
}

/**
 * The scope of the compensation of a step, from the records alone: the outputs that were there when the step ended, and the item of its repetition.
 */
export function undoingOf(
  definition: WorkflowDefinition,
  finished: readonly FinishedStep[],
  path: string,
  outer: Omit<Scope, 'steps'>,
): Undoing {
  const known = stepsById(definition);
  const records = new Map(finished.map((each) => [each.path, each]));
  const own = records.get(path)!;
  const { prefix, names } = placeOf(known, records, path);
  const steps: Record<string, unknown> = {};
  const visible = finished
    .filter(({ output, endedAt }) => output !== null && endedAt <= own.endedAt)
    .sort((one, other) => one.endedAt - other.endedAt);
  for (const each of visible) {
    const step = stepOf(known, each.path);
    if (step !== undefined && prefix.startsWith(placeOf(known, records, each.path).prefix))
      steps[step.id] = each.output === null ? null : JSON.parse(each.output);
  }
  return { path, steps: stepOf(known, path)!.compensate!, scope: { ...outer, ...names, steps } };
}

/** The steps of a workflow by their ids, besides those of compensations. */
export function stepsById(definition: WorkflowDefinition): Map<string, StepDefinition> {
  const found = new Map<string, StepDefinition>();
  const visit = (steps: readonly StepDefinition[]): void => {
    for (const step of steps) {
      found.set(step.id, step);
      for (const [, nested] of stepKinds.get(step.kind)?.nested?.(step) ?? []) visit(nested);
      visit(step.onError ?? []);
    }
  };
  visit(definition.steps);
  return found;
}

/** Whether the error of a run is one that the workflow has stated itself, by a step `fail`. Others may tell what only administrators know. */
export function isStated(definition: WorkflowDefinition, error: unknown): boolean {
  const { step, code } = (error ?? {}) as { readonly step?: unknown; readonly code?: unknown };
  const found = typeof step === 'string' ? stepOf(stepsById(definition), step) : undefined;
  if (found?.kind !== fail.kind) return false;
  return !ofExpressions.has(code) || found.code === code;
}

/** The codes of a step that could not say what it wanted, since an expression of its settings has failed: the message may quote values. */
const ofExpressions: ReadonlySet<unknown> = new Set([
  'data-exception',
  'limit-exceeded',
  'timeout',
  'unavailable',
  'unexpected',
]);

function stepOf(known: ReadonlyMap<string, StepDefinition>, path: string): StepDefinition | undefined {
  return known.get(path.slice(path.lastIndexOf('/') + 1));
}

/** The branch that a step is in, whose outputs only its own steps see, and the names that it has given them. */
function placeOf(
  known: ReadonlyMap<string, StepDefinition>,
  records: ReadonlyMap<string, FinishedStep>,
  path: string,
): { readonly prefix: string; readonly names: Partial<Scope> } {
  const segments = path.split('/');
  let [prefix, names]: [string, Partial<Scope>] = ['', {}];
  for (let at = 0; at < segments.length - 1; at++) {
    const kind = known.get(segments[at]!)?.kind;
    const within = segments.slice(0, at + 2).join('/');
    if (kind !== 'forEach' && kind !== 'parallel' && kind !== 'while') continue;
    at++;
    const index = Number(segments[at]);
    // The steps of `onError` are in the branch of their step.
    if (segments[at] === 'onError') continue;
    if (kind !== 'while') prefix = `${within}/`;
    if (kind === 'while') names = { ...names, index };
    if (kind !== 'forEach') continue;
    const input = records.get(segments.slice(0, at).join('/'))?.input;
    names = { index, item: itemsOf(JSON.parse(input ?? '{}').items)[index] };
  }
  return { prefix, names };
}
