import type { Logger } from 'pino';
import { FozError } from '../core/index.ts';

/** The request that an error belongs to. */
export interface About {
  readonly requestId: string;
  readonly operationName?: string | null;
}

let count = 0;

/** How many errors with the code `unexpected` this process has had. */
export const unexpectedErrors = () => count;

/**
 * Logs an unexpected error with its stack and causes, and counts it. Variables of the operation are not logged.
 */
export function logUnexpected(logger: Logger, error: unknown, about: About): void {
  count++;
  logger.error({ ...about, err: error }, 'unexpected error');
}

/** Logs the errors of an answer whose code is `unexpected`. */
export function logUnexpectedIn(logger: Logger, errors: readonly FozError[], about: About): void {
  for (const error of errors) if (error.code === 'unexpected') logUnexpected(logger, originOf(error), about);
}

/** The error to log for a FozError: its cause, whose stack shows where it happened. */
function originOf(error: FozError): unknown {
  const { cause } = error;
  if (cause instanceof FozError) return originOf(cause);
  return cause instanceof Error && error.internal !== undefined && !error.internal.startsWith(cause.message)
    ? error
    : (cause ?? error);
}
