import type { ControlPlane } from '../../control/index.ts';
import { FozError } from '../../core/index.ts';
import type { RouteHandler } from '../../serve/index.ts';
import {
  type AuditFilter,
  type AuditKind,
  auditFilters,
  auditKinds,
  exportAudit,
} from '../../store/index.ts';
import { type AdminAdmission, forAdmins } from './control.ts';
import { refusal } from './control-graphql.ts';

const moments = { since: 'from', until: 'before' } as const;

/** `/control/audit.jsonl`: the audit log as JSON Lines, oldest first, for admins; streamed with back-pressure. */
export function auditRoute(admission: AdminAdmission, plane: ControlPlane | null): RouteHandler {
  return forAdmins(admission, (_actor, request) => {
    if (request.method !== 'GET') return refusal(405, 'validation-failed', 'The audit log is read by GET.');
    if (plane === null) return refusal(404, 'not-found', 'This Foz has no store, so there is no audit log.');
    try {
      const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
      const body = exportAudit(plane.store, filterOf(searchParams));
      return { status: 200, headers: { ...plain, 'content-type': 'application/jsonl; charset=utf-8' }, body };
    } catch (error) {
      if (error instanceof FozError) return refusal(400, error.code, error.message);
      throw error;
    }
  });
}

const plain = { 'cache-control': 'no-store' };

/** Throws FozError `validation-failed` for an unknown parameter or an invalid value. */
function filterOf(given: URLSearchParams): AuditFilter {
  const kinds = given.getAll('kind').map(kindOf);
  const filter: Record<string, unknown> = kinds.length === 0 ? {} : { kinds };
  for (const [name, value] of given) {
    if (Object.hasOwn(auditFilters, name)) filter[auditFilters[name as keyof typeof auditFilters]] = value;
    else if (Object.hasOwn(moments, name))
      filter[moments[name as keyof typeof moments]] = momentOf(name, value);
    else if (name !== 'kind')
      throw new FozError(
        'validation-failed',
        `There is no parameter ${JSON.stringify(name)}: use kind, ${[...Object.keys(auditFilters), ...Object.keys(moments)].join(', ')}.`,
      );
  }
  return filter;
}

function kindOf(text: string): AuditKind {
  const kind = auditKinds.find((known) => known === text);
  if (kind !== undefined) return kind;
  throw new FozError('validation-failed', `kind must be one of ${auditKinds.join(', ')}.`);
}

function momentOf(name: string, text: string): number {
  const moment = Date.parse(text);
  if (!Number.isNaN(moment)) return moment;
  throw new FozError('validation-failed', `${name} must be a moment, as 2026-01-31 or 2026-01-31T12:00:00Z.`);
}
