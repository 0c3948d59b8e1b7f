import { FozError } from '../../core/index.ts';
import { Abandoned, type Failure, failureOf, RunStopped, StepFailed } from '../failure.ts';
import { fail } from '../steps/fail.ts';
import { stepKinds } from '../steps/index.ts';
import type { Scope, StepContext, StepDefinition, StepKind } from '../steps/step.ts';
import type { ExecutionOptions } from './execution-options.ts';
import type { Frame } from './frame.ts';
import { ClaimLost, type Journal, type StepEntry } from './journal.ts';
import { pauseBefore } from './retries.ts';
import { linkedTo, raced } from './signals.ts';
import { StepContexts } from './step-contexts.ts';
import { longestMs, type Strands } from './strands.ts';
import { leaveUnvisited } from './unvisited.ts';
import { parsed, textOf } from './values.ts';

/** Kinds of steps that only wait for a time. */
export const waits: ReadonlySet<string> = new Set(['delay', 'until']);

/** Does the steps of a run: each one with its attempts, its time limit and its error branch, and with a record of how it has ended. */
export class StepExecutor {
  readonly #options: ExecutionOptions;
  readonly #journal: Journal;
  readonly #strands: Strands;
  readonly #contexts: StepContexts;
  /** Steps under way that have a compensation. */
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(options: ExecutionOptions, journal: Journal, strands: Strands) {
    this.#options = options;
    this.#journal = journal;
    this.#strands = strands;
    this.#contexts = new StepContexts(options, journal, strands, (steps, prefix, frame) =>
      this.block(steps, prefix, frame),
    );
  }

  /** Does steps one after the other. `prefix`: what their paths begin with. Resolves with the output of the last one. */
  async block(
    steps: readonly StepDefinition[],
    prefix: string,
    { scope, signal }: Omit<Frame, 'path'>,
  ): Promise<unknown> {
    let last: unknown = null;
    for (const step of steps) {
      last = await this.#step(step, { path: `${prefix}${step.id}`, scope, signal });
      scope.steps[step.id] = last;
    }
    return last;
  }

  /** Resolves when the steps under way that have a compensation have ended. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#underWay]);
  }

  /** Ends the waits of former claims of the run within a step, where this claim has not reached them. */
  leaveUnvisited({ path, ...outer }: Frame): Promise<void> {
    return leaveUnvisited(this.#journal, this.#options.definition, path, (step, at) =>
      this.#contexts.of(step, { ...outer, path: at }, null),
    );
  }

  async #step(step: StepDefinition, frame: Frame): Promise<unknown> {
    const { path, scope, signal } = frame;
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
      const running = this.#attempts(step, frame);
      if (step.compensate !== undefined) {
        this.#underWay.add(running);
        running.catch(() => {}).finally(() => this.#underWay.delete(running));
      }
      return await running;
    } catch (error) {
      if (step.onError === undefined || !(error instanceof StepFailed)) throw error;
      const inner = { ...scope, steps: scope.steps, error: error.failure };
      const output = await this.block(step.onError, `${path}/onError/`, { scope: inner, signal });
      this.#journal.handled(path, textOf(output, `output of ${path}`));
      return output;
    }
  }

  /** The failure of a step. Enclosing steps may be tried again, unless it came from a step that wants to fail. */
  #recordedFailure(path: string, error: string): StepFailed {
    const failure: Failure = JSON.parse(error);
    return new StepFailed(failure, {
      final: this.#journal.known(failure.step ?? path)?.kind === fail.kind,
    });
  }

  /** Does a step until it succeeds, or its attempts are used up. */
  async #attempts(step: StepDefinition, frame: Frame): Promise<unknown> {
    const { path, scope, signal } = frame;
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
        const output = await this.#attempt(kind, { ...step, ...(input as object) }, frame, entry);
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
    frame: Frame,
    { begunMs, resumeMs }: StepEntry,
  ): Promise<unknown> {
    const { signal } = frame;
    if (kind.hasEffect) {
      await this.#journal.secure();
      signal.throwIfAborted();
    }
    if (input.timeoutMs === undefined)
      return this.#done(kind, input, this.#contexts.of(input, frame, resumeMs), frame);
    const leftMs = input.timeoutMs - begunMs;
    const late = () => new Abandoned(`The step took longer than ${input.timeoutMs} ms.`);
    const limit = linkedTo(signal);
    // Its time also passed while the run waited without a worker.
    if (leftMs <= 0) limit.abort(late());
    const timer =
      leftMs <= 0 || leftMs > longestMs ? undefined : setTimeout(() => limit.abort(late()), leftMs).unref();
    const unlimit = this.#strands.limit(leftMs);
    try {
      const limited = { ...frame, signal: limit.signal };
      return await this.#done(kind, input, this.#contexts.of(input, limited, resumeMs), limited);
    } finally {
      clearTimeout(timer);
      unlimit();
      limit.release();
      // Work that the step has begun, and does not wait for, ends with it.
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
  async #done(kind: StepKind, input: StepDefinition, context: StepContext, frame: Frame): Promise<unknown> {
    const { signal } = frame;
    try {
      signal.throwIfAborted();
      const running = this.#rehearsed(kind, input) ?? kind.run(input as never, context);
      const output = await (input.timeoutMs === undefined ? running : raced(running, signal));
      await this.leaveUnvisited(frame);
      return output;
    } catch (error) {
      // A part of a step that is abandoned, such as a branch, abandons only itself.
      if (signal.reason instanceof Abandoned) await kind.abandon?.(input as never, context).catch(() => {});
      if (!(error instanceof ClaimLost) && (signal.reason instanceof Abandoned || !signal.aborted))
        await this.leaveUnvisited(frame);
      throw error;
    }
  }
}

function prepared(kind: StepKind, input: unknown): unknown {
  return kind.prepare === undefined ? input : kind.prepare(input as never);
}
