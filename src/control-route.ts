import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type GraphQLError, graphql } from 'graphql';
import { buildControlGraph, type ControlContext } from '../resolvers/index.ts';
import type { Session } from './access/index.ts';
import { actorOf } from './accounts.ts';
import type { AuditActor } from './control/index.ts';
import { adminRole, FozError, FozErrors } from './core/index.ts';
import type { RouteHandler } from './serve/index.ts';

const headers = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };

/** The admin that a request comes from; `null`: it comes from nobody who is one. */
export type AdminOf = (request: IncomingMessage) => AuditActor | null | Promise<AuditActor | null>;

/** Who sends the one secret, in the header `x-foz-admin-secret`. */
export function adminBySecret(secret: string): AdminOf {
  const expected = digest(secret);
  return ({ headers: given }) => {
    const value = given['x-foz-admin-secret'];
    if (typeof value !== 'string' || !timingSafeEqual(digest(value), expected)) return null;
    return { kind: 'admin-secret', id: 'server', role: adminRole };
  };
}

/** Whose session has the admin role, without being narrowed. */
export function adminBySession(identify: (request: IncomingMessage) => Session | Promise<Session>): AdminOf {
  return async (request) => {
    try {
      const session = await identify(request);
      return session.role === adminRole && session.scopes === undefined ? actorOf(session) : null;
    } catch (error) {
      if (error instanceof FozError) return null;
      throw error;
    }
  };
}

/** `/control/graphql`: POST from an admin; everything else is 401 or 405. */
export async function controlRoute(
  adminOf: AdminOf,
  context: Omit<ControlContext, 'actor'>,
): Promise<RouteHandler> {
  const schema = await buildControlGraph();
  return async (request, body) => {
    const actor = await adminOf(request);
    if (actor === null)
      return refusal(401, 'access-denied', 'The header x-foz-admin-secret is missing or wrong.');
    if (request.method !== 'POST' || !/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
      return refusal(405, 'validation-failed', 'Send the operation by POST as application/json.');
    const asked = read(body);
    if (asked === null)
      return refusal(400, 'validation-failed', 'The body must be { "query": "...", "variables": { ... } }.');
    const { data, errors } = await graphql({
      schema,
      source: asked.query,
      variableValues: asked.variables,
      operationName: asked.operationName,
      contextValue: { ...context, actor } satisfies ControlContext,
    });
    const told = errors === undefined ? {} : { errors: errors.map(tell) };
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

/** An error of the control API, with the code that clients of Foz know. */
function tell({ message, path, locations, originalError }: GraphQLError) {
  const [cause] = originalError instanceof FozErrors ? originalError.errors : [originalError];
  const wrong = message.startsWith('Syntax Error') ? 'parse-failed' : 'validation-failed';
  const own = path === undefined ? wrong : 'unexpected';
  const code = cause instanceof FozError ? cause.code : own;
  const details = cause instanceof FozError && cause.details !== undefined ? { details: cause.details } : {};
  return { message, path, locations, extensions: { path: '$', code, ...details } };
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
