import { FozError } from '../core/index.ts';

/** A date of the command line in milliseconds since 1970. Throws FozError `validation-failed` for a text that is not a date. */
export function momentOf(option: string, text: string): number {
  const at = Date.parse(text);
  if (!Number.isNaN(at)) return at;
  throw new FozError('validation-failed', `${option} must be a date as 2030-01-31 or 2030-01-31T12:00:00Z.`);
}
