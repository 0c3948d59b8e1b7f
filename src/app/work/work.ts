import type { Logger } from 'pino';
import type { FozConfig } from '../../control/index.ts';
import { HttpClient } from '../../outbound/index.ts';
import { DeliveryStore, JobStore, RunStore, type Store } from '../../store/index.ts';
import { Deliverer, type Endpoint, JobWorker } from '../../workflow/index.ts';
import { startCleaning } from './cleaning.ts';
import { WorkFigures } from './figures.ts';

/** Milliseconds that running jobs may take to end when the server stops. */
const graceMs = 5_000;

export interface WorkOptions {
  readonly store: Store;
  readonly config: Pick<FozConfig, 'workflow' | 'outbound'>;
  readonly log: Logger;
}

/** The durable work of this process: its worker, and what the worker does. */
export interface Work {
  readonly jobs: JobStore;
  readonly runs: RunStore;
  readonly deliveries: DeliveryStore;
  /** Claims jobs once it is started. Handlers of further kinds of jobs (such as runs of workflows) are set before. */
  readonly worker: JobWorker;
  /** The client of requests whose URLs come from metadata. */
  readonly http: HttpClient;
  readonly figures: WorkFigures;
  /** Sets where the endpoint of a name is looked up. */
  useEndpoints(endpoint: (name: string) => Endpoint | undefined): void;
  /** Starts to claim jobs. A store that does not answer yet is asked again at each heartbeat. */
  start(): void;
  close(): Promise<void>;
}

/** Puts the parts of durable work together on a store. */
export function workOf({ store, config, log }: WorkOptions): Work {
  const { workflow = {}, outbound = {} } = config;
  const jobs = new JobStore(store);
  const runs = new RunStore(jobs);
  const deliveries = new DeliveryStore(store, jobs);
  const { concurrency: slots } = workflow;
  const worker = new JobWorker({ jobs, log, ...(slots === undefined ? {} : { slots }) });
  // Metadata can be written by people who must not reach what this machine reaches.
  const http = new HttpClient({ author: 'anyone', config: outbound });
  const figures = new WorkFigures(jobs);
  let endpointOf: (name: string) => Endpoint | undefined = () => undefined;
  const deliverer = new Deliverer({
    ...{ deliveries, http },
    endpoint: (name) => endpointOf(name),
    onAttempt: (endpoint, result) => figures.count(endpoint, result),
  });
  deliverer.join(worker);
  let stopCleaning = () => {};
  const isWorking = workflow.enabled ?? true;
  return {
    ...{ jobs, runs, deliveries, worker, http, figures },
    useEndpoints(endpoint) {
      endpointOf = endpoint;
    },
    start() {
      stopCleaning = startCleaning({ store, runs, deliveries, settings: workflow, log });
      if (isWorking) void worker.start();
    },
    async close() {
      stopCleaning();
      await worker.stop(graceMs);
      deliverer.close();
      await http.close();
    },
  };
}
