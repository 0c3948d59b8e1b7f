import { FozError } from '../../core/index.ts';
import type { RunOutcome } from '../../store/index.ts';
import { Abandoned, type Failure, failureOf, RunStopped, StepFailed } from '../failure.ts';
import { call } from '../steps/call.ts';
import { fail } from '../steps/fail.ts';
import { sessionTexts } from '../steps/graphql.ts';
import { stepKinds } from '../steps/index.ts';
import type {
  Branch,
  BranchOptions,
  BranchResult,
  Scope,
  StepContext,
  StepDefinition,
  StepKind,
  StepSession,
} from '../steps/step.ts';
import { inLanes } from './branches.ts';
import { type Compensation, compensationPath, hasCompensation, toUndo, undone } from './compensation.ts';
import type { Executed, ExecutionOptions } from './execution-options.ts';
import { derivedKey } from './idempotency.ts';
import { ClaimLost, Journal, type StepEntry } from './journal.ts';
import { pauseBefore } from './retries.ts';
import { RunTime } from './run-time.ts';
import { linkedTo, raced } from './signals.ts';
import { longestMs, Strands } from './strands.ts';
import { leaveUnvisited } from './unvisited.ts';
import { parsed, textOf } from './values.ts';

/** Kinds of steps that only wait for a time. */
export const waits: ReadonlySet<string> = new Set(['delay', 'until']);

/** A scope to which the outputs of finished steps are added. */
interface OpenScope extends Scope {
  readonly steps: Record<string, unknown>;
}

/**
 * Does a run from its beginning: steps that are recorded as done give their recorded outputs, the others are done. So a run needs no
 * state but its records to go on after a kill or a wait, or on another process.
 */
export class Execution {
  readonly #options: ExecutionOptions;
  readonly #journal: Journal;
  readonly #strands = new Strands();
  /** Steps under way that have a compensation. */
  readonly #underWay = new Set<Promise<unknown>>();
  #evaluated: Promise<StepSession> | null = null;

  constructor(options: ExecutionOptions) {
    this.#options = options;
    this.#journal = new Journal(options.records, options.commit, options.grown);
  }

