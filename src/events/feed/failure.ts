import { FozError } from '../../core/index.ts';

/** The error with which following a source failed, as FozError. */
export function asFozError(error: unknown): FozError {
  return error instanceof FozError
    ? error
    : new FozError('unexpected', 'Following the changes of a source failed.', { cause: error });
}
