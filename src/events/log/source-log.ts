import { setTimeout as sleep } from 'node:timers/promises';
import { FozError } from '../../core/index.ts';
import type {
  ChangedTable,
  ChangeMessage,
  ChangePosition,
  ChangeStream,
  Changes,
  FollowOptions,
} from '../../plan/index.ts';
import type { LogLead, StoredLog } from '../../store/index.ts';
import type { ClientPosition } from '../changes/position.ts';
import { FollowedLog, type OwnTables } from './followed-log.ts';
import { LogWriter } from './log-writer.ts';
import { LoggedStream } from './logged-stream.ts';
import { SourceLead } from './source-lead.ts';
import type { SourceLogOptions } from './source-log-options.ts';
import { StoredChanges } from './stored-changes.ts';
import { StoredStream } from './stored-stream.ts';
import { WantedTables } from './wanted-tables.ts';

/** Milliseconds before the lead is asked for again: the process that has it may end at any time. */
const retryMs = 2_000;

/**
 * The log of a source in the store, as this process writes it. Its streams begin where the log ends, so that after a restart no change is
 * skipped as long as the database still has them all. While the store cannot be reached, the source is followed without it.
 */
export class SourceLog {
  readonly #options: SourceLogOptions;
  readonly #tables: WantedTables;
  readonly #end = new AbortController();
  readonly #lead: SourceLead;
  readonly #followed: FollowedLog;
  #writer: LogWriter | null = null;
  /** The lead with which writing begins at the end of the present transaction. */
  #joining: { readonly lead: LogLead; readonly method: FollowOptions['method'] } | null = null;
  /** The position between the last transaction and the next; `null`: a transaction is being read. */
  #border: ChangePosition | null = null;
  /** The start of the present stream; `null`: another process reads the source. */
  #start: ChangePosition | null = null;
  /** A position after which the database does not have the changes any more. */
  #gone: ChangePosition | null = null;
  #retrying: Promise<void> = Promise.resolve();
  /** Counts the streams that were asked for. */
  #opening = 0;
  #stream: ChangeStream | null = null;
  readonly #listeners = new Set<() => void>();

  /** `live`: the tables that live queries of this process watch, with the columns whose values they are found by. */
  constructor(options: SourceLogOptions, live: OwnTables['live']) {
    this.#options = options;
    this.#tables = new WantedTables(options.bounds.seconds * 1000, options.shapeOf);
    this.#lead = new SourceLead(options, this.#end.signal);
    this.#followed = new FollowedLog(options, this.#lead, { held: () => this.#tables.held, live });
  }

  get keepMs(): number {
    return this.#options.bounds.seconds * 1000;
  }

