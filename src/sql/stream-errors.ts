import { FozError } from '../core/index.ts';

/** The error of a change stream whose reader has ended its wait. */
export function streamNotAwaited(): FozError {
  return new FozError('timeout', 'The change stream was not waited for any longer.');
}

/** The error of a change stream after `close`. */
export function streamClosed(): FozError {
  return new FozError('unavailable', 'The change stream was closed.');
}
