import type { ChangedTable, ChangeMessage, ChangeMethod, ChangePosition } from '../../plan/index.ts';
import type { LogBounds, LogLead, StoredSegment } from '../../store/index.ts';
import { OthersWatches } from './others-watches.ts';
import { Segments } from './segments.ts';
import type { WantedTables } from './wanted-tables.ts';

/** Milliseconds for which changes are collected before they are stored together. */
const collectMs = 100;
/** The same while live queries of other processes or event triggers wait for the changes, so that these get them nearly at once. */
const sharedMs = 5;
/** Milliseconds between two reads of the watches of other processes, besides those after a notification. */
const refreshMs = 10_000;
/** Milliseconds until a new position is stored that came without a logged change. */
const positionMs = 1_000;
/** Bytes that may wait for the store. Beyond them, reading from the source pauses. */
const mostWaiting = 8 * 1024 * 1024;
/** Milliseconds between two removals of old changes. They are also removed each time the added changes reach an eighth of `bounds.bytes`. */
const trimMs = 60_000;

export interface LogWriterOptions {
  readonly lead: LogLead;
  readonly tables: WantedTables;
  readonly bounds: LogBounds;
  readonly identity: string;
  readonly method: ChangeMethod;
  /** The position from which on changes are logged. */
  readonly position: ChangePosition;
  /** The number of the last segment, where the stored log continues; `null`: the log begins anew at the position. */
  readonly number: number | null;
  /** Calls the listener when watches of other processes may have changed. Returns a function that ends this. */
  readonly listen: (listener: () => void) => () => void;
  /** Called after changes, or the tables that are logged, were stored. */
  readonly onStored?: () => void;
  /** Called once, when nothing more can be stored. */
  readonly onLost: (error: unknown) => void;
}

/**
 * Writes the changes of a source to the store, many at once. The position of the source is stored in the same statement, so a process that
 * continues from the stored position neither skips nor repeats a change.
 */
export class LogWriter {
  readonly #options: LogWriterOptions;
  readonly #segments: Segments;
  readonly #others: OthersWatches;
  readonly #timers: readonly NodeJS.Timeout[];
  readonly #unlisten: () => void;
  #refreshing: Promise<void> | null = null;
  #number: number | null;
  #stored: ChangePosition | null;
  #timer: NodeJS.Timeout | null = null;
  #isSoon = false;
  #flushing: Promise<void> | null = null;
  #isOver = false;
  /** Called once all changes up to the last acknowledged position are stored; `null`: nothing to acknowledge. */
  #acknowledge: (() => void) | null = null;
  /** Bytes that were taken and are being stored. */
  #sending = 0;
  /** Bytes that were stored since old changes were last removed. */
  #added = 0;

