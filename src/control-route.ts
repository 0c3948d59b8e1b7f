import { createHash, timingSafeEqual } from 'node:crypto';
import { graphql } from 'graphql';
import { buildControlGraph, type ControlContext } from '../resolvers/index.ts';
import type { RouteHandler } from './serve/index.ts';

const headers = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };

/** `/control/graphql`: POST with the header `x-foz-admin-secret`; everything else is 401 or 405. */
export async function controlRoute(secret: string, context: ControlContext): Promise<RouteHandler> {
  const schema = await buildControlGraph();
  const expected = digest(secret);
  return async (request, body) => {
    const given = request.headers['x-foz-admin-secret'];
    if (typeof given !== 'string' || !timingSafeEqual(digest(given), expected))
      return refusal(401, 'access-denied', 'The header x-foz-admin-secret is missing or wrong.');
    if (request.method !== 'POST' || !/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
      return refusal(405, 'validation-failed', 'Send the operation by POST as application/json.');
    let asked: { query?: unknown; variables?: Record<string, unknown>; operationName?: string };
    try {
      asked = JSON.parse(body.toString('utf8'));
    } catch {
      return refusal(400, 'validation-failed', 'The request body is not JSON.');
    }
    const result = await graphql({
      schema,
      source: String(asked.query ?? ''),
      variableValues: asked.variables,
      operationName: asked.operationName,
      contextValue: context,
    });
    return { status: 200, headers, body: JSON.stringify(result) };
  };
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
