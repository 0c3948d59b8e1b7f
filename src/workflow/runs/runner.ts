import { randomUUID } from 'node:crypto';
import { didYouMean } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import {
  type Claim,
  jobKey,
  type LoadedRun,
  type NewRun,
  type Priority,
  type RunProgress,
  type RunStore,
  runKind,
} from '../../store/index.ts';
import type { WorkflowDefinition } from '../definition.ts';
import { Expressions } from '../expressions/index.ts';
import { GroupCommit, type JobWorker, type WorkLog } from '../jobs/index.ts';
import { respond } from '../steps/respond.ts';
import type { StepServices } from '../steps/step.ts';
import { keyOf } from '../steps/wait-for.ts';
import { Answers, type RunAnswer } from './answers.ts';
import { checkWorkflow } from './check.ts';
import { Execution } from './execution.ts';
import { checkInput } from './input.ts';
import { ClaimLost } from './journal.ts';
import { type Rehearsal, type RehearsedStep, rehearsed, triedStep } from './rehearsal.ts';
import { Links } from './run-links.ts';
import { type Place, RunMemory } from './run-memory.ts';

export interface RunnerOptions {
  readonly runs: RunStore;
  readonly worker: JobWorker;
  readonly services: StepServices;
  readonly log?: WorkLog;
}

/** How a run was started. */
export type RunOrigin = 'manual' | 'schedule' | 'mutation' | 'workflow' | `hook:${string}`;

export interface StartOptions {
  /** Default: `manual`. */
  readonly origin?: RunOrigin;
  /** The id of the run; default: a new one. Starting a run under an id that is there already changes nothing. */
  readonly id?: string;
  readonly priority?: Priority;
  readonly afterMs?: number;
}

/** The current version of a workflow. */
export interface CurrentWorkflow {
  readonly version: number;
  readonly definition: WorkflowDefinition;
}

/** Claims of a run without any progress in between, after which it fails: it seems to end the processes that work on it. */
const mostClaims = 20;
/** Bytes of the records of all runs under way, above which no other run begins. */
const mostBytesOfRuns = 256_000_000;
/** Most bytes of records in a transaction that runs share. */
const mostBytesOfCommit = 8_000_000;
/** Most definitions of former versions that are kept in memory. */
const mostDefinitions = 500;

/** Starts runs of workflows, and does those that this process claims. */
export class Runner {
  readonly #options: RunnerOptions;
  readonly #expressions = new Expressions();
  readonly #starts: GroupCommit<NewRun, boolean>;
  readonly #loads: GroupCommit<string, LoadedRun | undefined>;
  readonly #records: GroupCommit<RunProgress, boolean>;
  readonly #sizes: GroupCommit<string, number>;
  readonly #memory = new RunMemory(mostBytesOfRuns);
  readonly #links: Links;
  readonly #answers: Answers;
  /** The current versions. */
  readonly #current = new Map<string, CurrentWorkflow>();
  /** Definitions by workflow and version. */
  readonly #definitions = new Map<string, WorkflowDefinition>();

