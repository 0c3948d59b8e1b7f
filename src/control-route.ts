import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type GraphQLError, graphql } from 'graphql';
import type { Logger } from 'pino';
import { buildControlGraph, type ControlContext } from '../resolvers/index.ts';
import { adminSession, type Session } from './access/index.ts';
import { actorOf } from './accounts.ts';
import { AccessDenied } from './auth/index.ts';
import type { AuditActor } from './control/index.ts';
import { adminRole, FozError, FozErrors } from './core/index.ts';
import { type AccountOf, type Accounts, type RouteHandler, requestId } from './serve/index.ts';

/** Whole metadata of thousands of tables fits. Read after the credential, so that only admins send so much. */
const mostBytes = 64 * 1024 * 1024;

const headers = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };

/** The admin that a request comes from; `null`: it comes from nobody who is one. */
export type AdminOf = (request: IncomingMessage) => AuditActor | null | Promise<AuditActor | null>;

type IdentifyRequest = (request: IncomingMessage) => Session | Promise<Session>;

/** The session of who sends the one secret, in the header `x-foz-admin-secret`. Throws AccessDenied. */
export function identifyBySecret(secret: string): IdentifyRequest {
  const expected = digest(secret);
  const session: Session = { ...adminSession, actor: { kind: 'admin-secret', id: 'server' } };
  return ({ headers: given }) => {
    const value = given['x-foz-admin-secret'];
    if (typeof value === 'string' && timingSafeEqual(digest(value), expected)) return session;
    throw new AccessDenied({ why: 'control API: admin secret missing or wrong' });
  };
}

/**
 * Whose session has the admin role, without being narrowed. Account is kept of who comes in and who does not; rejects with FozError
 * `unavailable` where that cannot be and must.
 */
export function adminBySession(
  identify: IdentifyRequest,
  accounts: Accounts | undefined,
  addressOf: AddressOf,
): AdminOf {
  const accountOf = (request: IncomingMessage): AccountOf => {
    return { requestId: requestId(request), address: addressOf(request), operationName: 'control API' };
  };
  const refused = (error: FozError, request: IncomingMessage, session: Session | null) => {
    void accounts?.refused(error, accountOf(request), session).catch(() => {});
    return null;
  };
  return async (request) => {
    let session: Session;
    try {
      session = await identify(request);
    } catch (error) {
      if (error instanceof AccessDenied) return refused(error, request, null);
      throw error;
    }
    if (session.role !== adminRole || session.scopes !== undefined)
      return refused(new AccessDenied({ why: 'control API: not an admin' }), request, session);
    await accounts?.entered(session, () => accountOf(request));
    return actorOf(session);
  };
}

type AddressOf = (request: IncomingMessage) => string | null;

/** A handler that answers 503 while nobody can be told to be an admin. */
export function whileAvailable(handler: RouteHandler): RouteHandler {
  return (request, body) =>
    handler(request, body).catch((error: unknown) => {
      if (error instanceof FozError && error.code === 'unavailable')
        return refusal(503, error.code, error.message);
      throw error;
    });
}

/** `/control/graphql`: POST from an admin; everything else is 401 or 405. */
export async function controlRoute(
  adminOf: AdminOf,
  context: Omit<ControlContext, 'actor'>,
  logger: Logger,
): Promise<RouteHandler> {
  const schema = await buildControlGraph();
  return async (request, body) => {
    const actor = await adminOf(request);
    if (actor === null)
      return refusal(401, 'access-denied', 'The header x-foz-admin-secret is missing or wrong.');
    if (request.method !== 'POST' || !/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
      return refusal(405, 'validation-failed', 'Send the operation by POST as application/json.');
    const asked = read(await body(mostBytes));
    if (asked === null)
      return refusal(400, 'validation-failed', 'The body must be { "query": "...", "variables": { ... } }.');
    const { data, errors } = await graphql({
      schema,
      source: asked.query,
      variableValues: asked.variables,
      operationName: asked.operationName,
      contextValue: { ...context, actor } satisfies ControlContext,
    });
    const told = errors === undefined ? {} : { errors: errors.map((error) => tell(error, logger)) };
    return {
      status: 200,
      headers,
      body: JSON.stringify({ ...told, ...(data === undefined ? {} : { data }) }),
    };
  };
}

interface Asked {
  readonly query: string;
  readonly variables?: Record<string, unknown> | null;
  readonly operationName?: string | null;
}

/** `null`: not a request as GraphQL over HTTP knows it. */
function read(body: Buffer): Asked | null {
  let asked: unknown;
  try {
    asked = JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
  const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject(asked)) return null;
  const { query, variables, operationName } = asked as Record<string, unknown>;
  const fits =
    typeof query === 'string' &&
    (variables === undefined || variables === null || isObject(variables)) &&
    (operationName === undefined || operationName === null || typeof operationName === 'string');
  return fits ? (asked as Asked) : null;
}

/** An error of the control API, with the code that clients of Foz know. What stands behind it goes into the log. */
function tell({ message, path, locations, originalError }: GraphQLError, logger: Logger) {
  const [cause] = originalError instanceof FozErrors ? originalError.errors : [originalError];
  const isOwn = cause instanceof FozError || path === undefined;
  if (!isOwn || (cause instanceof FozError && cause.internal !== undefined))
    logger.error({ err: cause, path }, 'an operation of the control API failed');
  const wrong = message.startsWith('Syntax Error') ? 'parse-failed' : 'validation-failed';
  const code = cause instanceof FozError ? cause.code : isOwn ? wrong : 'unexpected';
  const details = cause instanceof FozError && cause.details !== undefined ? { details: cause.details } : {};
  const said = isOwn ? message : 'Something went wrong inside Foz; the log has the details.';
  return { message: said, path, locations, extensions: { path: '$', code, ...details } };
}

/** Of equal length, whatever was given. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function refusal(status: number, code: string, message: string) {
  return {
    status,
    headers,
    body: JSON.stringify({ errors: [{ message, extensions: { path: '$', code } }] }),
  };
}
