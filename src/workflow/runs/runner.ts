import { randomUUID } from 'node:crypto';
import { type EndSignal, FozError } from '../../core/index.ts';
import { jobKey, type NewRun, type Priority, type RunStore, runKind } from '../../store/index.ts';
import type { WorkflowDefinition } from '../definition.ts';
import { Expressions } from '../expressions/index.ts';
import { GroupCommit, type JobWorker, type WorkLog } from '../jobs/index.ts';
import type { StepServices } from '../steps/step.ts';
import { keyOf } from '../steps/wait-for.ts';
import { Answers, type RunAnswer } from './answers.ts';
import { type CurrentWorkflow, Definitions } from './definitions.ts';
import { checkInput } from './input.ts';
import { type Rehearsal, type RehearsedStep, rehearsed, triedStep } from './rehearsal.ts';
import { checkedDepth, Links } from './run-links.ts';
import { RunWorker } from './run-worker.ts';

export interface RunnerOptions {
  readonly runs: RunStore;
  readonly worker: JobWorker;
  readonly services: StepServices;
  readonly log?: WorkLog;
}

/** How a run was started. */
export type RunOrigin =
  | 'manual'
  | 'schedule'
  | 'mutation'
  | 'workflow'
  | `hook:${string}`
  | `trigger:${string}`;

export interface StartOptions {
  /** Default: `manual`. */
  readonly origin?: RunOrigin;
  /** The id of the run; default: a new one. Starting a run under an id that is there already changes nothing. */
  readonly id?: string;
  readonly priority?: Priority;
  readonly afterMs?: number;
  /** Who starts it by a field of the graph. */
  readonly starter?: string;
  /** The active run that asks for it; default: none does. It does not wait for the end of this one in the store. */
  readonly askedBy?: string;
}

/** Starts runs of workflows, and does those that this process claims. */
export class Runner {
  readonly #options: RunnerOptions;
  readonly #expressions = new Expressions();
  readonly #starts: GroupCommit<NewRun, boolean>;
  readonly #definitions: Definitions;
  readonly #links: Links;
  readonly #answers: Answers;
  readonly #worker: RunWorker;

  constructor(options: RunnerOptions) {
    this.#options = options;
    const { runs, worker, services } = options;
    this.#definitions = new Definitions(runs);
    this.#starts = new GroupCommit({
      commit: async (given) => {
        const added = await runs.start(given);
        return given.map(({ id }) => added.has(id));
      },
    });
    this.#links = new Links({
      runs,
      make: (id, workflow, input) => this.prepare(workflow, input, { id, origin: 'workflow' }),
    });
    this.#answers = new Answers(runs);
    this.#worker = new RunWorker({
      ...{ runs, services, definitions: this.#definitions, expressions: this.#expressions },
      ...{ links: this.#links, answers: this.#answers },
    });
    worker.handle(runKind, (claim, signal) => this.#worker.work(claim, signal));
  }

  /** Makes a definition the current version of its workflow. Rejects with FozErrors that name all faults. Resolves with the version. */
  define(definition: unknown): Promise<number> {
    return this.#definitions.define(definition);
  }

  /** A workflow that is not defined any more takes no new runs. */
  forget(workflow: string): void {
    this.#definitions.forget(workflow);
  }

  /** The current version of a workflow; `undefined`: there is none. */
  current(workflow: string): CurrentWorkflow | undefined {
    return this.#definitions.current(workflow);
  }

  /** The definition that a run began with. Rejects with FozError `not-found`. */
  definition(workflow: string, version: number): Promise<WorkflowDefinition> {
    return this.#definitions.version(workflow, version);
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
    { id = randomUUID(), priority, afterMs = 0, origin = 'manual', askedBy, starter }: StartOptions = {},
  ): Promise<NewRun> {
    const { version, definition } = this.#definitions.known(workflow);
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
      ...(starter !== undefined && { starter }),
      ...(askedBy !== undefined && { depth: await this.#depthBelow(askedBy) }),
    };
  }

  async #depthBelow(run: string): Promise<number> {
    const found = (await this.#options.runs.load([run])).get(run);
    return checkedDepth((found?.depth ?? 0) + 1);
  }

  /** Stores a prepared run. Resolves with whether its id is new. */
  begin(run: NewRun): Promise<boolean> {
    return this.#starts.add(run);
  }

  /** A dry run of the current version; nothing is called. Rejects with FozError, as `prepare`. */
  async rehearse(
    workflow: string,
    input: unknown,
    outputs: Readonly<Record<string, unknown>>,
  ): Promise<Rehearsal> {
    const { definition } = this.#definitions.known(workflow);
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
    const { definition } = this.#definitions.known(workflow);
    const options = { definition, step, input: input ?? null, outputs, expressions: this.#expressions };
    return triedStep(options, this.#options.services);
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
  answer(id: string, limitMs: number, signal?: EndSignal): Promise<RunAnswer | null> {
    return this.#answers.of(id, limitMs, signal);
  }

  async close(): Promise<void> {
    this.#starts.close();
    this.#worker.close();
    this.#links.close();
    await this.#expressions.close();
  }
}
