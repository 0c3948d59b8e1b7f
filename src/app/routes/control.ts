import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import { buildControlGraph, type ControlContext } from '../../../resolvers/index.ts';
import { adminSession, type Session } from '../../access/index.ts';
import { AccessDenied } from '../../auth/index.ts';
import { adminRole } from '../../core/index.ts';
import {
  type Accounts,
  type RouteAnswer,
  type RouteHandler,
  refusalOf,
  requestId,
} from '../../serve/index.ts';
import type { Actor } from '../../store/index.ts';
import { actorOf } from '../accounts.ts';
import { answerGraphql, refusal } from './graphql.ts';

/** Whole metadata of thousands of tables fits. Read after the credential, so that only admins send so much. */
const mostBytes = 64 * 1024 * 1024;

/** Who asks. Throws or rejects with FozError where that is nobody. */
type Identify = (request: IncomingMessage) => Session | Promise<Session>;

/** The session of who sends the one secret, in the header `x-foz-admin-secret`. Throws AccessDenied. */
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

/** Only a session of the admin role that is not narrowed passes. Throws AccessDenied. */
function refuseOthers({ role, scopes }: Session): void {
  if (role === adminRole && scopes === undefined) return;
  const message = 'This is for admins alone: send x-foz-admin-secret, or a credential whose role is admin.';
  throw new AccessDenied({ message, why: 'control API: not an admin', status: 403 });
}

/** What routes for admins need. */
export interface AdminDoor {
  readonly identify: Identify;
  readonly addressOf: (request: IncomingMessage) => string | null;
  /** Absent: no account is kept. */
  readonly accounts?: Accounts;
  readonly logger: Logger;
}

/**
 * A route for admins alone. Who comes in and who is not let in is written down; where that cannot be and must, nobody comes in.
 */
export function forAdmins(
  { identify, addressOf, accounts, logger }: AdminDoor,
  handler: (
    actor: Actor,
    request: IncomingMessage,
    read: (most: number) => Promise<Buffer>,
  ) => RouteAnswer | Promise<RouteAnswer>,
): RouteHandler {
  return async (request, read) => {
    const account = {
      requestId: requestId(request),
      address: addressOf(request),
      operationName: 'control API',
    };
    let session: Session | null = null;
    try {
      session = await identify(request);
      refuseOthers(session);
      await accounts?.entered(session, account);
    } catch (error) {
      if (error instanceof AccessDenied) void accounts?.refused(error, account, session).catch(() => {});
      const { status, refusal: told, challenge } = refusalOf(error, logger, account);
      return refusal(status, told.code, told.message, challenge ? { 'www-authenticate': challenge } : {});
    }
    return handler(actorOf(session), request, read);
  };
}

/** `/control/graphql`: POST from an admin. */
export async function controlRoute(
  door: AdminDoor,
  context: Omit<ControlContext, 'actor'>,
): Promise<RouteHandler> {
  const graph = { schema: await buildControlGraph(), logger: door.logger };
  return forAdmins(door, (actor, request, read) =>
    answerGraphql(graph, request, () => read(mostBytes), { ...context, actor } satisfies ControlContext),
  );
}

/** Of equal length, whatever was given. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