  /** Resolves with how the run ends, or until when it waits. Rejects with ClaimLost. */
  async run(): Promise<Executed> {
    const ending = linkedTo(this.#options.signal);
    const { definition, ageMs } = this.#options;
    const time = new RunTime(definition.timeoutMs, ageMs);
    // The time of a run is not that of its compensation.
    const timer = this.#journal.known(compensationPath) ? undefined : time.limit(ending);
    try {
      const outcome = await Promise.race([
        this.#whole(ending.signal),
        this.#strands.parked.then((parked) => ({ kind: 'later', ...parked }) as const),
        this.#journal.lost,
      ]);
      if (this.#options.signal.aborted) throw new ClaimLost();
      const hasCalls = this.#journal.hasKind(call.kind);
      return {
        outcome: this.#journal.known(compensationPath) ? outcome : time.within(outcome),
        ...{ steps: await this.#journal.rest(), hasCalls },
      };
    } finally {
      clearTimeout(timer);
      ending.release();
      ending.abort(new FozError('timeout', 'The run has ended.'));
    }
  }

  async #whole(signal: AbortSignal): Promise<RunOutcome> {
    const recorded = this.#journal.known(compensationPath)?.output ?? null;
    if (recorded !== null) {
      this.#journal.compensates();
      return this.#undone(JSON.parse(recorded));
    }
    const main = linkedTo(signal);
    try {
      return await this.#steps(main.signal);
    } catch (error) {
      if (error instanceof RunStopped) return { kind: 'done', output: JSON.stringify(error.output ?? null) };
      if (error instanceof ClaimLost) throw error;
      if (this.#options.signal.aborted) throw new ClaimLost();
      const failure = failureOf(error);
      main.abort(new Abandoned('The run has failed.'));
      return await this.#failed(failure);
    } finally {
      main.release();
    }
  }

  async #steps(signal: AbortSignal): Promise<RunOutcome> {
    const { definition, input, expressions, outputs } = this.#options;
    const scope: OpenScope = { run: { id: this.#options.run }, input, steps: { ...outputs } };
    signal.throwIfAborted();
    const last = await raced(this.#block(definition.steps, '', scope, signal), signal);
    const output =
      definition.output === undefined ? last : await expressions.evaluate(definition.output, scope);
    return { kind: 'done', output: textOf(output, 'output of the run') };
  }

  /** Ends a run that has failed, after what was done is undone. */
  async #failed(failure: Failure): Promise<RunOutcome> {
    const { definition, signal, run, input } = this.#options;
    if (hasCompensation(definition)) {
      // What is under way may still be done, and has to be undone then.
      await raced(Promise.allSettled([...this.#underWay]), signal);
      await this.#leaveUnvisited('', { run: { id: run }, input, steps: {} }, signal);
      const steps = toUndo(definition, this.#journal.all());
      if (steps.length > 0) {
        const compensation: Compensation = { failure, steps };
        this.#journal.compensates();
        this.#journal.note(compensationPath, 'compensation', JSON.stringify(compensation));
        return this.#undone(compensation);
      }
    }
    return { kind: 'failed', error: JSON.stringify(failure) };
  }

  #undone(compensation: Compensation): Promise<RunOutcome> {
    const { definition, run, input, signal } = this.#options;
    return undone(compensation, {
      ...{ definition, run: { id: run }, input, signal },
      records: this.#journal.all(),
      does: ({ path, steps, scope }) =>
        raced(this.#block(steps, `${path}/compensate/`, scope, signal), signal),
    });
  }

  async #block(
    steps: readonly StepDefinition[],
    prefix: string,
    scope: OpenScope,
    signal: AbortSignal,
  ): Promise<unknown> {
    let last: unknown = null;
    for (const step of steps) {
      last = await this.#step(step, `${prefix}${step.id}`, scope, signal);
      scope.steps[step.id] = last;
    }
    return last;
  }

  async #step(step: StepDefinition, path: string, scope: OpenScope, signal: AbortSignal): Promise<unknown> {
    const last = step.onError?.at(-1);
    const isHandled =
      last !== undefined && this.#journal.known(`${path}/onError/${last.id}`)?.state === 'done';
    // A failure that its own steps have handled is an end like others, also where an enclosing step is tried again.
    if (this.#journal.isLeftOver(path) && !isHandled) this.#journal.forget(path);
    const known = this.#journal.known(path);
    if (known?.state === 'done' || (known?.state === 'failed' && known.output !== null))
      return parsed(known.output);
    try {
      if (known?.state === 'failed') throw this.#recordedFailure(path, known.error!);
      const running = this.#attempts(step, path, scope, signal);
      if (step.compensate !== undefined) {
        this.#underWay.add(running);
        running.catch(() => {}).finally(() => this.#underWay.delete(running));
      }
      return await running;
    } catch (error) {
      if (step.onError === undefined || !(error instanceof StepFailed)) throw error;
      const inner = { ...scope, steps: scope.steps, error: error.failure };
      const output = await this.#block(step.onError, `${path}/onError/`, inner, signal);
      this.#journal.handled(path, textOf(output, `output of ${path}`));
      return output;
    }
  }

  #leaveUnvisited(path: string, scope: OpenScope, signal: AbortSignal): Promise<void> {
    return leaveUnvisited(this.#journal, this.#options.definition, path, (step, at) =>
      this.#contextOf(step, at, scope, signal, null),
    );
  }

  /** The failure of a step. Enclosing steps may be tried again, unless it came from a step that wants to fail. */
  #recordedFailure(path: string, error: string): StepFailed {
    const failure: Failure = JSON.parse(error);
    return new StepFailed(failure, {
      final: this.#journal.known(failure.step ?? path)?.kind === fail.kind,
    });
  }

  /** Does a step until it succeeds, or its attempts are used up. */
  async #attempts(
    step: StepDefinition,
    path: string,
    scope: OpenScope,
    signal: AbortSignal,
  ): Promise<unknown> {
    const kind = stepKinds.get(step.kind)!;
    const entry = this.#journal.begin(path, kind);
    if (entry.waitsForAttempt) {
      await this.#strands.wait(entry.resumeMs ?? 0, signal);
      this.#journal.leave(path);
    }
    for (;;) {
      signal.throwIfAborted();
      let input: unknown = null;
      try {
        input = await this.#inputOf(kind, step, entry.input, scope);
        entry.start(textOf(input, `input of ${path}`)!);
        const output = await this.#attempt(
          kind,
          { ...step, ...(input as object) },
          path,
          scope,
          signal,
          entry,
        );
        entry.done(textOf(output ?? null, `output of ${path}`)!);
        if (kind.hasEffect) this.#journal.commitSoon();
        return output ?? null;
      } catch (error) {
        if (error instanceof RunStopped) entry.done(textOf(error.output, `output of ${path}`));
        if (error instanceof RunStopped || error instanceof ClaimLost || signal.aborted) throw error;
        const failed = new StepFailed(
          { step: path, ...failureOf(error) },
          error instanceof StepFailed ? error : {},
        );
        const pause =
          this.#options.rehearsal === undefined ? pauseBefore(step, kind, entry.attempts, failed) : null;
        if (pause === null) {
          entry.failed(JSON.stringify(failed.failure));
          throw failed;
        }
        const next = entry.input === null ? null : textOf(prepared(kind, input), `input of ${path}`);
        entry.again(JSON.stringify(failed.failure), pause, next);
        await this.#strands.wait(pause, signal);
        this.#journal.leave(path);
      }
    }
  }

  /** The settings of a step with the values of their expressions. They are evaluated once: a recorded input is used as it is. */
  async #inputOf(
    kind: StepKind,
    step: StepDefinition,
    recorded: string | null,
    scope: Scope,
  ): Promise<unknown> {
    if (recorded !== null) return JSON.parse(recorded);
    const templates = Object.fromEntries(
      ['idempotencyKey', ...kind.templates]
        .filter((name) => Object.hasOwn(step, name))
        .map((name) => [name, step[name]]),
    );
    return prepared(kind, await this.#options.expressions.evaluate(templates, scope));
  }

  async #attempt(
    kind: StepKind,
    input: StepDefinition,
    path: string,
    scope: OpenScope,
    signal: AbortSignal,
    { begunMs, resumeMs }: StepEntry,
  ): Promise<unknown> {
    if (kind.hasEffect) {
      await this.#journal.secure();
      signal.throwIfAborted();
    }
    if (input.timeoutMs === undefined)
      return this.#done(kind, input, this.#contextOf(input, path, scope, signal, resumeMs), scope);
    const leftMs = input.timeoutMs - begunMs;
    const late = () => new Abandoned(`The step took longer than ${input.timeoutMs} ms.`);
    const limit = linkedTo(signal);
    // Its time also passed while the run waited without a worker.
    if (leftMs <= 0) limit.abort(late());
    const timer =
      leftMs <= 0 || leftMs > longestMs ? undefined : setTimeout(() => limit.abort(late()), leftMs).unref();
    const unlimit = this.#strands.limit(leftMs);
    try {
      return await this.#done(
        kind,
        input,
        this.#contextOf(input, path, scope, limit.signal, resumeMs),
        scope,
      );
    } finally {
      clearTimeout(timer);
      unlimit();
      limit.release();
      // What the step has begun, and does not wait for, ends with it.
      limit.abort(new FozError('timeout', 'The step has ended.'));
    }
  }

  /** The given output of a step that a rehearsal leaves out; `null`: the step is done. */
  #rehearsed({ kind, hasEffect }: StepKind, { id }: StepDefinition): Promise<unknown> | null {
    const { rehearsal } = this.#options;
    if (rehearsal === undefined || !(hasEffect || waits.has(kind))) return null;
    return Promise.resolve(Object.hasOwn(rehearsal.outputs, id) ? rehearsal.outputs[id] : null);
  }

  /** Does what a step is for, until nobody waits for it any more. */
  async #done(
    kind: StepKind,
    input: StepDefinition,
    context: StepContext,
    scope: OpenScope,
  ): Promise<unknown> {
    const { signal } = context;
    try {
      signal.throwIfAborted();
      const running = this.#rehearsed(kind, input) ?? kind.run(input as never, context);
      const output = await (input.timeoutMs === undefined ? running : raced(running, signal));
      await this.#leaveUnvisited(context.path, scope, signal);
      return output;
    } catch (error) {
      // A part of a step that is abandoned, such as a branch, abandons only itself.
      if (signal.reason instanceof Abandoned) await kind.abandon?.(input as never, context).catch(() => {});
      if (!(error instanceof ClaimLost) && (signal.reason instanceof Abandoned || !signal.aborted))
        await this.#leaveUnvisited(context.path, scope, signal);
      throw error;
    }
  }

