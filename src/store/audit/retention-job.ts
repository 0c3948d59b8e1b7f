import { Cron } from 'croner';
import { failureFields } from '../errors.ts';
import type { Store, StoreLog } from '../store.ts';
import type { AuditLog } from './audit-log.ts';
import { removeOldRecords } from './retention.ts';

export interface RetentionJob {
  readonly store: Store;
  readonly audit: AuditLog;
  /** Older records are removed. */
  readonly days: number;
  readonly log: StoreLog;
}

/**
 * Removes old records of the audit log now and every night (3:17 local time). Processes that share a store may all
 * run it: removing locks the end of the chain, and the next process finds nothing left. Returns a function that
 * stops the job.
 */
export function startRetention({ store, audit, days, log }: RetentionJob): () => void {
  const remove = async () => {
    const before = Date.now() - days * 86_400_000;
    await removeOldRecords(store, audit, before, { kind: 'system', id: 'retention', role: null });
  };
  const failed = (error: unknown) =>
    log.error(failureFields(error), 'old records of the audit log stay for now');
  const job = new Cron('17 3 * * *', { protect: true, unref: true, catch: failed }, remove);
  remove().catch(failed);
  return () => job.stop();
}
