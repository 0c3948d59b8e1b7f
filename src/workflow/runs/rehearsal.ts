import { randomUUID } from 'node:crypto';
import { FozError } from '../../core/index.ts';
import type { StepRecord } from '../../store/index.ts';
import type { StepDefinition, WorkflowDefinition } from '../definition.ts';
import type { Expressions } from '../expressions/index.ts';
import { stepKinds } from '../steps/index.ts';
import type { StepServices } from '../steps/step.ts';
import { stepsById } from './compensation.ts';
import { Execution } from './execution.ts';
import type { ExecutionOptions } from './execution-options.ts';
import { waits } from './step-executor.ts';
import { parsed } from './values.ts';

/** A step as it went in a rehearsal, or alone. */
export interface RehearsedStep {
  readonly path: string;
  readonly kind: string;
  readonly state: string;
  /** Whether the step would have had an effect outside, which it had not. */
  readonly isSkipped: boolean;
  /** Its settings, with the values of their expressions. */
  readonly settings: unknown;
  readonly output: unknown;
  readonly error: unknown;
}

/** A dry run. */
export interface Rehearsal {
  /** In the order in which they would begin. */
  readonly steps: readonly RehearsedStep[];
  readonly output: unknown;
  readonly error: unknown;
}

export interface RehearsalOptions {
  readonly definition: WorkflowDefinition;
  readonly input: unknown;
  /** The outputs of steps, by their ids. */
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly expressions: Expressions;
}

const nowhere: StepServices = {
  graphql: () => Promise.reject(new FozError('unexpected', 'A rehearsal calls nothing.')),
};

/** Follows the steps of a run without any effect outside: the steps that would have one, and waits, end at once with the given outputs, or null. */
export async function rehearsed(options: RehearsalOptions): Promise<Rehearsal> {
  const { outputs } = options;
  return inMemory(options, options.definition, { services: nowhere, rehearsal: { outputs } });
}

/** Really does one step of a workflow, alone, without its retries, its `onError` and its compensation. Rejects with FozError `not-found`. */
export async function triedStep(
  { step: id, ...options }: RehearsalOptions & { readonly step: string },
  services: StepServices,
): Promise<RehearsedStep> {
  const step = stepsById(options.definition).get(id);
  if (step === undefined)
    throw new FozError('not-found', `The workflow "${options.definition.name}" has no step "${id}".`);
  const { retry: _, onError: __, compensate: ___, ...alone } = step;
  const { output: ____, timeoutMs: _____, ...definition } = options.definition;
  const only = { ...definition, steps: [alone as StepDefinition] };
  const { steps } = await inMemory(options, only, { services, outputs: options.outputs });
  const [found] = steps;
  if (found === undefined || found.state === 'running' || found.state === 'waiting')
    throw new FozError('not-supported', `The step "${id}" waits, so it cannot be tried alone.`);
  return found;
}

async function inMemory(
  { input, expressions }: RehearsalOptions,
  definition: WorkflowDefinition,
  more: Pick<ExecutionOptions, 'services' | 'rehearsal' | 'outputs'>,
): Promise<Rehearsal> {
  const records = new Map<string, StepRecord>();
  const keep = (written: readonly StepRecord[]) => {
    for (const record of written) records.set(record.path, record);
  };
  const execution = new Execution({
    ...{ run: `trial-${randomUUID()}`, definition, input, ageMs: 0, records: [], expressions },
    commit: async (written) => {
      keep(written);
      return true;
    },
    links: { start: refuse, result: refuse, cancel: refuse, take: refuse, forget: refuse, hasCome: refuse },
    signal: new AbortController().signal,
    ...more,
  });
  const { outcome, steps } = await execution.run();
  keep(steps);
  const known = stepsById(definition);
  return {
    steps: [...records.values()].flatMap((record) => shown(record, known, more.rehearsal !== undefined)),
    output: outcome.kind === 'done' ? parsed(outcome.output) : null,
    error: outcome.kind === 'failed' ? parsed(outcome.error) : null,
  };
}

const refuse = () =>
  Promise.reject(
    new FozError('not-supported', 'A step that is tried alone starts no runs and takes no signals.'),
  );

/** Lists of steps within a step have records of their own. */
const nestedLists = new Set([
  'steps',
  'then',
  'else',
  'cases',
  'default',
  'branches',
  'onError',
  'compensate',
]);

function shown(
  { path, kind, state, input, output, error }: StepRecord,
  known: ReadonlyMap<string, StepDefinition>,
  isRehearsal: boolean,
): RehearsedStep[] {
  const step = known.get(path.slice(path.lastIndexOf('/') + 1));
  if (step === undefined || !stepKinds.has(kind)) return [];
  const { id: _, kind: __, ...settings } = step;
  const own = Object.entries(settings).filter(([name]) => !nestedLists.has(name));
  return [
    {
      ...{ path, kind, state, isSkipped: isRehearsal && (stepKinds.get(kind)!.hasEffect || waits.has(kind)) },
      settings: { ...Object.fromEntries(own), ...(parsed(input) as object | null) },
      ...{ output: parsed(output), error: parsed(error) },
    },
  ];
}
