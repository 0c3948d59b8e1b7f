import { FozError } from '../../core/index.ts';
import { type Actor, type Retention, removeOldRecords } from '../../store/index.ts';
import { type ControlPlane, requireAudit } from '../plane.ts';
import type { RuntimeSettings } from '../settings/runtime.ts';

/** What was removed from the audit log. */
export interface PrunedAudit extends Retention {
  /** What is older is gone. */
  readonly before: Date;
}

const mostDays = 100_000;

/**
 * Removes records of the audit log that are older than so many days, and writes that down. Rejects with FozError `validation-failed` for
 * what is no number of days, `not-supported` where there is no log or the configuration file says that these records are kept.
 */
export async function pruneAudit(
  settings: RuntimeSettings,
  plane: ControlPlane,
  actor: Actor,
  days: number,
): Promise<PrunedAudit> {
  const before = daysAgo(days);
  refuseKept(settings.file, days);
  const audit = requireAudit(plane);
  return { ...(await removeOldRecords(plane.store, audit, before.getTime(), actor)), before };
}

/** The moment so many days ago. Throws FozError `validation-failed`. */
export function daysAgo(days: number): Date {
  if (Number.isInteger(days) && days >= 1 && days <= mostDays)
    return new Date(Date.now() - days * 86_400_000);
  throw new FozError(
    'validation-failed',
    `Days must be a whole number, at least 1 and at most ${mostDays}: records that are older are removed.`,
  );
}

/** What the file says of retention, whoever asks over the network cannot undercut. */
function refuseKept({ audit }: RuntimeSettings['file'], days: number): void {
  const kept = typeof audit === 'object' ? audit.retention_days : undefined;
  if (kept === undefined || (kept !== null && days >= kept)) return;
  throw new FozError(
    'not-supported',
    `The configuration file says that ${kept === null ? 'every record of the audit log is kept' : `records of the audit log are kept for ${kept} days`} (audit.retention_days): change it there.`,
  );
}
