import type { Logger } from 'pino';
import {
  type FozConfig,
  type LiveOwnTriggers,
  type OwnTrigger,
  validCronTriggers,
} from '../../control/index.ts';
import { FozError } from '../../core/index.ts';
import { type DeliveryStore, failureFields, OwnTriggerStore } from '../../store/index.ts';
import type { Graphs } from '../../views/index.ts';
import {
  type CronTrigger,
  cronDelivery,
  cronEndpoint,
  manualCronDelivery,
  Timetable,
} from '../../workflow/index.ts';
import type { ChangeWorkOptions } from './change-work-options.ts';
import { TriggerEndpoints } from './trigger-endpoints.ts';
import type { Work } from './work.ts';

/** Milliseconds between two looks at triggers, which also note that they are in use. */
const againMs = 15_000;

export interface OwnTriggerOptions {
  readonly work: Pick<Work, 'store' | 'jobs' | 'deliveries' | 'useEndpoints'>;
  readonly graphs: Pick<Graphs, 'metadata' | 'variables' | 'onSwap'>;
  readonly log: Pick<Logger, 'warn'>;
  /** Whether this process does durable work. */
  readonly isEnabled: boolean;
  /** The time, in milliseconds since 1970; default: that of the clock. */
  readonly now?: () => number;
}

/** The triggers of this process that belong to no table: watches the clock for them, and adds their deliveries. */
export class OwnTriggerWork implements LiveOwnTriggers {
  readonly #options: OwnTriggerOptions;
  readonly #store: OwnTriggerStore;
  readonly #timetable: Timetable<CronTrigger>;
  readonly #endpoints: TriggerEndpoints;
  readonly #stopListening: () => void;
  readonly #timer: NodeJS.Timeout;
  #cron: readonly CronTrigger[] = [];
  #syncing: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: OwnTriggerOptions) {
    this.#options = options;
    const { work, graphs, log, now = Date.now } = options;
    this.#store = new OwnTriggerStore(work.store);
    this.#timetable = new Timetable({
      ...{
        log,
        now,
        failed: 'The schedule of a cron trigger could not be followed; it is tried again.',
      },
      keeper: {
        lastDue: (...given) => this.#store.lastDue(...given),
        start: (one, due) => this.#deliver(one, due),
        pass: async ({ name, spec }, due) => {
          await work.jobs.transact((transaction) => this.#store.advance(transaction, name, spec, due));
        },
        forget: (names) => this.#store.forget(names),
      },
    });
    this.#endpoints = new TriggerEndpoints(work);
    this.#stopListening = graphs.onSwap(() => void this.sync());
    this.#timer = setInterval(() => void this.sync(), againMs).unref();
    void this.sync();
  }

  get deliveries(): DeliveryStore {
    return this.#options.work.deliveries;
  }

  async list(): Promise<readonly OwnTrigger[]> {
    const last = await this.#store.lastDues();
    return this.#cron.map(({ name, metadata, times }): OwnTrigger => {
      const next = metadata.enabled === false ? null : times.next((this.#options.now ?? Date.now)());
      return {
        ...{ name, kind: 'cron', comment: metadata.comment ?? null, definition: metadata },
        about: `${metadata.schedule ?? metadata.at} ${metadata.timezone ?? 'UTC'}`,
        problem:
          this.#endpoints.problemOf(name) ??
          (metadata.enabled === false ? 'It is disabled (enabled: false).' : null),
        nextAt: next === null ? null : new Date(next),
        lastAt: last.get(name) ?? null,
      };
    });
  }

  async invoke(name: string, input: unknown): Promise<string> {
    const { work } = this.#options;
    const trigger = this.#cron.find((one) => one.name === name);
    if (trigger === undefined) throw new FozError('not-found', `There is no cron trigger "${name}".`);
    const delivery = manualCronDelivery(trigger.metadata, input ?? undefined);
    await work.jobs.transact((transaction) => work.deliveries.add(transaction, [delivery]));
    return `${name}/${delivery.event}`;
  }

  /** Follows the present triggers. Calls while this goes on lead to one more. */
  sync(): Promise<void> {
    this.#syncing = this.#syncing.then(async () => {
      if (this.#isClosed) return;
      await this.#sync().catch((error: unknown) =>
        this.#options.log.warn(
          failureFields(error),
          'cron triggers could not be followed and are tried again',
        ),
      );
    });
    return this.#syncing;
  }

  /** Deals with all times that have come. */
  look(): Promise<void> {
    return this.#timetable.look();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#stopListening();
    await this.#syncing;
    await this.#timetable.close();
  }

  async #sync(): Promise<void> {
    const { graphs, isEnabled } = this.#options;
    this.#cron = validCronTriggers(graphs.metadata, graphs.variables);
    const endpoints = this.#cron.map(({ metadata }) => cronEndpoint(metadata));
    await this.#endpoints.use(endpoints);
    if (endpoints.length > 0)
      await this.#store.use(
        'cron',
        endpoints.map(({ name }) => name),
      );
    if (!isEnabled) return;
    const isOff = ({ metadata }: CronTrigger) => metadata.enabled === false;
    this.#timetable.use(
      this.#cron.filter((one) => !isOff(one)),
      this.#cron.filter(isOff).map(({ name }) => name),
    );
  }

  /** Adds the delivery of a due time, once over all processes. */
  async #deliver(one: CronTrigger, due: number): Promise<void> {
    const { work } = this.#options;
    const delivery = cronDelivery(one, due);
    await work.jobs.transact(async (transaction) => {
      if (await this.#store.advance(transaction, one.name, one.spec, due))
        await work.deliveries.add(transaction, [delivery]);
    });
  }
}

/** The triggers of this process that belong to no table; `null`: it has no store. */
export function ownTriggersOf(
  { graphs }: Pick<ChangeWorkOptions, 'graphs'>,
  { work, log }: Pick<OwnTriggerOptions, 'log'> & { readonly work: Work | null },
  { workflow = {} }: Pick<FozConfig, 'workflow'>,
): OwnTriggerWork | null {
  return work === null
    ? null
    : new OwnTriggerWork({ work, graphs, log, isEnabled: workflow.enabled !== false });
}
