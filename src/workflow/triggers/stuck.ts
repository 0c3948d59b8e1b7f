import { FozError } from '../../core/index.ts';
import type { TriggerProgress } from '../../store/index.ts';
import { isPassing } from '../jobs/group-commit.ts';

/** Failures at one place after which the changes there are handled one by one. A statement may take too long while its database is busy. */
const mostFailures = { timeout: 20, other: 3 } as const;

/** Failures to handle the changes behind a place in the log. */
export class Stuck {
  #place = '';
  #failures = 0;

  /** Notes a failure. One that may pass by itself says nothing about the changes. */
  note(progress: TriggerProgress, error: unknown): void {
    if (isPassing(error)) return;
    const place = JSON.stringify(progress);
    this.#failures = place === this.#place ? this.#failures + 1 : 1;
    this.#place = place;
  }

  /** Whether an error at this place is taken as lasting. */
  isAt(progress: TriggerProgress, error?: unknown): boolean {
    if (isPassing(error)) return false;
    const isTimeout = error instanceof FozError && error.code === 'timeout';
    return (
      JSON.stringify(progress) === this.#place &&
      this.#failures >= (isTimeout ? mostFailures.timeout : mostFailures.other)
    );
  }
}
