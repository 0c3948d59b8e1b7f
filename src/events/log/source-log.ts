import { setTimeout as sleep } from 'node:timers/promises';
import { FozError, type SourceName } from '../../core/index.ts';
import type {
  ChangedTable,
  ChangeMessage,
  ChangePosition,
  ChangeStream,
  Changes,
  FollowOptions,
} from '../../plan/index.ts';
import type { ChangeLogStore, LogBounds, LogLead, StoredLog, WatchedTable } from '../../store/index.ts';
import type { ClientPosition } from '../changes/position.ts';
import { tableKey } from '../feed/watchers.ts';
import { LogWriter } from './log-writer.ts';
import { isSince } from './logged-since.ts';
import { LoggedStream } from './logged-stream.ts';
import { OwnWatches } from './own-watches.ts';
import { StoredChanges } from './stored-changes.ts';
import { StoredStream } from './stored-stream.ts';
import { WantedTables } from './wanted-tables.ts';

/** Milliseconds before the right to write the log is asked for again. The process that has it may end at any time. */
const retryMs = 2_000;
/** Milliseconds that the opening of a stream waits for the store. Then the source is followed without it. Also the longest wait until a table is logged. */
const patienceMs = 3_000;
/** Milliseconds for which the lead of a source may fail to be asked for before this process reads the source by itself. */
const giveUpMs = 2_000;
/** Milliseconds between two checks whether another process logs a table. */
const checkMs = 50;

/** The source of a log, the store that keeps it, and how much it keeps. */
export interface SourceLogOptions {
  readonly store: ChangeLogStore;
  readonly source: SourceName;
  /** Identifies the database: a source may get another database under its old name. */
  readonly identity: string;
  readonly bounds: LogBounds;
  /** The present columns of a table (see `shapeOf`); empty, or without this function: not known. */
  readonly shapeOf?: (table: ChangedTable) => string;
  /** Called when the store cannot be written to. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * The log of a source in the store, as this process writes it. Its streams begin where the log ends, so that after a restart no change is
 * skipped as long as the database still has them all. While the store cannot be reached, the source is followed without it.
 */
export class SourceLog {
  readonly #options: SourceLogOptions;
  readonly #tables: WantedTables;
  readonly #own: OwnWatches;
  readonly #end = new AbortController();
  #lead: LogLead | null = null;
  /** Whether the present failure of the store was reported. */
  #isFailing = false;
  #writer: LogWriter | null = null;
  /** The lead with which writing begins at the end of the present transaction. */
  #joining: { readonly lead: LogLead; readonly method: FollowOptions['method'] } | null = null;
  /** The position between the last transaction and the next; `null`: a transaction is being read. */
  #border: ChangePosition | null = null;
  #retrying: Promise<void> = Promise.resolve();
  #stream: ChangeStream | null = null;

  /** `live`: the tables that live queries of this process watch, with the columns whose values they are found by. */
  constructor(options: SourceLogOptions, live: () => readonly Omit<WatchedTable, 'rows'>[]) {
    this.#options = options;
    this.#tables = new WantedTables(options.bounds.seconds * 1000, options.shapeOf);
    this.#own = new OwnWatches(options.store, options.source, () => {
      const held = new Set(this.#tables.held.map(tableKey));
      return [
        ...this.#tables.held.map((table) => ({ ...table, rows: true, columns: [] })),
        ...live().flatMap((table) => (held.has(tableKey(table)) ? [] : [{ ...table, rows: false }])),
      ];
    });
  }

  get keepMs(): number {
    return this.#options.bounds.seconds * 1000;
  }

