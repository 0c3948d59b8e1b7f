import { setMaxListeners } from 'node:events';
import { FozError } from '../../core/index.ts';
import type { RunOutcome, StepRecord } from '../../store/index.ts';
import type { WorkflowDefinition } from '../definition.ts';
import type { Expressions } from '../expressions/index.ts';
import { failureOf, RunStopped, StepFailed } from '../failure.ts';
import { defaultBackOff, retryDelay } from '../jobs/index.ts';
import { stepKinds } from '../steps/index.ts';
import type {
  Branch,
  BranchOptions,
  BranchResult,
  Scope,
  StepContext,
  StepDefinition,
  StepKind,
  StepServices,
} from '../steps/step.ts';
import { ClaimLost, Journal } from './journal.ts';
import { Strands } from './strands.ts';

export interface ExecutionOptions {
  readonly run: string;
  readonly definition: WorkflowDefinition;
  readonly input: unknown;
  /** Milliseconds since the run was started. */
  readonly ageMs: number;
  readonly records: readonly StepRecord[];
  /** Commits records; resolves with whether the claim still holds. */
  readonly commit: (steps: readonly StepRecord[]) => Promise<boolean>;
  readonly expressions: Expressions;
  readonly services: StepServices;
  readonly signal: AbortSignal;
}

/** A scope whose outputs of steps grow. */
interface OpenScope extends Scope {
  readonly steps: Record<string, unknown>;
}

/** The longest text of a step's input or output, in characters. */
const longestValue = 4_000_000;

/**
 * Does a run from its beginning: steps that are recorded as done give their recorded outputs, the others are done. So a run goes on after a
 * kill, a wait, or on another process without any state but its records.
 */
export class Execution {
  readonly #options: ExecutionOptions;
  readonly #journal: Journal;
  readonly #strands = new Strands();

  constructor(options: ExecutionOptions) {
    this.#options = options;
    this.#journal = new Journal(options.records, options.commit);
  }

