import { sessionTexts } from '../steps/graphql.ts';
import type {
  Branch,
  BranchOptions,
  BranchResult,
  Scope,
  StepContext,
  StepDefinition,
  StepSession,
} from '../steps/step.ts';
import { inLanes } from './branches.ts';
import type { ExecutionOptions } from './execution-options.ts';
import type { Frame, OpenScope } from './frame.ts';
import { derivedKey } from './idempotency.ts';
import type { Journal } from './journal.ts';
import { raced } from './signals.ts';
import type { Strands } from './strands.ts';
import { parsed, textOf } from './values.ts';

type Block = (
  steps: readonly StepDefinition[],
  prefix: string,
  frame: Omit<Frame, 'path'>,
) => Promise<unknown>;

/** Makes the contexts of the steps of a run: what a kind of step may ask of its run. */
export class StepContexts {
  readonly #options: ExecutionOptions;
  readonly #journal: Journal;
  readonly #strands: Strands;
  readonly #block: Block;
  #evaluated: Promise<StepSession> | null = null;

  /** `block`: does steps that are nested in a step. */
  constructor(options: ExecutionOptions, journal: Journal, strands: Strands, block: Block) {
    this.#options = options;
    this.#journal = journal;
    this.#strands = strands;
    this.#block = block;
  }

  /** `resumeMs`: the rest of the time that the step has begun to wait; `null`: it has begun no wait. */
  of({ idempotencyKey: given }: StepDefinition, frame: Frame, resumeMs: number | null): StepContext {
    const { path, scope, signal } = frame;
    const { run, services, links, expressions } = this.#options;
    return {
      ...{ path, run, signal, services, links, resumeMs, workflow: this.#options.definition.name },
      idempotencyKey:
        given == null ? derivedKey(run, path) : typeof given === 'string' ? given : JSON.stringify(given),
      evaluate: (value, names) => expressions.evaluate(value, { ...scope, ...names }),
      block: (steps, pass) =>
        pass === undefined
          ? this.#block(steps, `${path}/`, frame)
          : this.#block(steps, `${path}/${pass}/`, { signal, scope: { ...scope, index: pass } }),
      session: () => this.#session(),
      branches: (branches, options) => this.#branches(branches, options, frame),
      wait: async (ms) => {
        this.#journal.waits(path, ms);
        // Where the whole run is parked, its last transaction commits this record.
        if (!this.#strands.isAlone) this.#journal.commitSoon();
        await this.#strands.wait(ms, signal);
      },
      waitFor: async (event) => {
        this.#journal.waits(path, null);
        if (!this.#strands.isAlone) this.#journal.commitSoon();
        await this.#strands.waitFor(event, () => links.hasCome(event), signal);
      },
      decided: (name, value, names) => this.#decided(`${path}/${name}`, value, { ...scope, ...names }),
    };
  }

  /** The session of the workflow. Its expressions see the input alone, so they are evaluated once. */
  #session(): Promise<StepSession> {
    const { definition, input, expressions, run } = this.#options;
    const { role = null, sessionVariables = {} } = definition;
    this.#evaluated ??= expressions
      .evaluate(sessionVariables, { input, run: { id: run } })
      .then((values) => ({ role, variables: sessionTexts(values as object as Record<string, unknown>) }));
    return this.#evaluated;
  }

  /** The recorded value of an expression; without one, it is evaluated and recorded. */
  async #decided(path: string, value: unknown, scope: Scope): Promise<unknown> {
    const known = this.#journal.known(path);
    if (known !== undefined) return parsed(known.output);
    const found = await this.#options.expressions.evaluate(value, scope);
    this.#journal.note(path, 'expression', textOf(found, `value of ${path}`));
    return found ?? null;
  }

  async #branches(
    branches: readonly Branch[],
    options: BranchOptions,
    { path, scope, signal }: Frame,
  ): Promise<BranchResult[]> {
    return inLanes(branches, options, this.#strands, signal, (branch, inner) => {
      const own: OpenScope = { ...scope, ...branch.scope, steps: { ...scope.steps } };
      return raced(
        this.#block(branch.steps, `${path}/${branch.name}/`, { scope: own, signal: inner }),
        inner,
      );
    });
  }
}
