import { randomBytes } from 'node:crypto';
import { type EventTrigger, RuleProblem, rowWithKey } from '../../access/index.ts';
import { triggerNames } from '../../control/index.ts';
import { FozError, type SourceName } from '../../core/index.ts';
import { readRowTexts } from '../../execute/index.ts';
import {
  ChangeLogStore,
  type DeliveryStore,
  failureFields,
  OwnTriggerStore,
  TriggerStore,
} from '../../store/index.ts';
import { deliveryOf, eventId, payloadOf } from '../../workflow/index.ts';
import type { ChangeWorkOptions } from './change-work-options.ts';
import { DurableReaders } from './durable-readers.ts';
import { FollowedTriggers } from './followed-triggers.ts';
import { TriggerEndpoints } from './trigger-endpoints.ts';
import type { Work } from './work.ts';

/** Milliseconds between two removals of triggers that nobody uses any more. */
const removalMs = 3_600_000;
/** Milliseconds between two looks at triggers that could not be followed, and at readers that are to be removed. */
const againMs = 15_000;

/** The event triggers of this process: follows the sources that have some, and adds their deliveries. */
export class EventTriggerWork {
  readonly store: TriggerStore;
  readonly #options: ChangeWorkOptions;
  readonly #log: ChangeLogStore;
  readonly #readers: DurableReaders;
  readonly #followed = new Map<SourceName, FollowedTriggers>();
  readonly #endpoints: TriggerEndpoints;
  readonly #stopListening: () => void;
  readonly #timer: NodeJS.Timeout;
  #syncing: Promise<void> = Promise.resolve();
  #isClosed = false;
  #removalAt = 0;

  constructor(options: ChangeWorkOptions) {
    this.#options = options;
    this.store = new TriggerStore(options.work.store);
    this.#log = new ChangeLogStore(options.work.store);
    this.#readers = new DurableReaders({ ...options, store: this.store });
    this.#endpoints = new TriggerEndpoints(options.work);
    this.#stopListening = options.graphs.onSwap(() => this.sync());
    this.#timer = setInterval(() => this.sync(), againMs).unref();
    this.sync();
  }

  /** The triggers that have no faults. */
  get triggers(): ReadonlyMap<string, EventTrigger> {
    return this.#options.graphs.eventTriggers;
  }

  /** Why a trigger does not work now; `null`: it does. */
  problemOf({ name, table }: EventTrigger): string | null {
    const followed = this.#followed.get(table.source.name);
    return this.#endpoints.problemOf(name) ?? followed?.problemOf(name) ?? null;
  }

  get deliveries(): DeliveryStore {
    return this.#options.work.deliveries;
  }

  /** Adds a delivery of a row that is there. Resolves with its id. Rejects with FozError. */
  async invoke(trigger: EventTrigger, key: Readonly<Record<string, unknown>>): Promise<string> {
    const { registry, work } = this.#options;
    const { table } = trigger;
    const connector = registry.find(table.source.name)?.connector;
    if (connector === undefined)
      throw new FozError('unavailable', `Source "${table.source.name}" is not attached.`);
    const [row, other] = await readRowTexts(connector, table, keyRule(trigger, key), 2);
    if (row === undefined) throw new FozError('not-found', `No row of ${table.id} has this key.`);
    if (other !== undefined)
      throw new FozError(
        'validation-failed',
        `Several rows of ${table.id} have these values: name those of a key.`,
      );
    const id = eventId(trigger.name, 'manual', randomBytes(16).toString('hex'));
    const time = new Date().toISOString();
    const facts = {
      id,
      op: 'MANUAL',
      old: null,
      new: row,
      at: time,
      transaction: null,
      position: null,
    } as const;
    const payload = payloadOf(trigger, facts);
    const delivery = deliveryOf(trigger, 'manual', { id, time, payload, key: null });
    await work.jobs.transact((transaction) => work.deliveries.add(transaction, [delivery]));
    return `${trigger.name}/${id}`;
  }

  /** Follows the present triggers. Calls while this goes on lead to one more. */
  sync(): void {
    this.#syncing = this.#syncing.then(async () => {
      if (this.#isClosed) return;
      await this.#sync().catch((error: unknown) =>
        this.#options.log.warn(
          failureFields(error),
          'event triggers could not be followed and are tried again',
        ),
      );
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#stopListening();
    await this.#syncing;
    await Promise.all([...this.#followed.values()].map((followed) => followed.close()));
    await this.#log.close();
  }

  async #sync(): Promise<void> {
    const triggers = [...this.triggers.values()];
    await this.#endpoints.use(triggers.map(({ metadata }) => metadata));
    const sources = groupedBySource(triggers);
    for (const [source, list] of sources)
      await this.#followedOf(source).use(list, await this.#readers.of(source));
    for (const [source, followed] of this.#followed)
      if (!sources.has(source)) {
        this.#followed.delete(source);
        await followed.close();
      }
    await this.#readers.removeUnneeded();
    await this.#endUnknown();
  }

  /**
   * Ends the deliveries of triggers that the metadata does not have any more, and forgets such triggers later. Those of triggers with faults wait for
   * them.
   */
  async #endUnknown(): Promise<void> {
    const { graphs, isRead, log } = this.#options;
    if (!isRead()) return;
    const names = triggerNames(graphs.metadata);
    const ended = await this.deliveries.endUnknown(names);
    if (ended > 0) log.info({ deliveries: ended }, 'deliveries of triggers that are gone are dead');
    if (performance.now() < this.#removalAt) return;
    await this.store.removeUnused(names);
    await new OwnTriggerStore(this.#options.work.store).removeUnused(names);
    this.#removalAt = performance.now() + removalMs;
  }

  #followedOf(source: SourceName): FollowedTriggers {
    const { work, feeds, registry, log } = this.#options;
    const known = this.#followed.get(source);
    if (known !== undefined) return known;
    const followed = new FollowedTriggers({
      ...{ source, feeds, registry, log, changes: this.#log, store: this.store },
      ...{ jobs: work.jobs, deliveries: work.deliveries },
      onGap: (trigger) => work.figures.countGap(trigger),
    });
    this.#followed.set(source, followed);
    return followed;
  }
}

/** Throws FozError `validation-failed` for a key that is none. */
function keyRule({ table }: EventTrigger, key: Readonly<Record<string, unknown>>) {
  const isObject =
    typeof key === 'object' && key !== null && !Array.isArray(key) && Object.keys(key).length > 0;
  if (!isObject)
    throw new FozError('validation-failed', 'The key is an object of columns and values, as { "id": 7 }.');
  try {
    return rowWithKey(table, key);
  } catch (error) {
    if (!(error instanceof RuleProblem)) throw error;
    throw new FozError(
      'validation-failed',
      `${error.problems.map(({ where, reason }) => `${where}: ${reason}`).join('; ')}.`,
    );
  }
}

function groupedBySource(triggers: readonly EventTrigger[]): Map<SourceName, EventTrigger[]> {
  const sources = new Map<SourceName, EventTrigger[]>();
  for (const trigger of triggers) {
    const { name } = trigger.table.source;
    sources.set(name, [...(sources.get(name) ?? []), trigger]);
  }
  return sources;
}

/** The event triggers of this process; `null`: it has no store. */
export function eventTriggersOf(
  attached: Pick<ChangeWorkOptions, 'graphs' | 'registry'>,
  { work, ...rest }: Pick<ChangeWorkOptions, 'feeds' | 'isRead' | 'log'> & { readonly work: Work | null },
): EventTriggerWork | null {
  const { graphs, registry } = attached;
  return work === null ? null : new EventTriggerWork({ work, graphs, registry, ...rest });
}
