import type { Logger } from 'pino';
import { type LiveMetadata, LiveWorkflows, validHooks } from '../../control/index.ts';
import { HttpClient } from '../../outbound/index.ts';
import {
  DeliveryStore,
  HookStore,
  JobStore,
  RunStore,
  ScheduleStore,
  type Store,
  SyncStore,
} from '../../store/index.ts';
import type { Graphs } from '../../views/index.ts';
import {
  Deliverer,
  type Endpoint,
  HookReceiver,
  JobWorker,
  Runner,
  Scheduler,
} from '../../workflow/index.ts';
import { startCleaning } from './cleaning.ts';
import { deliveryRuns } from './delivery-runs.ts';
import { workflowFields } from './fields/index.ts';
import { WorkFigures } from './figures.ts';
import { hookSecrets } from './hook-secrets.ts';
import type { OwnOperations } from './own-operations.ts';
import { type ServiceOptions, stepServices } from './step-services.ts';

/** Milliseconds that running jobs may take to end when the server stops. */
const graceMs = 5_000;

export interface WorkOptions extends ServiceOptions {
  readonly store: Store;
  readonly graphs: Graphs;
  readonly metadata: Pick<LiveMetadata, 'isRead'>;
  readonly log: Logger;
}

/** The durable work of this process: its worker, and what the worker does. */
export interface Work {
  readonly store: Store;
  readonly jobs: JobStore;
  readonly runs: RunStore;
  readonly deliveries: DeliveryStore;
  /** Claims jobs once it is started. Handlers of further kinds of jobs (such as runs of workflows) are set before. */
  readonly worker: JobWorker;
  /** The client of requests whose URLs come from metadata. */
  readonly http: HttpClient;
  readonly figures: WorkFigures;
  readonly runner: Runner;
  /** The workflows of the metadata in use. */
  readonly workflows: LiveWorkflows;
  readonly scheduler: Scheduler;
  readonly calls: HookStore;
  readonly hooks: HookReceiver;
  /** Adds a place where the endpoint of a name is looked up. */
  useEndpoints(endpoint: (name: string) => Endpoint | undefined): void;
  /** Starts to claim jobs. A store that does not answer yet is asked again at each heartbeat. `graphql`: runs the operations of steps. */
  start(graphql: OwnOperations): void;
  /** Gives the jobs of this process to others. Further calls do nothing more. */
  close(): Promise<void>;
}

/** Puts the parts of durable work together on a store. */
export function workOf(options: WorkOptions): Work {
  const { store, secrets, config, graphs, registry, metadata, log } = options;
  const { workflow = {}, outbound = {} } = config;
  const { jobs, runs, deliveries } = storesOf(store);
  const { concurrency: slots } = workflow;
  const worker = new JobWorker({ jobs, log, ...(slots === undefined ? {} : { slots }) });
  // Metadata can be written by people who must not reach what this machine reaches.
  const http = new HttpClient({ author: 'anyone', config: outbound });
  const figures = new WorkFigures(jobs, new SyncStore(store, jobs));
  const lookups: EndpointLookup[] = [];
  const opened = stepServices(options, http);
  const { services } = opened;
  const runner = new Runner({ runs, worker, services, log });
  const workflows = new LiveWorkflows({ graphs, runner, log });
  const deliverer = delivererOf({ deliveries, http, figures }, lookups, deliveryRuns(workflows, runner));
  deliverer.join(worker);
  const scheduler = new Scheduler({ schedules: new ScheduleStore(jobs), runner, log });
  if (workflow.enabled !== false) workflows.onChange(() => scheduler.use(workflows.definitions));
  const calls = new HookStore(jobs);
  const secretsOf = hookSecrets(secrets, graphs.variables);
  const hooks = new HookReceiver({
    ...{ calls, runner, log, secretsOf, settled: () => workflows.align(), isRead: () => metadata.isRead },
  });
  graphs.useServices(workflowFields({ runner, workflows, runs, graphs }));
  // Calls may come as soon as the server listens.
  const stops: (() => void)[] = [followHooks(graphs, hooks)];
  let closing: Promise<void> | null = null;
  return {
    ...{ store, jobs, runs, deliveries, worker, http, figures, runner, workflows, scheduler, calls, hooks },
    useEndpoints(endpoint) {
      lookups.push(endpoint);
    },
    start(service) {
      opened.useGraphql(service);
      stops.push(startCleaning({ store, runs, calls, deliveries, registry, settings: workflow, log }));
      workflows.start();
      if (workflow.enabled !== false) void worker.start();
    },
    close() {
      closing ??= close();
      return closing;
    },
  };

  async function close(): Promise<void> {
    for (const stop of stops) stop();
    workflows.close();
    await scheduler.close();
    await worker.stop(graceMs);
    await runner.close();
    deliverer.close();
    await opened.close();
    await http.close();
  }
}

type EndpointLookup = (name: string) => Endpoint | undefined;

function delivererOf(
  { deliveries, http, figures }: Pick<Work, 'deliveries' | 'http' | 'figures'>,
  lookups: readonly EndpointLookup[],
  runs: Pick<Runner, 'start'>,
): Deliverer {
  return new Deliverer({
    ...{ deliveries, http, runs },
    endpoint: (name) => lookups.map((lookup) => lookup(name)).find((found) => found !== undefined),
    onAttempt: (endpoint, result) => figures.count(endpoint, result),
  });
}

function storesOf(store: Store) {
  const jobs = new JobStore(store);
  return { jobs, runs: new RunStore(jobs), deliveries: new DeliveryStore(store, jobs) };
}

/** Uses the webhooks of the metadata in use. Returns a function that ends this. */
function followHooks(graphs: Graphs, hooks: HookReceiver): () => void {
  const use = () => hooks.use(validHooks(graphs.metadata));
  use();
  return graphs.onSwap(use);
}