  constructor(options: RunnerOptions) {
    this.#options = options;
    const { runs, worker } = options;
    this.#starts = new GroupCommit({
      commit: async (given) => {
        const added = await runs.start(given);
        return given.map(({ id }) => added.has(id));
      },
    });
    this.#loads = new GroupCommit({
      commit: async (ids) => {
        const loaded = await runs.load(ids);
        return ids.map((id) => loaded.get(id));
      },
    });
    this.#records = new GroupCommit({
      commit: (progress) => runs.record(progress),
      bytesOf: bytesOfProgress,
      mostBytes: mostBytesOfCommit,
    });
    this.#sizes = new GroupCommit({
      commit: async (ids) => {
        const sizes = await runs.sizes(ids);
        return ids.map((id) => sizes.get(id) ?? 0);
      },
    });
    this.#links = new Links({
      runs,
      make: (id, workflow, input) => this.prepare(workflow, input, { id, origin: 'workflow' }),
    });
    this.#answers = new Answers(runs);
    worker.handle(runKind, (claim, signal) => this.#work(claim, signal));
  }

  /** Makes a definition the current version of its workflow. Rejects with FozErrors that name all faults. Resolves with the version. */
  async define(definition: unknown): Promise<number> {
    const checked = checkWorkflow(definition);
    const { enabled: _, ...kept } = checked;
    const text = JSON.stringify(kept);
    const version = await this.#options.runs.define(checked.name, text, checked.concurrency ?? null);
    this.#keep(checked.name, version, checked);
    this.#current.set(checked.name, { version, definition: checked });
    return version;
  }

  /** A workflow that is not defined any more takes no new runs. */
  forget(workflow: string): void {
    this.#current.delete(workflow);
  }

  /** The current version of a workflow; `undefined`: there is none. */
  current(workflow: string): CurrentWorkflow | undefined {
    return this.#current.get(workflow);
  }

  /** Starts a run of the current version. Resolves with its id when it is stored. */
  async start(workflow: string, input: unknown, options: StartOptions = {}): Promise<string> {
    const run = await this.prepare(workflow, input, options);
    await this.begin(run);
    return run.id;
  }

  /**
   * A run of the current version, to be stored. Rejects with FozError: `not-found` for an unknown workflow, `conflict` for a disabled one,
   * `validation-failed` for an input that does not fit.
   */
  async prepare(
    workflow: string,
    input: unknown,
    { id = randomUUID(), priority, afterMs = 0, origin = 'manual' }: StartOptions = {},
  ): Promise<NewRun> {
    const { version, definition } = this.#known(workflow);
    if (definition.enabled === false)
      throw new FozError('conflict', `The workflow "${workflow}" is disabled: no run of it is started.`);
    checkInput(definition.input, input ?? null);
    const key =
      definition.key === undefined ? null : await this.#expressions.evaluate(definition.key, { input });
    return {
      ...{ id, workflow, version, afterMs, origin },
      priority: priority ?? definition.priority ?? 'normal',
      key:
        key === null || key === undefined
          ? null
          : jobKey(typeof key === 'string' ? key : JSON.stringify(key)),
      input: JSON.stringify(input ?? null),
    };
  }

  /** Stores a prepared run. Resolves with whether its id is new. */
  begin(run: NewRun): Promise<boolean> {
    return this.#starts.add(run);
  }

  /** What a run of the current version would do; nothing is called. Rejects with FozError, as `prepare`. */
  async rehearse(
    workflow: string,
    input: unknown,
    outputs: Readonly<Record<string, unknown>>,
  ): Promise<Rehearsal> {
    const { definition } = this.#known(workflow);
    checkInput(definition.input, input ?? null);
    return rehearsed({ definition, input: input ?? null, outputs, expressions: this.#expressions });
  }

  /** Really does one step of the current version, alone. It sees the given input, and the given outputs of other steps. */
  async tryStep(
    workflow: string,
    step: string,
    input: unknown,
    outputs: Readonly<Record<string, unknown>>,
  ): Promise<RehearsedStep> {
    const { definition } = this.#known(workflow);
    const options = { definition, step, input: input ?? null, outputs, expressions: this.#expressions };
    return triedStep(options, this.#options.services);
  }

  #known(workflow: string): CurrentWorkflow {
    const current = this.#current.get(workflow);
    if (current !== undefined) return current;
    throw new FozError(
      'not-found',
      `There is no workflow "${workflow}"${didYouMean(workflow, this.#current.keys())}.`,
    );
  }

  /** The value of a template, such as the input of scheduled runs. */
  evaluate(template: unknown, scope: object): Promise<unknown> {
    return this.#expressions.evaluate(template, scope);
  }

  /**
   * Tells something to the run that waits for this name and key, or to the next one that will. Resolves when it is stored, with whether it is new:
   * a signal with an id that was used before changes nothing.
   */
  async signal(name: string, key: unknown, payload: unknown, id: string = randomUUID()): Promise<boolean> {
    return this.#options.runs.signal({
      ...{ id, name, key: keyOf(key ?? null) },
      payload: JSON.stringify(payload ?? null),
    });
  }

  /** Waits for the response of a run, or its end; `null`: neither came in time. */
  answer(id: string, limitMs: number, signal?: AbortSignal): Promise<RunAnswer | null> {
    return this.#answers.of(id, limitMs, signal);
  }

  async close(): Promise<void> {
    for (const commits of [this.#starts, this.#loads, this.#records, this.#sizes]) commits.close();
    this.#links.close();
    await this.#expressions.close();
  }

  async #work(claim: Claim, signal: AbortSignal): Promise<void> {
    const isNew = claim.isFirst && claim.body !== null;
    const bytes = isNew ? claim.body!.length : await this.#sizes.add(claim.id);
    let place: Place;
    try {
      place = await this.#memory.enter(bytes, signal);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    try {
      await this.#workAt(place, claim, signal);
    } finally {
      place.leave();
    }
  }

  async #workAt(place: Place, claim: Claim, signal: AbortSignal): Promise<void> {
    const { runs, services } = this.#options;
    const found = await this.#found(claim);
    if (found === undefined) return runs.drop(claim);
    // The run that waited for this one has ended.
    if (found.isOrphan) return runs.cancel(claim.id);
    const { parent } = found;
    if (claim.attempts > mostClaims) {
      const error = `The run was begun ${mostClaims} times, and each time it ended before it recorded anything: the process ended, or the version of the workflow was missing.`;
      await this.#record({
        ...{ claim, parent, steps: [] },
        outcome: { kind: 'failed', error: JSON.stringify({ code: 'limit-exceeded', message: error }) },
      });
      return;
    }
    const execution = new Execution({
      ...{
        run: claim.id,
        definition: await this.#definition(found.workflow, found.version),
        input: JSON.parse(found.input),
        ageMs: found.ageMs,
        records: found.steps,
      },
      ...{ expressions: this.#expressions, services, signal },
      links: this.#links.of(claim, found.depth),
      commit: (steps) => this.#record({ claim, parent, steps }),
      grown: (bytes) => place.grow(bytes),
    });
    try {
      const { outcome, steps, hasCalls } = await execution.run();
      const isKept = await this.#record({ claim, parent, steps, outcome });
      // Where the process ends before, they notice it when they are claimed.
      if (isKept && hasCalls && outcome.kind !== 'later') await runs.cancelChildren(claim.id);
    } catch (error) {
      if (!(error instanceof ClaimLost)) throw error;
    }
  }

  async #record(progress: RunProgress): Promise<boolean> {
    const isKept = await this.#records.add(progress);
    const { claim, steps, outcome } = progress;
    if (
      this.#answers.has(claim.id) &&
      (outcome !== undefined || steps.some(({ kind }) => kind === respond.kind))
    )
      this.#answers.tell(claim.id);
    return isKept;
  }

  /** The run of a claim. One that is claimed for the first time has no records, and its job contains the rest. */
  async #found(claim: Claim): Promise<LoadedRun | undefined> {
    if (!claim.isFirst || claim.body === null) return this.#loads.add(claim.id);
    return { ...JSON.parse(claim.body), ageMs: claim.lateMs, parent: null, isOrphan: false, steps: [] };
  }

  async #definition(workflow: string, version: number): Promise<WorkflowDefinition> {
    const known = this.#definitions.get(`${workflow}@${version}`);
    if (known !== undefined) return known;
    const text = await this.#options.runs.definition(workflow, version);
    if (text === null)
      throw new FozError('not-found', `Version ${version} of the workflow "${workflow}" is missing.`);
    const definition = JSON.parse(text) as WorkflowDefinition;
    this.#keep(workflow, version, definition);
    return definition;
  }

  #keep(workflow: string, version: number, definition: WorkflowDefinition): void {
    if (this.#definitions.size >= mostDefinitions) this.#definitions.clear();
    this.#definitions.set(`${workflow}@${version}`, definition);
  }
}

function bytesOfProgress({ steps }: RunProgress): number {
  return steps.reduce(
    (sum, { input, output }) => sum + 500 + (input?.length ?? 0) + (output?.length ?? 0),
    0,
  );
}
