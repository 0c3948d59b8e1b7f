import type { Session } from './access/index.ts';
import type { AuditActor, AuditLog } from './control/index.ts';
import type { AccountOf, Accounts } from './serve/index.ts';

/** Writes into the audit log what requests have written and who was not let in. */
export function accountsIn(audit: AuditLog): Accounts {
  return {
    ready: () => audit.ready(),
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
