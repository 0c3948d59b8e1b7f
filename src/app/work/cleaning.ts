import { Cron } from 'croner';
import type { Logger } from 'pino';
import type { WorkflowConfig } from '../../control/index.ts';
import {
  type DeliveryStore,
  failureFields,
  type HookStore,
  type RunStore,
  type Store,
  vacuumEmbedded,
} from '../../store/index.ts';

export interface Cleaning {
  readonly store: Store;
  readonly runs: Pick<RunStore, 'removeOld'>;
  readonly calls: Pick<HookStore, 'removeOld'>;
  readonly deliveries: Pick<DeliveryStore, 'removeEnded'>;
  readonly settings: WorkflowConfig;
  readonly log: Pick<Logger, 'warn'>;
}

/** Days that ended deliveries and runs are kept. */
const usualDays = 14;
const secondsOfDay = 86_400;
/** Runs that one call of `removeOld` removes at most. */
const runsAtOnce = 10_000;

/**
 * Removes old deliveries and runs now and each hour, and has an embedded store reuse the space of removed rows each minute. Processes that share a
 * store may all do it: rows that another one is removing are skipped. Returns a function that stops it.
 */
export function startCleaning({ store, runs, calls, deliveries, settings, log }: Cleaning): () => void {
  const { delivery_retention_days: deliveryDays = usualDays, run_retention_days: runDays = usualDays } =
    settings;
  let isStopped = false;
  const remove = async () => {
    await store.open();
    if (isStopped) return;
    if (deliveryDays !== null) await deliveries.removeEnded(deliveryDays * secondsOfDay * 1000);
    if (runDays !== null) while ((await runs.removeOld(runDays * secondsOfDay)) === runsAtOnce && !isStopped);
    await calls.removeOld(runDays === null ? null : runDays * secondsOfDay);
  };
  const failed = (error: unknown) => {
    if (!isStopped) log.warn(failureFields(error), 'old deliveries and runs stay for now');
  };
  const notVacuumed = (error: unknown) => {
    if (!isStopped) log.warn(failureFields(error), 'the store was not vacuumed');
  };
  const options = { protect: true, unref: true } as const;
  const jobs = [new Cron('23 * * * *', { ...options, catch: failed }, remove)];
  if (store.kind === 'pglite')
    jobs.push(
      new Cron('* * * * *', { ...options, catch: notVacuumed }, async () => {
        await vacuumEmbedded(store);
      }),
    );
  remove().catch(failed);
  return () => {
    isStopped = true;
    for (const job of jobs) job.stop();
  };
}
