import { FozError } from '../../core/index.ts';

const networkCodes = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT'];

/**
 * Why a database cannot be used, with what the network or the database itself says, and the way out. For admins and logs. `place`: where
 * its URL is configured, as `in the URL`.
 */
export function failureWords(error: unknown, place = 'in the URL'): string {
  if (!(error instanceof FozError)) return String(error);
  const cause = error.cause as NodeJS.ErrnoException | undefined;
  if (cause?.code !== undefined && networkCodes.includes(cause.code))
    // If all addresses of a host refuse, the error has no message.
    return `${cause.message || cause.code}. Does the server run, and are host and port right ${place}?`;
  const { message, internal } = error;
  return internal === undefined ? message : `${message.replace(/\.$/, '')} (${internal}).`;
}
