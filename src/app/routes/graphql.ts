import type { IncomingMessage } from 'node:http';
import { type GraphQLError, type GraphQLSchema, graphql } from 'graphql';
import type { Logger } from 'pino';
import {
  checkDocumentNesting,
  checkNesting,
  FozError,
  FozErrors,
  parseJson,
  withDigits,
} from '../../core/index.ts';
import { logUnexpected, type RouteAnswer, requestId } from '../../serve/index.ts';

type TextAnswer = RouteAnswer & { readonly body: string };

const headers = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };

/** A small graph beside that of the data, and where its failures are told. */
export interface SmallGraph {
  readonly schema: GraphQLSchema;
  readonly logger: Logger;
}

/** Answers a POST of one operation to a small graph. `body` is read when the request is one. */
export async function answerGraphql(
  { schema, logger }: SmallGraph,
  request: IncomingMessage,
  body: () => Buffer | Promise<Buffer>,
  contextValue: object,
): Promise<TextAnswer> {
  if (request.method !== 'POST' || !/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
    return refusal(405, 'validation-failed', 'Send the operation by POST as application/json.');
  const bytes = await body();
  let asked: Asked | null;
  try {
    asked = read(bytes);
  } catch (error) {
    if (error instanceof FozError) return refusal(400, error.code, error.message);
    throw error;
  }
  if (asked === null)
    return refusal(400, 'validation-failed', 'The body must be { "query": "...", "variables": { ... } }.');
  const { data, errors } = await graphql({
    schema,
    source: asked.query,
    variableValues: asked.variables,
    operationName: asked.operationName,
    contextValue,
  });
  const told =
    errors === undefined ? {} : { errors: errors.map((error) => tell(error, logger, requestId(request))) };
  const found = data === undefined ? {} : { data };
  return { status: 200, headers, body: JSON.stringify({ ...told, ...found }) };
}

/** An answer that is one error. */
export function refusal(
  status: number,
  code: string,
  message: string,
  more: Readonly<Record<string, string>> = {},
): TextAnswer {
  const body = JSON.stringify({ errors: [{ message, extensions: { path: '$', code } }] });
  return { status, headers: { ...headers, ...more }, body };
}

interface Asked {
  readonly query: string;
  readonly variables?: Record<string, unknown> | null;
  readonly operationName?: string | null;
}

/** `null`: not a request as GraphQL over HTTP knows it. Throws FozError `limit-exceeded` for one that is nested too deeply. */
function read(body: Buffer): Asked | null {
  let asked: unknown;
  try {
    asked = parseJson(body.toString('utf8'));
  } catch (error) {
    if (error instanceof FozError) throw error;
    return null;
  }
  checkNesting(asked, '$.variables');
  checkDocumentNesting(String((asked as { readonly query?: unknown } | null)?.query ?? ''));
  const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject(asked)) return null;
  const { query, variables, operationName } = asked as Record<string, unknown>;
  const fits =
    typeof query === 'string' &&
    (variables === undefined || variables === null || isObject(variables)) &&
    (operationName === undefined || operationName === null || typeof operationName === 'string');
  // These graphs keep what they are given as plain JSON: digits that a double would lose go on as text.
  return fits ? (withDigits(asked) as Asked) : null;
}

/** An error of such a graph, with the code that clients of Foz know. What stands behind it goes into the log. */
function tell({ message, path, locations, originalError }: GraphQLError, logger: Logger, id: string) {
  const [cause] = originalError instanceof FozErrors ? originalError.errors : [originalError];
  const isOwn = cause instanceof FozError || path === undefined;
  if (!isOwn || (cause instanceof FozError && cause.code === 'unexpected'))
    logUnexpected(logger, cause, { requestId: id });
  else if (cause instanceof FozError && cause.internal !== undefined)
    logger.error({ requestId: id, err: cause, path }, 'an operation of the control API failed');
  const wrong = message.startsWith('Syntax Error') ? 'parse-failed' : 'validation-failed';
  const code = cause instanceof FozError ? cause.code : isOwn ? wrong : 'unexpected';
  const details = cause instanceof FozError && cause.details !== undefined ? { details: cause.details } : {};
  const said = isOwn ? message : 'Something went wrong inside Foz; the log has the details.';
  return { message: said, path, locations, extensions: { path: '$', code, ...details } };
}
