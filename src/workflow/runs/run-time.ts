import { FozError } from '../../core/index.ts';
import type { RunOutcome } from '../../store/index.ts';
import type { LinkedSignal } from './signals.ts';
import { longestMs } from './strands.ts';

/** The time that a run may take. `limitMs`: undefined, it has no limit. */
export class RunTime {
  readonly #limitMs: number | undefined;
  readonly #ageMs: number;

  constructor(limitMs: number | undefined, ageMs: number) {
    this.#limitMs = limitMs;
    this.#ageMs = ageMs;
  }

  /** Aborts the run when its time is over. Returns the timer. */
  limit(ending: LinkedSignal): NodeJS.Timeout | undefined {
    if (this.#limitMs === undefined) return undefined;
    const left = this.#limitMs - this.#ageMs;
    const end = () =>
      ending.abort(
        new FozError('timeout', `The run took longer than the ${this.#limitMs} ms of its workflow.`),
      );
    if (left <= 0) end();
    return left <= 0 || left > longestMs ? undefined : setTimeout(end, left).unref();
  }

  /** A wait ends at the latest when the time of the run does. */
  within(outcome: RunOutcome): RunOutcome {
    if (outcome.kind !== 'later' || this.#limitMs === undefined) return outcome;
    const left = Math.max(0, this.#limitMs - this.#ageMs) + 1;
    return { ...outcome, afterMs: Math.min(outcome.afterMs, left) };
  }
}