  /** Opens a stream that is logged. Rejects as `Changes.follow` does. */
  async follow(changes: Changes, options: FollowOptions): Promise<ChangeStream> {
    await this.#writer?.close();
    this.#writer = null;
    this.#joining = null;
    this.#border = null;
    this.#own.forget();
    const stored = await this.#takeLead();
    const other = this.#lead === null && !this.#isFailing ? await this.#followOther(options) : null;
    // The other process may have ended while this one waited for it.
    const lead = this.#lead as LogLead | null;
    if (other !== null) this.#stream = other;
    else if (lead !== null) {
      await this.#own.stop();
      this.#stream = await this.#followAsLead(lead, stored ?? (await lead.read()), changes, options).catch(
        async (error: unknown) => {
          // Releases the lead, since another process may be able to read the source.
          await this.#drop();
          throw error;
        },
      );
    } else {
      this.#stream = this.#logged(await changes.follow(options), options.after);
      this.#retry(options.method);
    }
    return this.#stream;
  }

  /**
   * Keeps the changes of a table from now on, until the time for which changes are kept has passed since `release`. `since`: where another
   * process reads the source, the position after which its log has them. Rejects with FozError where that process does not answer.
   */
  async want(
    table: ChangedTable,
  ): Promise<{ readonly release: () => void; readonly since: ChangePosition | null }> {
    const hold = this.#tables.hold(table);
    this.#writer?.wants();
    const release = () => {
      hold();
      this.#writer?.wants();
    };
    try {
      return { release, since: await this.#sharedSince(table) };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Resolves once the changes of the watched tables are read, also where another process reads the source. Rejects with FozError. */
  async watching(): Promise<void> {
    if (this.#stream instanceof StoredStream) await this.#own.settle();
  }

  /** Whether other processes get their changes from this one. */
  get isNeeded(): boolean {
    return this.#writer?.isNeeded ?? false;
  }

  /** Notes that changes of the tables are not reported from now on. */
  lose(tables: readonly ChangedTable[]): void {
    if (tables.length > 0) this.#writer?.lose(tables);
  }

  /** Called after the schema may have changed: tables whose columns have become others are logged anew. */
  reconsider(): void {
    this.#tables.renew();
    this.#writer?.wants();
  }

  /** The stored changes of a table after a position. Rejects with FozError `not-found` where some are missing. */
  async stored(table: ChangedTable, after: ClientPosition): Promise<StoredChanges> {
    // Where the log begins anew, the store may not know it yet.
    await this.settled();
    return StoredChanges.open(this.#options.store, this.#options, table, after);
  }

  /** Resolves once the changes that were read so far are stored, as far as they can be. */
  async settled(): Promise<void> {
    await this.#writer?.flush();
  }

  async close(): Promise<void> {
    this.#end.abort();
    await this.#own.stop();
    await this.#writer?.close();
    this.#writer = null;
    await this.#retrying;
    await this.#lead?.release();
    this.#lead = null;
  }

  /** Takes the right to write, if no other process has it and the store answers in time. Resolves with the stored log. */
  async #takeLead(): Promise<StoredLog | null> {
    const { store, source, onFailure } = this.#options;
    try {
      if (this.#lead === null) {
        const taking = store.lead(source);
        const late = sleep(patienceMs, 'late' as const, { ref: false });
        const lead = await Promise.race([taking, late]);
        if (lead === 'late') {
          void taking.then((come) => come?.release()).catch(() => {});
          throw new FozError('unavailable', 'The store does not answer in time.');
        }
        this.#lead = lead;
        void lead?.ended.then(() => {
          if (this.#lead === lead) this.#lead = null;
        });
      }
      const stored = (await this.#lead?.read()) ?? null;
      this.#isFailing = false;
      return stored;
    } catch (error) {
      if (!this.#isFailing && !this.#end.signal.aborted) onFailure(error);
      this.#isFailing = true;
      await this.#drop();
      return null;
    }
  }

  async #drop(): Promise<void> {
    const lead = this.#lead;
    this.#lead = null;
    await lead?.release();
  }

  /** Opens a stream of the changes that another process stores; `null`: no log can be followed, or the other process has ended. */
  async #followOther(options: FollowOptions): Promise<ChangeStream | null> {
    const { store, source, identity } = this.#options;
    let failingAt: number | null = null;
    const lead = async () => {
      if (this.#lead === null) await this.#takeLead();
      failingAt = this.#isFailing ? (failingAt ?? performance.now()) : null;
      // Perhaps no process reads the source any more, and none can take the lead: this process has to read by itself.
      if (failingAt !== null && performance.now() - failingAt > giveUpMs)
        throw new FozError('unavailable', 'The store does not let any process take the lead of the source.');
      return this.#lead !== null;
    };
    try {
      let askedAt = performance.now();
      await this.#own.settle(async () => {
        if (performance.now() - askedAt < 1000) return false;
        askedAt = performance.now();
        return lead();
      });
      if (this.#lead !== null) return null;
      const log = await store.read(source);
      const { after, method } = options;
      const isWhole = after !== undefined && log !== null && this.#tables.held.every(isSince(log, after));
      const from = isWhole ? { after } : {};
      return await StoredStream.open({ ...{ store, source, identity, method, lead }, ...from });
    } catch (error) {
      this.#options.onFailure(error);
      return null;
    }
  }

  async #sharedSince(table: ChangedTable): Promise<ChangePosition | null> {
    const stream = this.#stream;
    const key = tableKey(table);
    for (const start = performance.now(); ; await sleep(checkMs, undefined, { ref: false })) {
      if (!(stream instanceof StoredStream) || this.#stream !== stream) return null;
      await this.#own.settle();
      const log = await this.#options.store.read(this.#options.source);
      const since = log?.tables.find((one) => tableKey(one) === key)?.since;
      if (since !== undefined) return since;
      // The log has begun anew since the other process confirmed the table, and will have the table again in a moment.
      this.#own.forget();
      if (performance.now() - start > patienceMs)
        throw new FozError(
          'unavailable',
          'The changes of the table are not logged yet. Try again in a moment.',
        );
    }
  }

  async #followAsLead(
    lead: LogLead,
    stored: StoredLog | null,
    changes: Changes,
    options: FollowOptions,
  ): Promise<ChangeStream> {
    if (stored !== null && this.#goesOn(stored, options)) {
      const stream = await this.#followFrom(changes, options, stored.position);
      if (stream !== null) {
        const logged = this.#logged(stream, stored.position);
        const isContinued = logged.start === stored.position;
        // Tables that are not in the stored log were not logged by the process that wrote it.
        this.#tables.lose(null);
        this.#tables.restore(stored.tables);
        await this.#write(lead, options.method, logged.start, isContinued ? stored.number : null);
        return logged;
      }
    }
    const logged = this.#logged(await changes.follow(options), options.after);
    await this.#write(lead, options.method, logged.start, null);
    return logged;
  }

  /** Whether a stream can continue the stored log: the log has tables, and ends where the stream is to begin. */
  #goesOn(stored: StoredLog | null, { method, after }: FollowOptions): boolean {
    if (stored === null || stored.identity !== this.#options.identity || stored.method !== method)
      return false;
    return stored.tables.some(({ forMs }) => forMs > 0) && (after === undefined || after === stored.position);
  }

  /**
   * Opens a stream after a stored position. `null`: the database no longer has the changes since then, and the caller has named no
   * position itself (then it rejects).
   */
  async #followFrom(
    changes: Changes,
    options: FollowOptions,
    stored: ChangePosition,
  ): Promise<ChangeStream | null> {
    try {
      return await changes.follow({ ...options, after: stored });
    } catch (error) {
      if (options.after !== undefined || !(error instanceof FozError) || error.code !== 'not-found')
        throw error;
      return null;
    }
  }

  /**
   * Begins to write; `number`: see `LogWriterOptions`. Where the log begins anew, no table has changes before. Resolves once the watches of
   * other processes were read.
   */
  async #write(
    lead: LogLead,
    method: FollowOptions['method'],
    position: ChangePosition,
    number: number | null,
  ): Promise<void> {
    const { store, source, bounds, identity, onFailure } = this.#options;
    if (number === null) this.#tables.lose(null);
    const writer = new LogWriter({
      ...{ lead, tables: this.#tables, bounds, identity, method, position, number },
      listen: (listener) => store.listen(source, listener),
      onLost: (error) => {
        onFailure(error);
        if (this.#writer !== writer) return;
        this.#writer = null;
        this.#tables.lose(null);
        void this.#drop().then(() => this.#retry(method));
      },
    });
    this.#writer = writer;
    await writer.refresh();
  }

  /** Whether another process stores the changes by the same method. */
  async #hasOther(method: FollowOptions['method']): Promise<boolean> {
    const { store, source, identity } = this.#options;
    const isHeard = await this.#own.settle().then(
      () => true,
      () => false,
    );
    const log = isHeard ? await store.read(source).catch(() => null) : null;
    return log !== null && log.method === method && log.identity === identity;
  }

  /** Logs a stream that was opened after a position. An outbox may name an earlier start, but has only the changes after the position. */
  #logged(stream: ChangeStream, after: ChangePosition | undefined): ChangeStream {
    const start = after !== undefined && after > stream.start ? after : stream.start;
    this.#border = start;
    const logged: LoggedStream = new LoggedStream(stream, start, {
      room: async () => this.#writer?.room(),
      take: (messages) => {
        if (this.#stream === logged) for (const message of messages) this.#take(message);
      },
      acknowledged: (acknowledge) => {
        if (this.#writer === null) acknowledge();
        else this.#writer.acknowledged(acknowledge);
      },
    });
    return logged;
  }

  #take(message: ChangeMessage): void {
    this.#writer?.take(message);
    if (message.kind === 'begin') this.#border = null;
    if (message.kind !== 'commit' && message.kind !== 'idle') return;
    this.#border = message.position;
    this.#join();
  }

  /** Begins to write, if it is to and no transaction is being read. */
  #join(): void {
    if (this.#joining === null || this.#border === null) return;
    const { lead, method } = this.#joining;
    this.#joining = null;
    void this.#write(lead, method, this.#border, null);
  }

  /** Asks for the right to write until it is granted. The log then begins anew, since the changes until then are not in it. */
  #retry(method: FollowOptions['method']): void {
    const { signal } = this.#end;
    const stream = this.#stream;
    this.#retrying = this.#retrying.then(async () => {
      const isOpen = () => !signal.aborted && this.#stream === stream;
      while (isOpen() && this.#writer === null && this.#joining === null) {
        await sleep(retryMs, undefined, { signal, ref: false }).catch(() => {});
        if (isOpen() && this.#lead === null) await this.#takeLead();
        if (isOpen() && this.#lead !== null) {
          this.#joining = { lead: this.#lead, method };
          this.#join();
        }
        // Another process reads the source: closing the stream makes the feed open one that reads the log of that process.
        else if (isOpen() && !this.#isFailing && (await this.#hasOther(method)))
          await stream?.close().catch(() => {});
      }
    });
  }
}
