import type { Logger } from 'pino';
import { AccessDenied } from '../auth/index.ts';
import { type ErrorCode, FozError, isStackOverflow, nestedTooDeeply } from '../core/index.ts';
import { Refusal } from './body.ts';
import { type About, logUnexpected } from './unexpected.ts';

/** A refusal before the operation was read. */
export interface Refused {
  /** The HTTP status. */
  readonly status: number;
  readonly refusal: FozError;
  /** The value of `WWW-Authenticate`. */
  readonly challenge?: string | null;
}

const statuses: Partial<Record<ErrorCode, number>> = {
  'access-denied': 401,
  'limit-exceeded': 413,
  unavailable: 503,
};

/** Whether an error is recorded in the audit log as a refusal: an invalid credential, or too many requests. */
export function isRefusal(error: unknown): error is AccessDenied | Refusal {
  return error instanceof AccessDenied || (error instanceof Refusal && error.status === 429);
}

/** The error that the client receives. An unexpected error is logged; the client gets only the code `unexpected`. */
export function refusalOf(error: unknown, logger: Logger, about: About): Refused {
  if (error instanceof Refusal)
    return { status: error.status, refusal: new FozError(error.code as 'validation-failed', error.message) };
  if (error instanceof AccessDenied)
    return { status: error.status, refusal: error, challenge: error.challenge };
  if (error instanceof FozError) {
    // The client does not learn why the webhook or the store failed. The operator does, from the log.
    if (error.code === 'unexpected') logUnexpected(logger, error, about);
    else if (error.internal !== undefined)
      logger.warn({ ...about, code: error.code, reason: error.internal }, error.message);
    return { status: statuses[error.code] ?? 400, refusal: error };
  }
  if (isStackOverflow(error)) return { status: 400, refusal: nestedTooDeeply('$', 'The request') };
  logUnexpected(logger, error, about);
  return {
    status: 500,
    refusal: new FozError('unexpected', 'Something went wrong inside Foz; the log has the details.'),
  };
}
