import type { IncomingMessage } from 'node:http';
import type { Session } from '../access/index.ts';
import { RequestEnd } from '../core/index.ts';
import { answerErrors } from '../execute/index.ts';
import { Refusal, readBody } from './body.ts';
import type { Entry, Gate } from './gate.ts';
import type { ServerOptions, SessionHandler } from './options.ts';
import { isRefusal, refusalOf } from './refusal.ts';

/** Answers a request to a path of `sessionRoutes`. It passes the same gate as `/graphql`: authenticated, counted, audited. */
export async function answerSession(
  options: ServerOptions,
  gate: Gate,
  handler: SessionHandler,
  request: IncomingMessage,
  requestId: string,
): ReturnType<SessionHandler> {
  let entry: Entry | undefined;
  let session: Session | null = null;
  try {
    session = await options.identify(request);
    entry = await gate.enter({ session, request, requestId }, new RequestEnd());
    const answer = await handler(session, request, await readBody(request, entry.limits.body_bytes));
    return { ...answer, headers: { ...answer.headers, ...entry.rate } };
  } catch (error) {
    if (isRefusal(error)) gate.refused({ request, requestId }, error, session);
    const { status, refusal, challenge } = refusalOf(error, options.logger, { requestId });
    const headers = {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      ...(challenge ? { 'www-authenticate': challenge } : {}),
      ...(error instanceof Refusal ? error.headers : {}),
    };
    return { status, headers, body: answerErrors([refusal], 'request', false).json };
  } finally {
    entry?.leave();
  }
}