  #contextOf(
    { idempotencyKey: given }: StepDefinition,
    path: string,
    scope: OpenScope,
    signal: AbortSignal,
    resumeMs: number | null,
  ): StepContext {
    const { run, services, links, expressions } = this.#options;
    return {
      ...{ path, run, signal, services, links, resumeMs, workflow: this.#options.definition.name },
      idempotencyKey:
        given == null ? derivedKey(run, path) : typeof given === 'string' ? given : JSON.stringify(given),
      evaluate: (value, names) => expressions.evaluate(value, { ...scope, ...names }),
      block: (steps, pass) =>
        pass === undefined
          ? this.#block(steps, `${path}/`, scope, signal)
          : this.#block(steps, `${path}/${pass}/`, { ...scope, index: pass, steps: scope.steps }, signal),
      session: () => this.#session(),
      branches: (branches, options) => this.#branches(branches, options, path, scope, signal),
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
    path: string,
    scope: OpenScope,
    signal: AbortSignal,
  ): Promise<BranchResult[]> {
    return inLanes(branches, options, this.#strands, signal, (branch, inner) => {
      const own: OpenScope = { ...scope, ...branch.scope, steps: { ...scope.steps } };
      return raced(this.#block(branch.steps, `${path}/${branch.name}/`, own, inner), inner);
    });
  }
}

function prepared(kind: StepKind, input: unknown): unknown {
  return kind.prepare === undefined ? input : kind.prepare(input as never);
}
