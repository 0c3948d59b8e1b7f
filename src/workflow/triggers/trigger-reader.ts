import type { EventTrigger } from '../../access/index.ts';
import { FozError } from '../../core/index.ts';
import { isAfter } from '../../events/index.ts';
import type { ImageReader } from '../../execute/index.ts';
import type { ChangedTable, ChangeMethod } from '../../plan/index.ts';
import type {
  ChangeLogStore,
  DeliveryStore,
  JobStore,
  NewDelivery,
  StoredLog,
  StoredTrigger,
  TriggerProgress,
  TriggerStore,
} from '../../store/index.ts';
import { type ChangedRow, deliveriesOf } from './events.ts';
import { LogCut, type StoredTransaction, StoredTransactions } from './stored-transactions.ts';
import { Stuck } from './stuck.ts';

/** Most changes whose deliveries are added by one transaction. */
const mostChanges = 500;

export interface TriggerReaderOptions {
  readonly source: string;
  readonly log: Pick<ChangeLogStore, 'read' | 'segments' | 'numberBefore'>;
  readonly store: TriggerStore;
  readonly jobs: JobStore;
  readonly deliveries: DeliveryStore;
  /** Reads images of rows of a table. */
  readonly images: (trigger: EventTrigger) => ImageReader;
  /** Called when changes of a trigger are missing. */
  readonly onGap: (trigger: string, reason: string, error?: unknown) => void;
}

/** A trigger with its state in the store. */
interface Active {
  readonly trigger: EventTrigger;
  /** Changes after this position are delivered. */
  deliverAfter: string;
  /** The position from which on the log has all changes of its table. */
  loggedSince: string;
}

interface Reading {
  readonly transactions: StoredTransactions;
  progress: TriggerProgress;
}

/**
 * Adds a delivery for each change that an event trigger of a source is about. It reads the log of changes in the store; how far it has read
 * is stored in the transaction that adds the deliveries. So a kill neither skips a change nor adds a delivery twice.
 */
export class TriggerReader {
  readonly #options: TriggerReaderOptions;
  #reading: Reading | null = null;
  readonly #stuck = new Stuck();

  constructor(options: TriggerReaderOptions) {
    this.#options = options;
  }

