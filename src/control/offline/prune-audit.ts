import { FozError } from '../../core/index.ts';
import { type Actor, type Retention, removeOldRecords } from '../../store/index.ts';
import { type ControlPlane, requireAudit } from '../plane.ts';
import type { RuntimeSettings } from '../settings/runtime.ts';

/** The removed part of the audit log. */
export interface PrunedAudit extends Retention {
  /** Older records are removed. */
  readonly before: Date;
}

const mostDays = 100_000;

/**
 * Removes audit records older than a number of days, and records that. Rejects with FozError `validation-failed` for an invalid number,
 * `not-supported` where there is no log or the configuration file requires these records to be kept.
 */
export async function pruneAudit(
  settings: RuntimeSettings,
  plane: ControlPlane,
  actor: Actor,
  days: number,
): Promise<PrunedAudit> {
  const before = daysAgo(days);
  refuseShorter(settings.file, days);
  const audit = requireAudit(plane);
  return { ...(await removeOldRecords(plane.store, audit, before.getTime(), actor)), before };
}

/** The time a number of days ago. Throws FozError `validation-failed`. */
export function daysAgo(days: number): Date {
  if (Number.isInteger(days) && days >= 1 && days <= mostDays)
    return new Date(Date.now() - days * 86_400_000);
  throw new FozError(
    'validation-failed',
    `Days must be a whole number, at least 1 and at most ${mostDays}: records that are older are removed.`,
  );
}

/** Refuses a retention shorter than that of the file, which a caller of the API cannot override. */
function refuseShorter({ audit }: RuntimeSettings['file'], days: number): void {
  const retention = typeof audit === 'object' ? audit.retention_days : undefined;
  if (retention === undefined || (retention !== null && days >= retention)) return;
  throw new FozError(
    'not-supported',
    `The configuration file says that ${retention === null ? 'every record of the audit log is kept' : `records of the audit log are kept for ${retention} days`} (audit.retention_days): change it there.`,
  );
}
