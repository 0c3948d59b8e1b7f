import { Cron } from 'croner';
import type { Logger } from 'pino';
import type { WorkflowConfig } from '../../control/index.ts';
import { forgetOnce } from '../../execute/index.ts';
import {
  type DeliveryStore,
  failureFields,
  type HookStore,
  type RunStore,
  type Store,
  vacuumEmbedded,
} from '../../store/index.ts';
import type { SourceRegistry } from '../../views/index.ts';

export interface Cleaning {
  readonly store: Store;
  readonly runs: Pick<RunStore, 'removeOld'>;
  readonly calls: Pick<HookStore, 'removeOld'>;
  readonly deliveries: Pick<DeliveryStore, 'removeEnded'>;
  readonly registry: Pick<SourceRegistry, 'sources'>;
  readonly settings: WorkflowConfig;
  readonly log: Pick<Logger, 'warn'>;
}

/** Days that ended deliveries and runs are kept. */
const usualDays = 14;
const secondsOfDay = 86_400;
/**
 * Removes old deliveries, runs and calls of webhooks now and each hour, and has an embedded store reuse the space of removed rows each minute.
 * Processes that share a store may all do it: rows that another one is removing are skipped. Returns a function that stops it.
 */
export function startCleaning({
  store,
  runs,
  calls,
  deliveries,
  registry,
  settings,
  log,
}: Cleaning): () => void {
  const { delivery_retention_days: deliveryDays = usualDays, run_retention_days: runDays = usualDays } =
    settings;
  let isStopped = false;
  const parts: Readonly<Record<string, () => Promise<unknown>>> = {
    ...(deliveryDays === null
      ? {}
      : { deliveries: () => deliveries.removeEnded(deliveryDays * secondsOfDay * 1000) }),
    ...(runDays === null
      ? {}
      : {
          runs: () => runs.removeOld(runDays * secondsOfDay),
          'rows of writes that were done once': () => forgetAll(registry, runDays * secondsOfDay * 1000),
        }),
    'calls of webhooks': () => calls.removeOld(runDays === null ? null : runDays * secondsOfDay),
  };
  // One part that fails does not keep the others from being removed.
  const remove = async () => {
    for (const [name, part] of Object.entries(parts)) {
      if (isStopped) return;
      await part().catch((error: unknown) => {
        if (!isStopped) log.warn(failureFields(error), `old ${name} stay for now`);
      });
    }
  };
  const notVacuumed = (error: unknown) => {
    if (!isStopped) log.warn(failureFields(error), 'the store was not vacuumed');
  };
  const options = { protect: true, unref: true } as const;
  const jobs = [new Cron('23 * * * *', options, remove)];
  if (store.kind === 'pglite')
    jobs.push(
      new Cron('* * * * *', { ...options, catch: notVacuumed }, async () => {
        await vacuumEmbedded(store);
      }),
    );
  void remove();
  return () => {
    isStopped = true;
    for (const job of jobs) job.stop();
  };
}

function forgetAll({ sources }: Cleaning['registry'], ageMs: number): Promise<unknown> {
  return Promise.all(sources.map(({ connector }) => forgetOnce(connector, ageMs)));
}
