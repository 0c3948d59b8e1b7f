import type { DocumentNode, GraphQLError, GraphQLFormattedError } from 'graphql';
import { nestedTooDeeply, plainMessage } from '../core/index.ts';
import { placesOf } from './document-places.ts';

/** The places of errors about documents, from when they are found until they are formatted. */
const places = new WeakMap<object, string>();

/** Errors of Apollo Server about `extensions.persistedQuery`, for which it sets no code of its own. */
const persistedFaults: ReadonlyMap<string, string> = new Map([
  [
    'provided sha does not match query',
    'The SHA-256 in extensions.persistedQuery is not that of the operation: send the one that is.',
  ],
  [
    'Unsupported persisted query version',
    'extensions.persistedQuery must be an object with the version 1 and a sha256Hash.',
  ],
]);

/** Notes where errors are in their document, for `formatError`. `document`: `undefined` where it could not be parsed. */
export function notePlaces(errors: readonly GraphQLError[], document: DocumentNode | undefined): void {
  if (document === undefined) return;
  const found = placesOf(errors, document);
  for (const [index, error] of errors.entries()) places.set(error, found[index]!);
}

const codes: Readonly<Record<string, string>> = {
  GRAPHQL_PARSE_FAILED: 'parse-failed',
  GRAPHQL_VALIDATION_FAILED: 'validation-failed',
  BAD_USER_INPUT: 'validation-failed',
  BAD_REQUEST: 'validation-failed',
  OPERATION_RESOLUTION_FAILURE: 'validation-failed',
  PERSISTED_QUERY_NOT_FOUND: 'PERSISTED_QUERY_NOT_FOUND',
  PERSISTED_QUERY_NOT_SUPPORTED: 'PERSISTED_QUERY_NOT_SUPPORTED',
};

/** Rewrites an error of Apollo Server's own with the codes and wording of this API. */
export function formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  if (formatted.message.startsWith('Maximum call stack')) {
    const { message, code } = nestedTooDeeply('$', 'The document');
    return { message, extensions: { path: '$', code } };
  }
  const given = String(formatted.extensions?.code ?? '');
  const limited =
    formatted.extensions?.limit === true || formatted.message.includes('tokens. Parsing aborted');
  const persisted = persistedFaults.get(formatted.message);
  if (persisted !== undefined)
    return { message: persisted, extensions: { path: '$', code: 'validation-failed' } };
  const known = codes[given] ?? (given === 'INTERNAL_SERVER_ERROR' || given === '' ? 'unexpected' : given);
  const code = limited ? 'limit-exceeded' : known;
  const message =
    code === 'unexpected'
      ? 'Something went wrong inside Foz; the log has the details.'
      : plainMessage(formatted.message);
  return {
    message,
    ...(formatted.locations === undefined ? {} : { locations: formatted.locations }),
    extensions: { path: formatted.extensions?.path ?? places.get(error as object) ?? '$', code },
  };
}
