import type { EventTrigger } from '../../access/index.ts';
import { FozError } from '../../core/index.ts';
import { isAfter } from '../../events/index.ts';
import type { ImageReader } from '../../execute/index.ts';
import type { ChangeMethod } from '../../plan/index.ts';
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
import { deliveriesOf } from './events.ts';
import { type Active, completed, concerns, isTable, isWhole, type LoggedRow } from './logged-rows.ts';
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
        const found = await nextOf(reading.transactions);
        if (found.length === 0) return;
        await this.#handle(reading, stored, active, found, signal);
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
    // The changes that the log has from before stay valid.
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

  /** Adds the deliveries of transactions, many at once: a statement of the source and a transaction of the store for each would be slow. */
  async #handle(
    reading: Reading,
    log: StoredLog,
    active: readonly Active[],
    transactions: readonly StoredTransaction[],
    signal: AbortSignal,
  ): Promise<void> {
    const method = log.method as ChangeMethod;
    const rows = this.#relevant(reading, method, active, transactions);
    const last = transactions.at(-1)!;
    const end: TriggerProgress = {
      readSegment: transactions.findLast(({ done }) => done !== null)?.done ?? reading.progress.readSegment,
      readUpTo: { method, position: last.position, index: Number.MAX_SAFE_INTEGER },
    };
    for (const { lost } of transactions) await this.#reportLost(active, lost);
    for (let at = 0; at < rows.length; at += mostChanges) {
      if (signal.aborted) return;
      const some = rows.slice(at, at + mostChanges);
      const { transaction, index } = some.at(-1)!;
      const isLast = at + mostChanges >= rows.length;
      const next = isLast
        ? end
        : { ...reading.progress, readUpTo: { method, position: transaction.position, index } };
      await this.#addSome(reading, log, active, some, next);
    }
    if (rows.length === 0 && end.readSegment !== reading.progress.readSegment)
      await this.#add(reading, [], end);
  }

  /** The changes of transactions that any trigger is about, without those whose deliveries were added already. */
  #relevant(
    { progress: { readUpTo: after } }: Reading,
    method: ChangeMethod,
    active: readonly Active[],
    transactions: readonly StoredTransaction[],
  ): readonly LoggedRow[] {
    return transactions.flatMap(({ rows, ...transaction }) =>
      rows
        .filter(
          ({ index }) =>
            after === null ||
            isAfter({ method, position: transaction.position, index }, { ...after, method }),
        )
        .map((row) => ({ ...row, transaction }))
        .filter((row) => active.some((one) => concerns(one, row)))
        .map(completed),
    );
  }

  async #addSome(
    reading: Reading,
    log: StoredLog,
    active: readonly Active[],
    rows: readonly LoggedRow[],
    next: TriggerProgress,
  ): Promise<void> {
    const before = reading.progress;
    try {
      const isStuck = this.#stuck.isAt(before);
      if (isStuck) await this.#addEach(reading, active, rows, log);
      await this.#add(reading, isStuck ? [] : await this.#deliveries(active, rows, log), next);
    } catch (error) {
      this.#stuck.note(before, error);
      throw error;
    }
  }

  /**
   * Adds the deliveries of changes one by one, as some of them cannot be made or stored: those are missing from then on, so that they do not
   * keep all others waiting for ever.
   */
  async #addEach(
    reading: Reading,
    active: readonly Active[],
    rows: readonly LoggedRow[],
    log: StoredLog,
  ): Promise<void> {
    const { progress } = reading;
    for (const row of rows)
      for (const one of active.filter((each) => concerns(each, row)))
        try {
          // Deliveries that are there already are left alone, so the progress need not move with each.
          await this.#add(reading, await this.#deliveries([one], [row], log), progress);
        } catch (error) {
          if (!this.#stuck.isAt(progress, error)) throw error;
          const text = error instanceof Error ? error.message : String(error);
          await this.#gap(one.trigger, `the event of a change could not be made: ${text}`, error);
        }
  }

  async #deliveries(
    active: readonly Active[],
    rows: readonly LoggedRow[],
    { identity, method }: StoredLog,
  ): Promise<readonly NewDelivery[]> {
    const deliveries: NewDelivery[] = [];
    for (const one of active) {
      const { trigger } = one;
      const mine = rows.filter((row) => concerns(one, row));
      if (mine.length === 0) continue;
      const whole = mine.filter((row) => isWhole(row, trigger));
      if (whole.length < mine.length)
        await this.#gap(trigger, 'the database has not reported all values of changed rows');
      const origin = { identity, method: method as ChangeMethod };
      deliveries.push(...(await deliveriesOf(trigger, whole, origin, this.#options.images(trigger))));
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

function isSame(one: TriggerProgress, other: TriggerProgress): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** The next transactions, until there are enough changes for a transaction of the store; empty: there are none now. */
async function nextOf(transactions: StoredTransactions): Promise<readonly StoredTransaction[]> {
  const found: StoredTransaction[] = [];
  for (let rows = 0; rows < mostChanges; ) {
    const more = await transactions.next();
    if (more === null) break;
    found.push(...more);
    // Transactions without rows count, too, so that this ends.
    for (const { rows: some } of more) rows += some.length + 1;
  }
  return found;
}
