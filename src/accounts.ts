import { LRUCache } from 'lru-cache';
import { credentialOf, type Session } from './access/index.ts';
import type { AuditActor, AuditLog } from './control/index.ts';
import type { AccountOf, Accounts } from './serve/index.ts';

/** Sessions that are kept in mind, and how long one may pause before its next request is a sign-in again. */
const kept = { sessions: 10_000, idleMs: 15 * 60_000 } as const;

/** Writes into the audit log who came in, who was not let in, and what was written. */
export function accountsIn(audit: AuditLog): Accounts {
  return {
    ready: () => audit.ready(),
    entered: signIns(audit),
    async wrote(session, request, { written = [], errors }) {
      const failed = errors[0]?.code ?? null;
      const common = {
        kind: 'mutation',
        actor: actorOf(session),
        keyId: session.actor?.keyId ?? null,
        ...asked(request),
      } as const;
      if (written.length === 0) {
        if (failed !== null) await audit.append({ ...common, outcome: 'failure', reason: failed });
        return;
      }
      // Together, so that they go into the log as one group.
      await Promise.all(
        written.map(({ source, table, kind, affected }) =>
          audit.append({
            ...common,
            source,
            table,
            affectedRows: affected,
            after: { action: kind },
            outcome: 'success',
            reason: failed,
          }),
        ),
      );
    },
    async refused({ code, internal }, request) {
      const actor: AuditActor = { kind: 'anonymous', id: null, role: null };
      await audit.append({
        kind: 'refusal',
        actor,
        ...asked(request),
        outcome: 'refused',
        reason: internal ?? code,
      });
    },
  };
}

/** Writes down the first request of a credential with a role, and the first one after a pause. */
function signIns(audit: AuditLog): Accounts['entered'] {
  const { sessions: max, idleMs: ttl } = kept;
  const present = new LRUCache<string, true>({ max, ttl, updateAgeOnGet: true, ttlResolution: 1_000 });
  return (session, request) => {
    const { actor, role } = session;
    if (actor === undefined || actor.kind === 'anonymous') return;
    const keyId = actor.keyId ?? null;
    const who = `${credentialOf(actor)} ${role}`;
    if (present.get(who)) return;
    present.set(who, true);
    // Nobody waits for it; where it fails, the next request tries again.
    audit
      .append({ kind: 'sign-in', actor: actorOf(session), keyId, ...asked(request()), outcome: 'success' })
      .catch(() => present.delete(who));
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
export function actorOf({ actor, role }: Session): AuditActor {
  return { kind: actor === undefined ? 'anonymous' : kinds[actor.kind], id: actor?.id ?? null, role };
}