  /** Reads what is in the log now, for these triggers. Rejects with FozError; what was read until then stays. */
  async read(triggers: readonly EventTrigger[], signal: AbortSignal): Promise<void> {
    const { log, source } = this.#options;
    try {
      const stored = await log.read(source);
      if (stored === null || triggers.length === 0) return;
      const active = await this.#activate(triggers, stored);
      const reading = await this.#open(stored, active);
      while (!signal.aborted) {
        const found = await reading.transactions.next();
        if (found === null) return;
        for (const transaction of found) {
          if (signal.aborted) break;
          await this.#handle(reading, stored, active, transaction);
        }
        if (signal.aborted) this.#reading = null;
      }
    } catch (error) {
      this.#reading = null;
      if (!(error instanceof LogCut)) throw error;
      await this.#lose(
        triggers,
        'the log of changes was begun anew, or changes were removed before they were read',
      );
    }
  }

  /** Finds the triggers whose tables are logged, and notes which changes are missing. */
  async #activate(triggers: readonly EventTrigger[], log: StoredLog): Promise<readonly Active[]> {
    const { store, source } = this.#options;
    const states = await store.use(
      source,
      triggers.map(({ name }) => name),
    );
    const byName = new Map(states.map((state) => [state.name, state]));
    const active: Active[] = [];
    for (const trigger of triggers) {
      const since = log.tables.find((table) => isTable(table, trigger))?.since;
      if (since !== undefined) active.push(await this.#activeOf(trigger, byName.get(trigger.name)!, since));
    }
    return active;
  }

  async #activeOf(trigger: EventTrigger, state: StoredTrigger, loggedSince: string): Promise<Active> {
    const { store, onGap } = this.#options;
    const { deliverAfter } = state;
    if (state.loggedSince === loggedSince && deliverAfter !== null)
      return { trigger, deliverAfter, loggedSince };
    const isNew = deliverAfter === null;
    const gap = isNew ? null : 'changes of the table were not reported for a while';
    if (gap !== null) onGap(trigger.name, gap);
    // What the log has from before stays valid.
    const from = isNew || loggedSince < deliverAfter ? loggedSince : deliverAfter;
    await store.begin(trigger.name, from, loggedSince, gap);
    return { trigger, deliverAfter: from, loggedSince };
  }

  /** Goes on where the progress in the store ends. */
  async #open(stored: StoredLog, active: readonly Active[]): Promise<Reading> {
    const { log, store, source } = this.#options;
    const progress = await store.progress(source);
    const known = this.#reading;
    if (known !== null && isSame(known.progress, progress)) return known;
    const start = async () => (await log.numberBefore(source, '')) ?? stored.number;
    const isCut = progress.readSegment !== null && progress.readSegment > stored.number;
    const isOther = progress.readUpTo !== null && progress.readUpTo.method !== stored.method;
    if (isCut || isOther) throw new LogCut();
    const number = progress.readSegment ?? (await start());
    if (active.length === 0)
      return { transactions: new StoredTransactions({ segments: async () => [] }, source, number), progress };
    const reading = {
      transactions: new StoredTransactions(log, source, number),
      progress,
    };
    this.#reading = reading;
    return reading;
  }

  /** Begins anew at the start of the log, where changes are missing. */
  async #lose(triggers: readonly EventTrigger[], reason: string): Promise<void> {
    const { store, jobs, log, source, onGap } = this.#options;
    const stored = await log.read(source);
    const number = (await log.numberBefore(source, '')) ?? stored?.number ?? null;
    const before = await store.progress(source);
    const moved = await jobs.transact((transaction) =>
      store.advance(transaction, source, before, { readSegment: number, readUpTo: null }),
    );
    if (!moved) return;
    for (const { name, table } of triggers) {
      const since = stored?.tables.find((one) => isTable(one, { table }))?.since;
      onGap(name, reason);
      if (since === undefined) await store.gap(name, reason);
      else await store.begin(name, since, since, reason);
    }
  }

  async #handle(
    reading: Reading,
    log: StoredLog,
    active: readonly Active[],
    transaction: StoredTransaction,
  ): Promise<void> {
    const method = log.method as ChangeMethod;
    const { position, rows, lost, done } = transaction;
    await this.#reportLost(active, lost);
    const after = reading.progress.readUpTo;
    const left = rows.filter(
      ({ index }) => after === null || isAfter({ method, position, index }, { ...after, method }),
    );
    const relevant = left.filter((row) => active.some((one) => concerns(one, row, position))).map(completed);
    for (let at = 0; at < relevant.length; at += mostChanges) {
      const some = relevant.slice(at, at + mostChanges);
      const next = {
        readSegment: reading.progress.readSegment,
        readUpTo: { method, position, index: some.at(-1)!.index },
      };
      const before = reading.progress;
      try {
        const isStuck = this.#stuck.isAt(before);
        if (isStuck) await this.#addEach(reading, active, some, transaction, log);
        await this.#add(reading, isStuck ? [] : await this.#deliveries(active, some, transaction, log), next);
      } catch (error) {
        this.#stuck.note(before, error);
        throw error;
      }
    }
    if (done === null) return;
    const readUpTo = { method, position, index: Number.MAX_SAFE_INTEGER };
    await this.#add(reading, [], { readSegment: done, readUpTo });
  }

  /**
   * Adds the deliveries of changes one by one, as some of them cannot be made or stored: those are missing from then on, so that they do not
   * keep all others waiting for ever.
   */
  async #addEach(
    reading: Reading,
    active: readonly Active[],
    rows: StoredTransaction['rows'],
    transaction: StoredTransaction,
    log: StoredLog,
  ): Promise<void> {
    const { progress } = reading;
    for (const row of rows)
      for (const one of active.filter((each) => concerns(each, row, transaction.position)))
        try {
          // Deliveries that are there already are left alone, so the progress need not move with each.
          await this.#add(reading, await this.#deliveries([one], [row], transaction, log), progress);
        } catch (error) {
          if (!this.#stuck.isAt(progress, error)) throw error;
          const text = error instanceof Error ? error.message : String(error);
          await this.#gap(one.trigger, `the event of a change could not be made: ${text}`, error);
        }
  }

  async #deliveries(
    active: readonly Active[],
    rows: StoredTransaction['rows'],
    transaction: StoredTransaction,
    { identity, method }: StoredLog,
  ): Promise<readonly NewDelivery[]> {
    const deliveries: NewDelivery[] = [];
    for (const one of active) {
      const { trigger } = one;
      const mine = rows.filter((row) => concerns(one, row, transaction.position));
      if (mine.length === 0) continue;
      const whole = mine.filter((row) => isWhole(row, trigger));
      if (whole.length < mine.length)
        await this.#gap(trigger, 'the database has not reported all values of changed rows');
      const place = { identity, method: method as ChangeMethod, transaction };
      deliveries.push(...(await deliveriesOf(trigger, whole, place, this.#options.images(trigger))));
    }
    return deliveries;
  }

  async #add(reading: Reading, deliveries: readonly NewDelivery[], next: TriggerProgress): Promise<void> {
    const { jobs, store, source } = this.#options;
    const moved = await jobs.transact(async (transaction) => {
      if (!(await store.advance(transaction, source, reading.progress, next))) return false;
      await this.#options.deliveries.add(transaction, deliveries);
      return true;
    });
    if (!moved)
      throw new FozError('conflict', `Another process reads the changes of the source "${source}".`);
    reading.progress = next;
  }

  async #reportLost(active: readonly Active[], lost: StoredTransaction['lost']): Promise<void> {
    for (const tables of lost)
      for (const { trigger } of active)
        if (tables === null || tables.some((table) => isTable(table, trigger)))
          await this.#gap(
            trigger,
            'rows were changed that the database has not reported one by one (TRUNCATE, or a very long transaction)',
          );
  }

  async #gap({ name }: EventTrigger, reason: string, error?: unknown): Promise<void> {
    this.#options.onGap(name, reason, error);
    await this.#options.store.gap(name, reason);
  }
}