  constructor(options: LogWriterOptions) {
    const { tables, position, number } = options;
    this.#options = options;
    this.#segments = new Segments(tables, position);
    this.#number = number;
    this.#stored = number === null ? null : position;
    this.#others = new OthersWatches(tables);
    tables.join(position);
    this.#timers = [
      setInterval(() => void this.#trim(), trimMs),
      setInterval(() => void this.refresh(), refreshMs),
    ];
    for (const timer of this.#timers) timer.unref();
    this.#unlisten = options.listen(() => void this.refresh());
    void options.lead.ended.then(() => this.#fail(new Error('The connection to the store has ended.')));
    this.schedule();
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether other processes get their changes from this one. */
  get isNeeded(): boolean {
    return !this.#isOver && this.#others.size > 0;
  }

  /** Reads the watches of other processes. Never rejects. */
  async refresh(): Promise<void> {
    // A read that began earlier may not have the newest watches.
    await this.#refreshing;
    this.#refreshing ??= this.#readWatches().finally(() => {
      this.#refreshing = null;
    });
    await this.#refreshing;
  }

  take(message: ChangeMessage): void {
    if (this.#isOver) return;
    try {
      this.#segments.add(message);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (message.kind !== 'commit' && message.kind !== 'idle') return;
    // Tables that were asked for within the transaction are logged from its end on.
    this.#join();
    if (this.#segments.bytes > 0) this.schedule();
    else if (this.#options.tables.size > 0) this.#later(positionMs, false);
  }

  /** Logs tables that are newly wanted, from the next transaction on, and stores soon which tables are wanted. */
  wants(): void {
    if (!this.#segments.isWithin) this.#join();
    this.schedule();
  }

  /** Notes that changes of the tables were not reported up to now. */
  lose(tables: readonly ChangedTable[]): void {
    this.#options.tables.lose(this.#segments.position, tables);
    this.schedule();
  }

  /** Calls `acknowledge` once all changes that were taken so far are stored, and need not be read again. */
  acknowledged(acknowledge: () => void): void {
    const { tables } = this.#options;
    if (this.#isOver && tables.isDurable) return;
    if (this.#isOver || (tables.size === 0 && this.#acknowledge === null)) acknowledge();
    else this.#acknowledge = acknowledge;
  }

  /** Resolves once few enough changes wait for the store (back-pressure). */
  async room(): Promise<void> {
    while (!this.#isOver && this.#sending + this.#segments.bytes > mostWaiting) await this.flush();
  }

  /** Resolves once all changes that were taken before are stored, or cannot be. */
  async flush(): Promise<void> {
    // A flush that runs already may not have the last changes.
    await this.#flushing;
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = null;
    });
    await this.#flushing;
  }

  /** Stores soon what was taken. */
  schedule(): void {
    const isUrgent = this.#others.size > 0 || this.#options.tables.isDurable;
    this.#later(isUrgent ? sharedMs : collectMs, true);
  }

  /** Stores what was taken, and stops. */
  async close(): Promise<void> {
    await this.flush();
    this.#stop();
  }

  #join(): void {
    this.#options.tables.join(this.#segments.position);
    this.#others.joined();
  }

  async #readWatches(): Promise<void> {
    if (this.#isOver) return;
    try {
      this.#others.use(await this.#options.lead.watches());
      if (!this.#isOver) this.wants();
    } catch (error) {
      this.#fail(error);
    }
  }

  #later(milliseconds: number, isSoon: boolean): void {
    if (this.#isOver || (this.#timer !== null && (this.#isSoon || !isSoon))) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#isSoon = isSoon;
    this.#timer = setTimeout(() => void this.flush(), milliseconds);
    this.#timer.unref();
  }

  async #flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#isOver) return;
    const acknowledge = this.#acknowledge;
    this.#acknowledge = null;
    try {
      const closed = this.#segments.take();
      const { position } = this.#segments;
      this.#sending = closed.reduce((sum, { bytes }) => sum + bytes, 0);
      await this.#store(closed, position);
      acknowledge?.();
      this.#options.onStored?.();
    } catch (error) {
      this.#acknowledge ??= acknowledge;
      this.#fail(error);
    } finally {
      this.#sending = 0;
    }
  }

  async #store(closed: ReturnType<Segments['take']>, position: ChangePosition): Promise<void> {
    const { lead, tables, bounds, identity, method } = this.#options;
    if (this.#number === null) {
      // Without wanted tables there is nothing to log, and no log to continue.
      if (tables.size === 0) return;
      const start = this.#options.position;
      this.#number = await lead.cut({ identity, method, position: start }, bounds.seconds);
    }
    const unseen = this.#others.takeUnseen();
    await lead.want(tables.takeUnstored());
    await this.#append(closed, position);
    await lead.see(unseen);
    if (this.#added < bounds.bytes / 8) return;
    this.#added = 0;
    await lead.trim(bounds);
  }

  async #append(closed: ReturnType<Segments['take']>, position: ChangePosition): Promise<void> {
    const { lead, tables } = this.#options;
    if (this.#number === null) return;
    const first = this.#number + 1;
    const segments = closed.map((one, at): StoredSegment => ({ ...one, number: first + at }));
    if (segments.length === 0 && (position === this.#stored || tables.size === 0)) return;
    if (!(await lead.append(this.#number, position, segments)))
      throw new Error('Another process writes the log of this source.');
    this.#number += segments.length;
    this.#stored = position;
    this.#added += segments.reduce((sum, { body }) => sum + body.length, 0);
  }

  async #trim(): Promise<void> {
    const { lead, tables, bounds } = this.#options;
    tables.renew();
    this.schedule();
    if (this.#number !== null) await lead.trim(bounds).catch((error: unknown) => this.#fail(error));
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#stop();
    this.#options.onLost(error);
  }

  #stop(): void {
    this.#isOver = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#unlisten();
    this.#others.clear();
    if (this.#timer !== null) clearTimeout(this.#timer);
    // The changes that event triggers need were not stored, so the database has to keep them.
    if (!this.#options.tables.isDurable) this.#acknowledge?.();
    this.#acknowledge = null;
  }
}
