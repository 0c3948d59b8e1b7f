import type { IncomingMessage } from 'node:http';
import {
  type DocumentNode,
  execute,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  parse,
  validate,
} from 'graphql';
import type { Logger } from 'pino';
import {
  checkDocumentNesting,
  checkNesting,
  FozError,
  FozErrors,
  parseJson,
  withDigits,
} from '../../core/index.ts';
import { wrongVariables } from '../../plan/index.ts';
import { logUnexpected, placesOf, type RouteAnswer, requestId } from '../../serve/index.ts';

type TextAnswer = RouteAnswer & { readonly body: string };

const headers = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };

/** A small GraphQL schema beside that of the data, and the log for its errors. */
export interface SmallGraph {
  readonly schema: GraphQLSchema;
  readonly logger: Logger;
}

/** Answers a POST with one operation on a small graph. `body` reads the body; it is called only for a valid request. */
export async function answerGraphql(
  { schema, logger }: SmallGraph,
  request: IncomingMessage,
  body: () => Buffer | Promise<Buffer>,
  contextValue: object,
): Promise<TextAnswer> {
  if (request.method !== 'POST' || !/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
    return refusal(405, 'validation-failed', 'Send the operation by POST as application/json.');
  const bytes = await body();
  let operation: OperationRequest | null;
  try {
    operation = read(bytes);
  } catch (error) {
    if (error instanceof FozError) return refusal(400, error.code, error.message);
    throw error;
  }
  if (operation === null)
    return refusal(400, 'validation-failed', 'The body must be { "query": "...", "variables": { ... } }.');
  const { data, errors } = await answerTo(schema, operation, contextValue);
  const failed =
    errors === undefined
      ? {}
      : { errors: errors.map((found) => publicError(found, logger, requestId(request))) };
  const found = data === undefined ? {} : { data };
  return { status: 200, headers, body: JSON.stringify({ ...failed, ...found }) };
}

/** An error of an operation, and its place in the operation. */
interface Placed {
  readonly error: GraphQLError;
  readonly place: string;
}

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly Placed[];
}

/** Parses, validates and runs an operation. */
async function answerTo(
  schema: GraphQLSchema,
  { query, variables, operationName }: OperationRequest,
  contextValue: object,
): Promise<Answer> {
  let document: DocumentNode;
  try {
    document = parse(query);
  } catch (error) {
    return { errors: [{ error: error as GraphQLError, place: '$' }] };
  }
  const invalid = validate(schema, document);
  if (invalid.length > 0) return { errors: inPlaces(invalid, document) };
  const operation = getOperationAST(document, operationName);
  const wrong = operation == null ? [] : wrongVariables(schema, operation, variables ?? {});
  if (wrong.length > 0)
    return {
      errors: wrong.map(({ message, path = '$' }) => ({ error: new GraphQLError(message), place: path })),
    };
  const { data, errors } = await execute({
    schema,
    document,
    variableValues: variables,
    operationName,
    contextValue,
  });
  return { data, ...(errors === undefined ? {} : { errors: inPlaces(errors, document) }) };
}

function inPlaces(errors: readonly GraphQLError[], document: DocumentNode): Placed[] {
  const places = placesOf(errors, document);
  return errors.map((error, index) => ({ error, place: places[index]! }));
}

/** A response with one error. */
export function refusal(
  status: number,
  code: string,
  message: string,
  more: Readonly<Record<string, string>> = {},
): TextAnswer {
  const body = JSON.stringify({ errors: [{ message, extensions: { path: '$', code } }] });
  return { status, headers: { ...headers, ...more }, body };
}

interface OperationRequest {
  readonly query: string;
  readonly variables?: Record<string, unknown> | null;
  readonly operationName?: string | null;
}

/** Parses the JSON body of a POST. `null`: it is no request of GraphQL over HTTP. Throws FozError `limit-exceeded` for one that is nested too deeply. */
function read(body: Buffer): OperationRequest | null {
  let operation: unknown;
  try {
    operation = parseJson(body.toString('utf8'));
  } catch (error) {
    if (error instanceof FozError) throw error;
    return null;
  }
  checkNesting(operation, '$');
  checkDocumentNesting(String((operation as { readonly query?: unknown } | null)?.query ?? ''));
  const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject(operation)) return null;
  const { query, variables, operationName } = operation as Record<string, unknown>;
  const fits =
    typeof query === 'string' &&
    (variables === undefined || variables === null || isObject(variables)) &&
    (operationName === undefined || operationName === null || typeof operationName === 'string');
  // These graphs store inputs as plain JSON, so a number whose digits a double would lose is passed on as text.
  return fits ? (withDigits(operation) as OperationRequest) : null;
}

/** An error of such a graph with a code of Foz. The cause of an unexpected error goes only into the log. */
function publicError({ error, place }: Placed, logger: Logger, id: string) {
  const { message, path, locations, originalError } = error;
  const [cause] = originalError instanceof FozErrors ? originalError.errors : [originalError];
  const isOwn = cause instanceof FozError || path === undefined;
  if (!isOwn || (cause instanceof FozError && cause.code === 'unexpected'))
    logUnexpected(logger, cause, { requestId: id });
  else if (cause instanceof FozError && cause.internal !== undefined)
    logger.error({ requestId: id, err: cause, path }, 'an operation of the control API failed');
  const wrong = message.startsWith('Syntax Error') ? 'parse-failed' : 'validation-failed';
  const code = cause instanceof FozError ? cause.code : isOwn ? wrong : 'unexpected';
  const details = cause instanceof FozError && cause.details !== undefined ? { details: cause.details } : {};
  const shown = isOwn ? message : 'Something went wrong inside Foz; the log has the details.';
  return { message: shown, path, locations, extensions: { path: place, code, ...details } };
}
