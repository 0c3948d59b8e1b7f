import {
  type Claim,
  type JobQueue,
  type JobStore,
  type JobTransaction,
  jobKey,
  type Settlement,
} from '../jobs/index.ts';
import { removeInParts } from '../old-rows.ts';
import type { Store } from '../store.ts';
import type { Delivery, DeliveryFilter, NewDelivery, RecordedAttempt } from './delivery.ts';
import {
  type AttemptRecord,
  deliveryId,
  type EndpointState,
  endPending,
  endpointStates,
  insertDeliveries,
  listDeliveries,
  readAttempts,
  readDeliveries,
  recordAttempts,
  removeEnded,
  reviveDeliveries,
} from './statements.ts';

/** The kind of the queues of deliveries. Each endpoint has a queue. */
export const deliveryKind = 'deliver';

/** The queue of an endpoint. */
export function deliveryQueue(endpoint: string): string {
  return `${deliveryKind}:${endpoint}`;
}

/** The endpoint of a queue. */
export function endpointOfQueue(queue: string): string {
  return queue.slice(deliveryQueue('').length);
}

/** How a claimed delivery goes on. */
export interface DeliveryOutcome {
  readonly claim: Claim;
  /** Absent: there was no attempt. */
  readonly record?: Omit<AttemptRecord, 'id'>;
  readonly end: Settlement['outcome'];
}

/** Deliveries in the store, each with a job as long as it is pending. All methods reject with FozError. */
export class DeliveryStore {
  readonly #store: Store;
  readonly #jobs: JobStore;

  constructor(store: Store, jobs: JobStore) {
    this.#store = store;
    this.#jobs = jobs;
  }

  /** Adds the queues of endpoints, or changes their limits. */
  async storeEndpoints(
    endpoints: readonly { readonly name: string; readonly concurrency: number | null }[],
  ): Promise<void> {
    const queues = endpoints.map(
      ({ name, concurrency }): JobQueue => ({ name: deliveryQueue(name), kind: deliveryKind, concurrency }),
    );
    await this.#jobs.storeQueues(queues);
  }

  /**
   * Adds deliveries in the transaction that also records up to which position the events were read. Deliveries that are there already are left
   * alone. Resolves with the number of new ones.
   */
  async add(transaction: JobTransaction, deliveries: readonly NewDelivery[]): Promise<number> {
    const fresh = await insertDeliveries(transaction.run, deliveries);
    // An event that is given twice has one delivery and one job.
    const jobs = deliveries.map((one) => jobOf(deliveryId(one), one)).filter(({ id }) => fresh.has(id));
    await transaction.add(jobs);
    return fresh.size;
  }

  /** The deliveries of claims, in the order of the ids; `null`: it is not there. */
  async read(ids: readonly string[]): Promise<readonly (Delivery | null)[]> {
    const found = await this.#store.transact((run) => readDeliveries(run, ids));
    const byId = new Map(found.map((one) => [one.id, one]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  /** Records attempts and ends their claims, all in one transaction. Attempts of lost claims are left out. Resolves with whether each claim still held. */
  async settle(outcomes: readonly DeliveryOutcome[]): Promise<readonly boolean[]> {
    return this.#jobs.transact(async ({ run, settle }) => {
      const held = await settle(outcomes.map(({ claim, end }) => ({ claim, outcome: end })));
      const records = outcomes.flatMap(({ claim: { id }, record }) =>
        record === undefined || !held.has(id) ? [] : [{ id, ...record }],
      );
      await recordAttempts(run, records);
      return outcomes.map(({ claim }) => held.has(claim.id));
    });
  }

  list(filter: DeliveryFilter, most = 100): Promise<readonly Delivery[]> {
    return this.#store.transact((run) => listDeliveries(run, filter, most));
  }

  /** The states of endpoints, by name. */
  endpoints(names: readonly string[]): Promise<ReadonlyMap<string, EndpointState>> {
    return endpointStates(
      this.#store.run,
      names.map((name) => ({ name, queue: deliveryQueue(name) })),
    );
  }

  attempts(id: string): Promise<readonly RecordedAttempt[]> {
    return this.#store.transact((run) => readAttempts(run, id));
  }

  /** Makes deliveries that have ended pending again, at most `most`, the oldest first. Resolves with their number. */
  async redeliver(filter: DeliveryFilter, most = 1_000): Promise<number> {
    return this.#jobs.transact(async ({ run, add }) => {
      const revived = await reviveDeliveries(run, filter, most);
      await add(revived.map((one) => jobOf(one.id, one)));
      return revived.length;
    });
  }

  /** Makes no further attempts for an endpoint, until it is resumed. Attempts under way are finished. */
  pause(endpoint: string): Promise<void> {
    return this.#jobs.pauseQueue(deliveryQueue(endpoint), true);
  }

  resume(endpoint: string): Promise<void> {
    return this.#jobs.pauseQueue(deliveryQueue(endpoint), false);
  }

  /**
   * Ends the pending deliveries of triggers that are not there any more: they become dead. `known`: the triggers that are. Those that a process
   * has used in the last minutes stay, as it may have newer metadata. Resolves with their number.
   */
  async endUnknown(known: readonly string[], batch = 1_000): Promise<number> {
    const queues = await this.#store.run(
      `select name from foz.job_queues q where kind = ? and name <> all(?::text[]) and exists (
         select from (select name, seen_at from foz.event_triggers union all select name, seen_at from foz.triggers) t
         where ? || t.name = q.name having max(seen_at) < now() - interval '2 minutes')`,
      [deliveryKind, known.map(deliveryQueue), deliveryQueue('')],
    );
    let ended = 0;
    for (const { name } of queues)
      for (let some = batch; some === batch; ended += some)
        some = await this.#store.transact((run) => endPending(run, String(name), batch));
    return ended;
  }

  /** Removes deliveries that ended more than `olderThanMs` ago, at most `batch` per transaction. Resolves with their number. */
  removeEnded(olderThanMs: number, batch = 1_000): Promise<number> {
    return removeInParts(() => this.#store.transact((run) => removeEnded(run, olderThanMs, batch)));
  }
}

function jobOf(id: string, { endpoint, key }: NewDelivery) {
  return { id, queue: deliveryQueue(endpoint), ...(key === null ? {} : { key: jobKey(key) }) };
}
