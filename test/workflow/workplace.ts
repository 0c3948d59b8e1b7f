import { JobStore, RunStore } from '../../src/store/index.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { type GraphqlRequest, JobWorker, Runner, type StepServices } from '../../src/workflow/index.ts';
import type { StorePlace } from '../store/place.ts';

/** What a process needs to do runs, on a store. */
export interface Workplace {
  readonly runner: Runner;
  readonly runs: RunStore;
  readonly jobs: JobStore;
  readonly store: Store;
  readonly worker: JobWorker;
  close(): Promise<void>;
}

export interface WorkplaceOptions {
  readonly beatMs?: number;
  readonly slots?: number;
  readonly services?: Partial<StepServices>;
}

/** Opens a store, with a worker that does runs. `graphql` answers the operations of steps. */
export async function workplace(
  place: Pick<StorePlace, 'url' | 'folder'>,
  graphql: (request: GraphqlRequest) => Promise<{ data?: unknown; errors?: { message: string }[] }>,
  { services, ...options }: WorkplaceOptions = {},
): Promise<Workplace> {
  const store = openStore({ url: place.url, folder: place.folder });
  const jobs = new JobStore(store);
  const runs = new RunStore(jobs);
  const worker = new JobWorker({ jobs, ...options });
  const runner = new Runner({ runs, worker, services: { graphql, ...services } });
  await store.open();
  return {
    ...{ store, jobs, runs, runner, worker },
    async close() {
      await worker.stop(0);
      await runner.close();
      await store.close();
    },
  };
}
