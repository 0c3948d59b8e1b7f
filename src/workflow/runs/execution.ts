import { FozError } from '../../core/index.ts';
import type { RunOutcome } from '../../store/index.ts';
import { Abandoned, type Failure, failureOf, RunStopped } from '../failure.ts';
import { call } from '../steps/call.ts';
import { type Compensation, compensationPath, hasCompensation, toUndo, undone } from './compensation.ts';
import type { Executed, ExecutionOptions } from './execution-options.ts';
import type { OpenScope } from './frame.ts';
import { ClaimLost, Journal } from './journal.ts';
import { RunTime } from './run-time.ts';
import { linkedTo, raced } from './signals.ts';
import { StepExecutor } from './step-executor.ts';
import { Strands } from './strands.ts';
import { textOf } from './values.ts';

/**
 * Does a run from its beginning: steps that are recorded as done give their recorded outputs, the others are done. So a run needs no
 * state but its records to go on after a kill or a wait, or on another process.
 */
export class Execution {
  readonly #options: ExecutionOptions;
  readonly #journal: Journal;
  readonly #strands = new Strands();
  readonly #steps: StepExecutor;

  constructor(options: ExecutionOptions) {
    this.#options = options;
    this.#journal = new Journal(options.records, options.commit, options.grown);
    this.#steps = new StepExecutor(options, this.#journal, this.#strands);
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
      return await this.#main(main.signal);
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

  async #main(signal: AbortSignal): Promise<RunOutcome> {
    const { definition, input, expressions, outputs } = this.#options;
    const scope: OpenScope = { run: { id: this.#options.run }, input, steps: { ...outputs } };
    signal.throwIfAborted();
    const last = await raced(this.#steps.block(definition.steps, '', { scope, signal }), signal);
    const output =
      definition.output === undefined ? last : await expressions.evaluate(definition.output, scope);
    return { kind: 'done', output: textOf(output, 'output of the run') };
  }

  /** Ends a run that has failed, after what was done is undone. */
  async #failed(failure: Failure): Promise<RunOutcome> {
    const { definition, signal, run, input } = this.#options;
    if (hasCompensation(definition)) {
      // A step that is under way may still be done, and has to be undone then.
      await raced(this.#steps.settled(), signal);
      await this.#steps.leaveUnvisited({ path: '', scope: { run: { id: run }, input, steps: {} }, signal });
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
        raced(this.#steps.block(steps, `${path}/compensate/`, { scope, signal }), signal),
    });
  }
}