  /** Resolves with how the run ends, or until when it waits, and the records that are not committed yet. Rejects with ClaimLost. */
  async run(): Promise<{ readonly outcome: RunOutcome; readonly steps: readonly StepRecord[] }> {
    const ending = new AbortController();
    const signal = firstOf([this.#options.signal, ending.signal]);
    const timer = this.#limitTime(ending);
    try {
      const outcome = await Promise.race([
        this.#whole(signal),
        this.#strands.parked.then(({ afterMs }) => ({ kind: 'later', afterMs }) as const),
        this.#journal.lost,
      ]);
      if (this.#options.signal.aborted) throw new ClaimLost();
      return { outcome: this.#inTime(outcome), steps: await this.#journal.rest() };
    } finally {
      clearTimeout(timer);
      ending.abort(new FozError('timeout', 'The run has ended.'));
    }
  }

  #limitTime(ending: AbortController): NodeJS.Timeout | undefined {
    const { definition, ageMs } = this.#options;
    if (definition.timeoutMs === undefined) return undefined;
    const left = definition.timeoutMs - ageMs;
    if (left <= 0) {
      ending.abort(this.#late());
      return undefined;
    }
    return setTimeout(() => ending.abort(this.#late()), Math.min(left, 2 ** 31 - 1)).unref();
  }

  #late(): FozError {
    return new FozError(
      'timeout',
      `The run took longer than the ${this.#options.definition.timeoutMs} ms of its workflow.`,
    );
  }

  /** A wait ends at the latest when the time of the run does. */
  #inTime(outcome: RunOutcome): RunOutcome {
    const { definition, ageMs } = this.#options;
    if (outcome.kind !== 'later' || definition.timeoutMs === undefined) return outcome;
    return {
      kind: 'later',
      afterMs: Math.min(outcome.afterMs, Math.max(0, definition.timeoutMs - ageMs) + 1),
    };
  }

  async #whole(signal: AbortSignal): Promise<RunOutcome> {
    const { definition, input, expressions } = this.#options;
    const scope: OpenScope = { run: { id: this.#options.run }, input, steps: {} };
    try {
      signal.throwIfAborted();
      const last = await raced(this.#block(definition.steps, '', scope, signal), signal);
      const output =
        definition.output === undefined ? last : await expressions.evaluate(definition.output, scope);
      return { kind: 'done', output: textOf(output, 'output of the run') };
    } catch (error) {
      if (error instanceof RunStopped) return { kind: 'done', output: JSON.stringify(error.output ?? null) };
      if (error instanceof ClaimLost) throw error;
      return { kind: 'failed', error: JSON.stringify(failureOf(error)) };
    }
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
    const known = this.#journal.known(path);
    if (known?.state === 'done') return parsed(known.output);
    try {
      if (known?.state === 'failed') throw new StepFailed(JSON.parse(known.error!), true);
      return await this.#attempts(step, path, scope, signal);
    } catch (error) {
      if (step.onError === undefined || !(error instanceof StepFailed)) throw error;
      const inner = { ...scope, steps: scope.steps, error: error.failure };
      return this.#block(step.onError, `${path}/onError/`, inner, signal);
    }
  }

  /** Does a step until it succeeds, or its attempts are used up. */
  async #attempts(
    step: StepDefinition,
    path: string,
    scope: OpenScope,
    signal: AbortSignal,
  ): Promise<unknown> {
    const kind = stepKinds.get(step.kind)!;
    const entry = this.#journal.begin(path, step.kind);
    if (entry.waitsForAttempt) await this.#strands.wait(entry.resumeMs ?? 0, signal);
    for (;;) {
      signal.throwIfAborted();
      try {
        const input = await this.#inputOf(kind, step, entry.input, scope);
        entry.start(textOf(input, `input of ${path}`)!);
        const output = await this.#attempt(
          kind,
          { ...step, ...(input as object) },
          path,
          scope,
          signal,
          entry.resumeMs,
        );
        entry.done(textOf(output ?? null, `output of ${path}`)!);
        if (kind.hasEffect) this.#journal.commitSoon();
        return output ?? null;
      } catch (error) {
        if (error instanceof RunStopped) entry.done(textOf(error.output, `output of ${path}`));
        if (error instanceof RunStopped || error instanceof ClaimLost || signal.aborted) throw error;
        const failed = new StepFailed(
          { step: path, ...failureOf(error) },
          error instanceof StepFailed && error.final,
        );
        const pause = pauseBefore(step, entry.attempts, failed);
        if (pause === null) {
          entry.failed(JSON.stringify(failed.failure));
          throw failed;
        }
        entry.again(JSON.stringify(failed.failure), pause);
        await this.#strands.wait(pause, signal);
      }
    }
  }

  /** The settings of a step with the values of their expressions, once: a recorded input is taken as it is. */
  async #inputOf(
    kind: StepKind,
    step: StepDefinition,
    recorded: string | null,
    scope: Scope,
  ): Promise<unknown> {
    if (recorded !== null) return JSON.parse(recorded);
    const templates = Object.fromEntries(
      kind.templates.filter((name) => name in step).map((name) => [name, step[name]]),
    );
    return this.#options.expressions.evaluate(templates, scope);
  }

  async #attempt(
    kind: StepKind,
    input: StepDefinition,
    path: string,
    scope: OpenScope,
    signal: AbortSignal,
    resumeMs: number | null,
  ): Promise<unknown> {
    if (kind.hasEffect) {
      await this.#journal.commit();
      signal.throwIfAborted();
    }
    if (input.timeoutMs === undefined)
      return kind.run(input as never, this.#contextOf(path, scope, signal, resumeMs));
    const limit = new AbortController();
    const timer = setTimeout(
      () => limit.abort(new FozError('timeout', `The step took longer than ${input.timeoutMs} ms.`)),
      input.timeoutMs,
    ).unref();
    const limited = firstOf([signal, limit.signal]);
    try {
      return await raced(kind.run(input as never, this.#contextOf(path, scope, limited, resumeMs)), limited);
    } finally {
      clearTimeout(timer);
    }
  }

  #contextOf(path: string, scope: OpenScope, signal: AbortSignal, resumeMs: number | null): StepContext {
    const { run, services } = this.#options;
    return {
      ...{ path, run, signal, services, resumeMs },
      block: (steps) => this.#block(steps, `${path}/`, scope, signal),
      branches: (branches, options) => this.#branches(branches, options, path, scope, signal),
      wait: async (ms) => {
        this.#journal.waits(path, ms);
        // A run that is parked commits it anyway.
        if (!this.#strands.isAlone) this.#journal.commitSoon();
        await this.#strands.wait(ms, signal);
      },
    };
  }

  async #branches(
    branches: readonly Branch[],
    { concurrency, isEnough }: BranchOptions,
    path: string,
    scope: OpenScope,
    signal: AbortSignal,
  ): Promise<BranchResult[]> {
    const results: (BranchResult | undefined)[] = branches.map(() => undefined);
    const lanes = Math.min(concurrency, branches.length);
    if (lanes === 0) return [];
    const rest = new AbortController();
    const inner = firstOf([signal, rest.signal]);
    let [next, running] = [0, lanes];
    const lane = async () => {
      while (next < branches.length && !inner.aborted) {
        const index = next++;
        const branch = branches[index]!;
        const own: OpenScope = { ...scope, ...branch.scope, steps: { ...scope.steps } };
        const result = await this.#branch(branch, `${path}/${branch.name}/`, own, inner);
        if (inner.aborted) break;
        results[index] = result;
        if (isEnough(result)) rest.abort(new FozError('timeout', 'The branch is not needed any more.'));
      }
      this.#strands.end(--running === 0);
    };
    this.#strands.divide(lanes);
    await Promise.all(Array.from({ length: lanes }, lane));
    signal.throwIfAborted();
    return results.filter((result) => result !== undefined);
  }

  async #branch(
    branch: Branch,
    prefix: string,
    scope: OpenScope,
    signal: AbortSignal,
  ): Promise<BranchResult> {
    const { name, steps } = branch;
    try {
      return { name, output: await raced(this.#block(steps, prefix, scope, signal), signal) };
    } catch (failure) {
      if (failure instanceof RunStopped) throw failure;
      return { name, failure };
    }
  }
}

/** Milliseconds before the next attempt; `null`: there is none. */
function pauseBefore(
  { retry }: StepDefinition,
  attempts: number,
  { failure, final }: StepFailed,
): number | null {
  if (retry === undefined || final || attempts >= retry.attempts) return null;
  if (retry.codes !== undefined && !retry.codes.includes(failure.code)) return null;
  return retryDelay(attempts, { ...defaultBackOff, ...retry });
}

/** A signal that aborts with the first of some others. Any number of strands may wait for it. */
function firstOf(signals: AbortSignal[]): AbortSignal {
  const signal = AbortSignal.any(signals);
  setMaxListeners(0, signal);
  return signal;
}

/** Resolves as a promise does, or rejects when the signal aborts. */
function raced<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function parsed(text: string | null): unknown {
  return text === null ? null : JSON.parse(text);
}

function textOf(value: unknown, what: string): string {
  const text = JSON.stringify(value ?? null);
  if (text.length > longestValue)
    throw new FozError(
      'limit-exceeded',
      `The ${what} has ${text.length} characters, and may have ${longestValue}.`,
    );
  return text;
}
