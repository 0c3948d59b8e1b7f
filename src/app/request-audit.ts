import { credentialOf, type Session } from '../access/index.ts';
import { type CacheState, heapPart, OwnedCache } from '../core/index.ts';
import type { EngineAnswer } from '../execute/index.ts';
import type { AuditedRequest, RequestAudit } from '../serve/index.ts';
import type { Actor, AuditEvent, AuditLog } from '../store/index.ts';

/** The cache of sessions whose sign-in is recorded, and the pause after which the next request counts as a sign-in again. */
const bounds = { sessions: 10_000, idleMs: 15 * 60_000, bytesOfOne: 200 } as const;

/** The audit of requests, with the caches that it keeps. */
export interface CachedRequestAudit extends RequestAudit {
  readonly caches: readonly CacheState[];
}

/** Records sign-ins, refusals, writes, and reads of the tables chosen for it in the audit log. */
export function requestAuditOf(audit: AuditLog): CachedRequestAudit {
  const signedIn = new OwnedCache<SignedIn>('sign_ins', heapPart(1 / 64, 8 * 2 ** 20), bounds.sessions);
  return {
    get caches() {
      return [signedIn.state, audit.refusalsKept];
    },
    ready: () => audit.ready(),
    entered: signIns(audit, signedIn),
    async ran(session, request, answer) {
      const common = {
        actor: actorOf(session),
        keyId: session.actor?.keyId ?? null,
        ...requestFields(request),
      } as const;
      // Appended together, so that they are written as one group.
      await Promise.all(
        [...readsOf(answer), ...writesOf(answer)].map((event) => audit.append({ ...common, ...event })),
      );
    },
    async refused({ code, internal }, request, session) {
      await audit.refused({
        kind: 'refusal',
        actor: session === null ? nobody : actorOf(session),
        keyId: session?.actor?.keyId ?? null,
        ...requestFields(request),
        outcome: 'refused',
        reason: internal ?? code,
      });
    },
  };
}

type EventFields = Omit<AuditEvent, 'actor'>;

/** Records of reads. A failed read is recorded too, since rows may have been sent before it failed. */
function readsOf({ read = [], errors }: EngineAnswer): EventFields[] {
  const reason = errors[0]?.code ?? null;
  const outcome = reason === null ? 'success' : 'failure';
  return read.map((table): EventFields => ({ kind: 'read', ...table, outcome, reason }));
}

function writesOf({ written = [], unwritten = [], called = [], errors }: EngineAnswer): EventFields[] {
  const reason = errors[0]?.code ?? null;
  const failed = unwritten.map(
    ({ source, table, kind, isUnknown }): EventFields => ({
      kind: 'mutation',
      source,
      table,
      after: { action: kind },
      outcome: isUnknown ? 'unknown' : 'failure',
      reason,
    }),
  );
  const done = written.map(
    ({ source, table, kind, affected }): EventFields => ({
      kind: 'mutation',
      source,
      table,
      affectedRows: affected,
      after: { action: kind },
      outcome: 'success',
      reason,
    }),
  );
  const calls = called.map(
    ({ name, isDone }): EventFields => ({
      kind: 'mutation',
      after: { action: 'start', workflow: name },
      outcome: isDone ? 'success' : 'failure',
      reason: isDone ? null : reason,
    }),
  );
  return [...done, ...failed, ...calls];
}

const nobody: Actor = { kind: 'anonymous', id: null, role: null };

/** A session whose sign-in is recorded. `at`: its last request, by the monotonic clock. */
interface SignedIn {
  writing: Promise<void> | undefined;
  at: number;
}

/**
 * Records the first request of a credential with a role from an address, and the first one after a pause. Requests that arrive before the
 * record is written wait for it.
 */
function signIns(audit: AuditLog, signedIn: OwnedCache<SignedIn>): RequestAudit['entered'] {
  return (session, request) => {
    const { actor, role } = session;
    // A workflow does not sign in: it was made by an administrator.
    if (actor === undefined || actor.kind === 'anonymous' || actor.kind === 'workflow') return undefined;
    const keyId = actor.keyId ?? null;
    const who = `${credentialOf(actor)} ${role} ${request.address}`;
    const now = performance.now();
    const known = signedIn.get(who);
    if (known !== undefined && now - known.at < bounds.idleMs) {
      known.at = now;
      return known.writing;
    }
    const event = { kind: 'sign-in', actor: actorOf(session), keyId, ...requestFields(request) } as const;
    const entry: SignedIn = { writing: undefined, at: now };
    entry.writing = audit.append({ ...event, outcome: 'success' }).then(
      () => {
        entry.writing = undefined;
      },
      (error: unknown) => {
        // Makes the next request try again.
        signedIn.delete(who);
        throw error;
      },
    );
    signedIn.set(who, entry, role, bounds.bytesOfOne);
    return entry.writing;
  };
}

function requestFields({ requestId, address, operationName }: AuditedRequest) {
  return { requestId, address, operation: operationName };
}

const kinds = {
  'admin-secret': 'admin-secret',
  'api-key': 'api-key',
  jwt: 'token',
  session: 'user',
  webhook: 'webhook',
  anonymous: 'anonymous',
  workflow: 'workflow',
} as const;

/** The actor of a session, as the audit log names it. */
export function actorOf({ actor, role }: Session): Actor {
  return { kind: actor === undefined ? 'anonymous' : kinds[actor.kind], id: actor?.id ?? null, role };
}