function isTable(one: ChangedTable, { table }: Pick<EventTrigger, 'table'>): boolean {
  return one.name === table.name && one.namespace === table.namespace;
}

/** Whether a trigger is about a change: those up to `deliverAfter` were made before it was there. */
function concerns(
  { trigger, deliverAfter }: Active,
  row: ChangedRow & { readonly table: ChangedTable },
  position: string,
): boolean {
  return position > deliverAfter && isTable(row.table, trigger) && trigger[row.op] !== null;
}

/** Whether a change has the values of all columns of the rows that it should have. */
function isWhole({ op, old, new: after }: ChangedRow, { table: { columns } }: EventTrigger): boolean {
  const has = (image: ChangedRow['old']) =>
    image !== null &&
    columns.every(({ name, generated }) => {
      const at = image.columns.indexOf(name);
      return at < 0 ? generated : image.values[at] !== undefined;
    });
  return (op === 'insert' || has(old)) && (op === 'delete' || has(after));
}

/** PostgreSQL's log leaves out long values that an update did not change: they are those of the row before. */
function completed<R extends ChangedRow>(row: R): R {
  const { old, new: after } = row;
  if (old === null || after === null || !after.values.includes(undefined)) return row;
  const before = new Map(old.columns.map((name, at) => [name, old.values[at]]));
  const values = after.values.map((value, at) =>
    value === undefined ? before.get(after.columns[at]!) : value,
  );
  return { ...row, new: { ...after, values } };
}

function isSame(one: TriggerProgress, other: TriggerProgress): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
