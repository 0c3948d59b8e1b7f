import { types } from 'node:util';
import { FozError, FozErrors } from '../core/index.ts';

/**
 * Converts an error of the store to a FozError. `place` identifies the store. Texts of the database do not get into
 * the message.
 */
export function storeError(error: unknown, place: string): unknown {
  if (error instanceof FozError || error instanceof FozErrors || !types.isNativeError(error)) return error;
  const { code = '', name } = error as Error & { code?: string };
  // If all addresses of a host refuse, the error has no message.
  const options = { internal: error.message || code, cause: error };
  if (code === '08P01' && /unsupported startup parameter/i.test(error.message))
    return new FozError(
      'unavailable',
      `A connection pooler before the store ${place} refuses statement_timeout: let FOZ_STORE_URL lead to PostgreSQL itself, or let the pooler ignore the setting (PgBouncer: ignore_startup_parameters = statement_timeout).`,
      options,
    );
  if (isLost(code, name, error.message))
    return new FozError(
      'unavailable',
      `The store ${place} does not answer: look whether it runs and may be reached.`,
      options,
    );
  if (code === '28P01' || code === '28000' || code === '3D000')
    return new FozError(
      'unavailable',
      `The store ${place} refuses the connection: check the user, the password and the name of the database in FOZ_STORE_URL.`,
      options,
    );
  if (code === '42501')
    return new FozError(
      'unavailable',
      `The store ${place} refuses a statement: its user needs every right on the schema "foz" (for the first start, to create it).`,
      options,
    );
  if (code === '23505' || code === '40001' || code === '40P01')
    return new FozError(
      'conflict',
      `Somebody else wrote the same to the store ${place}: read it again.`,
      options,
    );
  return new FozError('unexpected', `The store ${place} failed: the log has the details.`, options);
}

/** Fields of a log line about a failed use of the store. Only an unexpected error has a stack. */
export function failureFields(error: unknown): object {
  if (!(error instanceof FozError)) return { err: error };
  const { message, internal } = error;
  return { reason: internal === undefined ? message : `${message} (${internal})` };
}

/**
 * Whether the store cannot be used now: connection lost, a transaction ended by the server since it stood still (25P03), shutting down, closed
 * to connections (55000), too many connections, disk full, read-only, or no connection in time.
 */
function isLost(code: string, name: string, message: string): boolean {
  return (
    /^(?:08...|57P0.|57014|55000|53...|25006|25P03|ECONN.*|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE)$/.test(
      code,
    ) ||
    name === 'KnexTimeoutError' ||
    /Connection (?:terminated|ended)|timeout (?:expired|exceeded)|timeout|not queryable|thread of the embedded store/i.test(
      message,
    )
  );
}
