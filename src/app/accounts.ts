import { credentialOf, type Session } from '../access/index.ts';
import { type CacheState, heapPart, OwnedCache } from '../core/index.ts';
import type { EngineAnswer } from '../execute/index.ts';
import type { AccountOf, Accounts } from '../serve/index.ts';
import type { Actor, AuditEvent, AuditLog } from '../store/index.ts';

/** Sessions that are kept in mind, and how long one may pause before its next request is a sign-in again. */
const kept = { sessions: 10_000, idleMs: 15 * 60_000, bytesOfOne: 200 } as const;

/** Accounts that tell what they keep in mind. */
export interface AuditAccounts extends Accounts {
  readonly caches: readonly CacheState[];
}

/** Writes into the audit log who came in, who was not let in, what was written, and what was read of chosen tables. */
export function accountsIn(audit: AuditLog): AuditAccounts {
  const present = new OwnedCache<Present>('sign_ins', heapPart(1 / 64, 8 * 2 ** 20), kept.sessions);
  return {
    get caches() {
      return [present.state, audit.refusalsKept];
    },
    ready: () => audit.ready(),
    entered: signIns(audit, present),
    async ran(session, request, answer) {
      const common = {
        actor: actorOf(session),
        keyId: session.actor?.keyId ?? null,
        ...asked(request),
      } as const;
      // Together, so that they go into the log as one group.
      await Promise.all(
        [...readsOf(answer), ...writesOf(answer)].map((event) => audit.append({ ...common, ...event })),
      );
    },
    async refused({ code, internal }, request, session) {
      await audit.refused({
        kind: 'refusal',
        actor: session === null ? nobody : actorOf(session),
        keyId: session?.actor?.keyId ?? null,
        ...asked(request),
        outcome: 'refused',
        reason: internal ?? code,
      });
    },
  };
}

type EventFields = Omit<AuditEvent, 'actor'>;

/** A read that failed is told too: what became of its rows on the way is not known. */
function readsOf({ read = [], errors }: EngineAnswer): EventFields[] {
  const reason = errors[0]?.code ?? null;
  const outcome = reason === null ? 'success' : 'failure';
  return read.map((table): EventFields => ({ kind: 'read', ...table, outcome, reason }));
}

function writesOf({ written = [], unwritten = [], errors }: EngineAnswer): EventFields[] {
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
  return [...done, ...failed];
}

const nobody: Actor = { kind: 'anonymous', id: null, role: null };

/** Somebody who has come in; `at`: the last request, by the monotonic clock. */
interface Present {
  writing: Promise<void> | undefined;
  at: number;
}

/**
 * Writes down the first request of a credential with a role from an address, and the first one after a pause. What comes meanwhile
 * waits with it.
 */
function signIns(audit: AuditLog, present: OwnedCache<Present>): Accounts['entered'] {
  return (session, request) => {
    const { actor, role } = session;
    if (actor === undefined || actor.kind === 'anonymous') return undefined;
    const keyId = actor.keyId ?? null;
    const who = `${credentialOf(actor)} ${role} ${request.address}`;
    const now = performance.now();
    const known = present.get(who);
    if (known !== undefined && now - known.at < kept.idleMs) {
      known.at = now;
      return known.writing;
    }
    const event = { kind: 'sign-in', actor: actorOf(session), keyId, ...asked(request) } as const;
    const entry: Present = { writing: undefined, at: now };
    entry.writing = audit.append({ ...event, outcome: 'success' }).then(
      () => {
        entry.writing = undefined;
      },
      (error: unknown) => {
        // The next request tries again.
        present.delete(who);
        throw error;
      },
    );
    present.set(who, entry, role, kept.bytesOfOne);
    return entry.writing;
  };
}

function asked({ requestId, address, operationName }: AccountOf) {
  return { requestId, address, operation: operationName };
}

const kinds = {
  'admin-secret': 'admin-secret',
  'api-key': 'api-key',
  jwt: 'token',
  webhook: 'webhook',
  anonymous: 'anonymous',
} as const;

/** Who stands behind a session, as the audit log calls them. */
export function actorOf({ actor, role }: Session): Actor {
  return { kind: actor === undefined ? 'anonymous' : kinds[actor.kind], id: actor?.id ?? null, role };
}