  /** Opens a stream that is logged. Rejects as `Changes.follow` does. */
  async follow(changes: Changes, options: FollowOptions): Promise<ChangeStream> {
    this.#opening++;
    await this.#writer?.close();
    this.#writer = null;
    this.#joining = null;
    this.#border = null;
    this.#start = null;
    this.#followed.forget();
    const stored = await this.#lead.take();
    const isLedByOther = this.#lead.held === null && !this.#lead.isFailing;
    const other = isLedByOther ? await this.#followed.open(options) : null;
    if (other !== null) this.#stream = other;
    // The other process may have ended while this one waited for it.
    else if (this.#lead.held !== null)
      this.#stream = await this.#leadFrom(this.#lead.held, stored, changes, options);
    else {
      this.#stream = this.#logged(await changes.follow(options), options.after);
      this.#retry(options.method);
    }
    return this.#stream;
  }

  /**
   * Keeps the changes of a table from now on, until the time for which changes are kept has passed since `release`. `isDurable`: see
   * `WantedTables.hold`. `since`: where another
   * process reads the source, the position after which its log has them. Rejects with FozError where that process does not answer.
   */
  async want(
    table: ChangedTable,
    isDurable = false,
  ): Promise<{ readonly release: () => void; readonly since: ChangePosition | null }> {
    const hold = this.#tables.hold(table, isDurable);
    this.#writer?.wants();
    const release = () => {
      hold();
      this.#writer?.wants();
    };
    try {
      const stream = this.#stream;
      if (!(stream instanceof StoredStream)) return { release, since: null };
      return { release, since: await this.#followed.since(table, () => this.#stream === stream) };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Resolves once the changes of the watched tables are read, also where another process reads the source. Rejects with FozError. */
  async watching(): Promise<void> {
    if (this.#stream instanceof StoredStream) await this.#followed.confirmed();
  }

  /** Whether this process writes the log. */
  get isWriting(): boolean {
    return this.#writer !== null;
  }

  /** Calls the listener after changes were stored by this process. Returns a function that ends this. */
  onStored(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Whether other processes get their changes from this one. */
  get isNeeded(): boolean {
    return this.#writer?.isNeeded ?? false;
  }

  /** Notes that changes of the tables are not reported from now on. */
  lose(tables: readonly ChangedTable[]): void {
    if (tables.length > 0) this.#writer?.lose(tables);
  }

  /** Called when the database has refused the start of the stream: the log begins anew, instead of trying this position again. */
  forget(): void {
    this.#gone = this.#start;
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
    await this.#followed.stop();
    await this.#writer?.close();
    this.#writer = null;
    await this.#retrying;
    await this.#lead.release();
  }

  /** Opens a stream whose changes this process writes into the log. Rejects as `Changes.follow` does, without the lead. */
  async #leadFrom(
    lead: LogLead,
    stored: StoredLog | null,
    changes: Changes,
    options: FollowOptions,
  ): Promise<ChangeStream> {
    await this.#followed.stop();
    try {
      return await this.#followAsLead(lead, stored ?? (await lead.read()), changes, options);
    } catch (error) {
      // Another process may be able to read the source.
      await this.#lead.release();
      throw error;
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

  /** Whether a stream can continue the stored log: the log has tables, and ends where the stream is to begin, which the database still has. */
  #goesOn(stored: StoredLog | null, { method, after }: FollowOptions): boolean {
    if (stored === null || stored.identity !== this.#options.identity || stored.method !== method)
      return false;
    if (stored.position === this.#gone) return false;
    const isEarlier = this.#tables.isDurable && after !== undefined && stored.position < after;
    const isSuitable = after === undefined || after === stored.position || isEarlier;
    return stored.tables.some(({ forMs }) => forMs > 0) && isSuitable;
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
      const isAsked = options.after !== undefined && options.after === stored;
      if (isAsked || !(error instanceof FozError) || error.code !== 'not-found') throw error;
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
      onStored: () => {
        for (const told of this.#listeners) told();
      },
      onLost: (error) => {
        onFailure(error);
        if (this.#writer !== writer) return;
        this.#writer = null;
        this.#tables.lose(null);
        void this.#lead.release().then(() => this.#retry(method));
      },
    });
    this.#writer = writer;
    await writer.refresh();
  }

  /** Logs a stream that was opened after a position. An outbox may name an earlier start, but has only the changes after the position. */
  #logged(stream: ChangeStream, after: ChangePosition | undefined): ChangeStream {
    const start = after !== undefined && after > stream.start ? after : stream.start;
    this.#border = start;
    this.#start = start;
    const logged: LoggedStream = new LoggedStream(stream, start, {
      room: async () => this.#writer?.room(),
      take: (messages) => {
        if (this.#stream === logged) for (const message of messages) this.#take(message);
      },
      acknowledged: (acknowledge) => {
        if (this.#writer !== null) this.#writer.acknowledged(acknowledge);
        // The wishes of event triggers are read again once the store answers.
        else if (!this.#tables.isDurable) acknowledge();
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

  /** Asks for the lead until this process has it. The log then begins anew, since the changes until then are not in it. */
  #retry(method: FollowOptions['method']): void {
    const { signal } = this.#end;
    const [stream, opening] = [this.#stream, this.#opening];
    this.#retrying = this.#retrying.then(async () => {
      // While another stream is opened, this one may still be the present one.
      const isOpen = () =>
        !signal.aborted && this.#opening === opening && this.#stream === stream && this.#writer === null;
      while (isOpen() && this.#joining === null) {
        await sleep(retryMs, undefined, { signal, ref: false }).catch(() => {});
        if (isOpen() && this.#lead.held === null) await this.#lead.take();
        // A stream that begins where the store ends has what was not stored meanwhile.
        if (isOpen() && this.#lead.held !== null && this.#tables.isDurable)
          return stream?.close().catch(() => {});
        if (isOpen() && this.#lead.held !== null) {
          this.#joining = { lead: this.#lead.held, method };
          this.#join();
        }
        // Another process reads the source: closing the stream makes the feed open one that reads the log of that process.
        else if (isOpen() && !this.#lead.isFailing && (await this.#followed.isWritten(method)))
          await stream?.close().catch(() => {});
      }
    });
  }
}
