import { FozError, FozErrors } from '../core/index.ts';

/** The error of a step or a run, as it is recorded. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  /** The path of the step that failed. */
  readonly step?: string;
  readonly details?: unknown;
  /** Of a run: the paths of the steps that were undone, and of those whose compensation failed, with its error. */
  readonly compensated?: readonly string[];
  readonly notCompensated?: Readonly<Record<string, Failure>>;
}

/** The failure of one attempt at a step, or of a step without another attempt. */
export class StepFailed extends Error {
  readonly failure: Failure;
  /** Whether another attempt is pointless, also of the steps around it. */
  readonly final: boolean;
  /** Milliseconds before which another attempt is unwelcome. */
  readonly afterMs: number;
  constructor(failure: Failure, { final = false, afterMs = 0 }: { final?: boolean; afterMs?: number } = {}) {
    super(failure.message);
    this.failure = failure;
    this.final = final;
    this.afterMs = afterMs;
  }
}

/** The reason of a signal whose step nobody waits for any more: its time is over, or its branch is not needed. */
export class Abandoned extends FozError {
  constructor(message: string) {
    super('timeout', message);
    this.name = 'Abandoned';
  }
}

/** Ends a run with success, from any step. */
export class RunStopped extends Error {
  readonly output: unknown;
  constructor(output: unknown) {
    super('The run was stopped by a step.');
    this.output = output;
  }
}

/** The record of an error: of FozErrors the first one, of an error that is not Foz's only the message. */
export function failureOf(error: unknown): Failure {
  if (error instanceof StepFailed) return error.failure;
  if (error instanceof FozErrors) return failureOf(error.errors[0]);
  if (error instanceof FozError)
    return {
      code: error.code,
      message: error.message,
      ...(error.details !== undefined && { details: error.details }),
    };
  return { code: 'unexpected', message: error instanceof Error ? error.message : String(error) };
}
