import { FozError } from '../../../core/index.ts';
import { isStated, type RunResponse, type WorkflowDefinition } from '../../../workflow/index.ts';

/** An error of a run, as clients may see it. `internal`: what only administrators may see. */
export interface ShownFailure {
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly internal?: string;
}

/** The error of a run as a client sees it: the words of the workflow itself, or only that the run has failed. */
export function shownError(definition: WorkflowDefinition, run: string, error: unknown): ShownFailure {
  const { code, message, details } = (error ?? {}) as {
    readonly code?: unknown;
    readonly message?: unknown;
    readonly details?: unknown;
  };
  if (!isStated(definition, error))
    return {
      message: `The run ${run} has failed.`,
      details: {},
      internal: `${String(code)}: ${String(message)}`,
    };
  return { message: String(message), details: { reason: code, ...(details !== undefined && { details }) } };
}

/** The failure that a response means to a client; `null`: it is an answer. */
export function refusedBy({ status, body }: RunResponse): ShownFailure | null {
  if (status < 400) return null;
  const { message, code } = (typeof body === 'object' && body !== null ? body : { message: body }) as {
    readonly message?: unknown;
    readonly code?: unknown;
  };
  return {
    message: typeof message === 'string' ? message : `The workflow has answered with the status ${status}.`,
    details: { ...(typeof code === 'string' && { reason: code }), status },
  };
}

/** The error of a field whose run has failed. */
export function runFailed(run: string, { message, details, internal }: ShownFailure): FozError {
  return new FozError('workflow-failed', message, {
    details: { run, ...details },
    ...(internal !== undefined && { internal }),
  });
}
