import { FozError, FozErrors, isStackOverflow, nestedTooDeeply, type SourceName } from '../core/index.ts';
import { failedSource, ofSource } from './fetch.ts';
import type { Written } from './written.ts';

/** Any thrown value as FozErrors. */
export function errorsOf(error: unknown): readonly FozError[] {
  if (error instanceof FozError) return [error];
  if (error instanceof FozErrors) return error.errors;
  if (isStackOverflow(error)) return [nestedTooDeeply('$', 'The operation')];
  const internal = error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error);
  return [
    new FozError('unexpected', 'Something went wrong inside Foz; the log has the details.', {
      internal,
      cause: error,
    }),
  ];
}

/**
 * The sources whose schema seems to have changed since the plan was made. In PostgreSQL such a change can also show as 22P02, where a text
 * is read as an array, and as a conflict of a read in a transaction.
 */
export function drifted(
  errors: readonly FozError[],
  written: readonly Written[] | undefined,
): { readonly drifted?: readonly SourceName[] } {
  if (written !== undefined && written.length > 0) return {};
  const changed = errors.filter(
    ({ code, details }) =>
      code === 'not-found' ||
      (written === undefined && (code === 'conflict' || details?.sqlstate === '22P02')),
  );
  const names = new Set(changed.flatMap((error) => failedSource(error) ?? []));
  return names.size === 0 ? {} : { drifted: [...names] };
}

/** Codes of errors that concern the request or a source as a whole, and no place in the operation. */
const placeless: ReadonlySet<string> = new Set(['timeout', 'unavailable']);

/** Adds the place in the operation to an error that has none. */
export function placed(error: unknown, path: string): unknown {
  if (error instanceof FozErrors)
    return new FozErrors(error.errors.map((one) => placed(one, path) as FozError));
  if (!(error instanceof FozError) || (error.path ?? '$') !== '$' || placeless.has(error.code)) return error;
  const { code, message, responsePath, details, internal } = error;
  const placedError = new FozError(code, message, { path, responsePath, details, internal, cause: error });
  const source = failedSource(error);
  return source === undefined ? placedError : ofSource(placedError, source);
}

/** Runs `body`. Its errors without a place get this one. */
export async function placing<T>(path: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    throw placed(error, path);
  }
}
