import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import { buildControlGraph, type ControlContext } from '../../../resolvers/index.ts';
import { adminSession, type Session } from '../../access/index.ts';
import { AccessDenied } from '../../auth/index.ts';
import { adminRole } from '../../core/index.ts';
import {
  type RequestAudit,
  type RouteAnswer,
  type RouteHandler,
  refusalOf,
  requestId,
} from '../../serve/index.ts';
import type { Actor } from '../../store/index.ts';
import { actorOf } from '../request-audit.ts';
import { answerGraphql, refusal } from './control-graphql.ts';

/** Large enough for the metadata of thousands of tables. The body is read after authentication, so only admins can send so much. */
const mostBytes = 64 * 1024 * 1024;

/** Authenticates a request. Throws or rejects with FozError. */
type Identify = (request: IncomingMessage) => Session | Promise<Session>;

/** Authenticates by one secret, in the header `x-foz-admin-secret`. Throws AccessDenied. */
export function identifyBySecret(secret: string): Identify {
  const expected = digest(secret);
  const session: Session = { ...adminSession, actor: { kind: 'admin-secret', id: 'server' } };
  return ({ headers: given }) => {
    const value = given['x-foz-admin-secret'];
    if (typeof value === 'string' && timingSafeEqual(digest(value), expected)) return session;
    const message = 'The header x-foz-admin-secret is missing or wrong.';
    throw new AccessDenied({ message, why: 'control API: admin secret missing or wrong' });
  };
}

/** Throws AccessDenied unless the session has the admin role and is not narrowed by scopes. */
function refuseOthers({ role, scopes }: Session): void {
  if (role === adminRole && scopes === undefined) return;
  const message = 'This is for admins alone: send x-foz-admin-secret, or a credential whose role is admin.';
  throw new AccessDenied({ message, why: 'control API: not an admin', status: 403 });
}

/** Authentication and audit of routes for admins. */
export interface AdminAdmission {
  readonly identify: Identify;
  readonly addressOf: (request: IncomingMessage) => string | null;
  /** Absent: there is no audit log. */
  readonly audit?: RequestAudit;
  readonly logger: Logger;
}

/**
 * A route for admins. Sign-ins and refusals are recorded in the audit log; if a required record cannot be written, access is refused.
 */
export function forAdmins(
  { identify, addressOf, audit, logger }: AdminAdmission,
  handler: (
    actor: Actor,
    request: IncomingMessage,
    read: (most: number) => Promise<Buffer>,
  ) => RouteAnswer | Promise<RouteAnswer>,
): RouteHandler {
  return async (request, read) => {
    const audited = {
      requestId: requestId(request),
      address: addressOf(request),
      operationName: 'control API',
    };
    let session: Session | null = null;
    try {
      session = await identify(request);
      refuseOthers(session);
      await audit?.entered(session, audited);
    } catch (error) {
      if (error instanceof AccessDenied) void audit?.refused(error, audited, session).catch(() => {});
      const { status, refusal: reason, challenge } = refusalOf(error, logger, audited);
      return refusal(status, reason.code, reason.message, challenge ? { 'www-authenticate': challenge } : {});
    }
    return handler(actorOf(session), request, read);
  };
}

/** `/control/graphql`: POST from an admin. */
export async function controlRoute(
  admission: AdminAdmission,
  context: Omit<ControlContext, 'actor'>,
): Promise<RouteHandler> {
  const graph = { schema: await buildControlGraph(), logger: admission.logger };
  return forAdmins(admission, (actor, request, read) =>
    answerGraphql(graph, request, () => read(mostBytes), { ...context, actor } satisfies ControlContext),
  );
}

/** A digest, so that secrets of any length are compared at equal length. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
