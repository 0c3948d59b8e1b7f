import type { Column, Table } from '../../catalog/index.ts';
import { type EndSignal, FozError, pause, RequestEnd } from '../../core/index.ts';
import type { EqualRows } from '../../execute/index.ts';
import type { ChangedTable, ChangeMethod, ChangeOffer, ChangeStream, Connector } from '../../plan/index.ts';
import { ChangeLog } from '../changes/change-log.ts';
import { notReported } from '../changes/missing-changes.ts';
import { SourceLog } from '../log/source-log.ts';
import type { SourceLogOptions } from '../log/source-log-options.ts';
import { asFozError } from './failure.ts';
import { LogConfirmation } from './log-confirmation.ts';
import { type ChosenMethod, MethodChoice, type WantedMethod } from './method-choice.ts';
import { Transaction } from './transaction.ts';
import { VersionChecks } from './version-checks.ts';
import { tableKey, type Watcher, Watchers } from './watchers.ts';

/** How the changes of a source become known now. `polling`: watched queries are run again each second. */
export interface FeedState extends ChosenMethod {
  /** Watched tables that are polled, since the stream does not report them. */
  readonly polled: readonly ChangedTable[];
  /** Seconds from the commit of the last transaction to its message, by the clocks of both; `null`: there was none, or it is not known. */
  readonly lagSeconds: number | null;
  /** Bytes of the log that the stream has yet to read; `null`: unknown. */
  readonly lagBytes: number | null;
}

/** Pauses before a stream is opened again, in milliseconds. They double with each failure up to `longest`, or `taken` while another process reads it. */
const retryMs = { first: 250, taken: 4_000, longest: 15_000 } as const;
/** Milliseconds between two runs of queries over tables whose changes no stream reports. */
const pollMs = 1000;
/** Milliseconds between two checks of the methods that the database offers: a better one may be set up while Foz runs. */
const reconsiderMs = 60_000;

/** Milliseconds between two measurements of a stream's lag. */
const gaugeMs = 10_000;
const unknownLag = { lagSeconds: null, lagBytes: null } as const;

/** Milliseconds that the first answer of a subscription waits for a stream to be opened. */
const patienceMs = 1000;

/** Milliseconds between two checks whether a stream is open. */
const openingMs = 50;

/** Options of pauses: a feed that is not closed does not keep the process alive. */
const isIdle = { keepsAlive: false } as const;

/** One watched table; `rows`: see `Watchers.add`. */
export interface WatchedRows {
  readonly table: ChangedTable;
  /** Whether it is a base table: a log cannot contain the changes of a view or a foreign table. */
  readonly isBase: boolean;
  readonly rows: EqualRows['columns'][number] | null;
  /** The table in the catalog; `null`: its version column is not checked. */
  readonly described?: Table | null;
}

/**
 * Follows the changes of one source while its tables are watched: by the best stream that the database offers, opened again whenever
 * it ends. After each gap all watchers are touched, since the changes within the gap are not known.
 */
export class SourceFeed {
  readonly #connector: Connector;
  readonly #onFailure: (error: FozError) => void;
  readonly #reader: () => string | null;
  readonly #watchers = new Watchers();
  readonly #end = new RequestEnd();
  readonly #choice: MethodChoice;
  /** Watched views and foreign tables, by key: no log has their changes. */
  readonly #views = new Set<string>();
  #isFollowing = false;
  /** The latest row changes, for subscribers of `<table>_changes`. */
  readonly log = new ChangeLog({ bytes: 32 * 1024 * 1024, milliseconds: 3_600_000 }, (table) =>
    this.#watchers.all([table]),
  );
  /** The log of the same changes in the store; `null`: there is none. */
  readonly kept: SourceLog | null;
  readonly #confirmation: LogConfirmation | null;
  readonly #versions: VersionChecks;
  #stream: ChangeStream | null = null;
  #lag: Pick<FeedState, 'lagSeconds' | 'lagBytes'> = unknownLag;
  #started: Promise<void> | null = null;
  #poll: NodeJS.Timeout | null = null;
  #reconsider: NodeJS.Timeout | null = null;
  #gauge: NodeJS.Timeout | null = null;
  #loop: Promise<void> = Promise.resolve();
  #closing: Promise<void> | null = null;

  /** `onFailure`: called when a stream ends by an error or cannot be opened. `reader`: the name of the durable reader that this is; `null`: none. */
  constructor(
    connector: Connector,
    wanted: WantedMethod = 'auto',
    onFailure: (error: FozError) => void = () => {},
    keeping: SourceLogOptions | null = null,
    reader: () => string | null = () => null,
  ) {
    this.#reader = reader;
    this.#connector = connector;
    this.#versions = new VersionChecks(connector, this.#end);
    this.#choice = new MethodChoice(connector, wanted, this.#end);
    this.#onFailure = onFailure;
    this.kept = keeping === null ? null : new SourceLog(keeping, () => this.#watchers.columns);
    this.#confirmation = this.kept && new LogConfirmation(this.kept, this.#end, onFailure);
  }

  get state(): FeedState {
    return { ...this.#choice.chosen, ...this.#lag, polled: this.#polled() };
  }

  /** Watches tables. Returns a function that stops watching. */
  watch(watched: readonly WatchedRows[], watcher: Watcher): () => void {
    const removals = watched.map(({ table, rows, isBase, described = null }) => {
      if (described !== null) this.#versions.watch(described);
      if (!isBase) this.#views.add(tableKey(table));
      return this.#watchers.add(table, rows, watcher);
    });
    return () => {
      for (const remove of removals) remove();
    };
  }

  /** Resolves once changes from now on will touch their watchers. Never rejects: a source that cannot be followed is polled. */
  async ready(watched: readonly WatchedRows[]): Promise<void> {
    this.#started ??= this.#start();
    await this.#started;
    const isNew = watched.some(({ table, isBase }) => isBase && !this.#choice.isOffered(table));
    if (isNew && this.#choice.reportsRows) await this.#choose().catch(() => {});
    // Where the reading process confirms these tables late, all watchers are touched then: changes until then may not have been logged.
    if (watched.length > 0) await this.#confirmation?.inTime(() => this.everything());
  }

  /** Touches the watchers of tables that this process has written, where no stream reports their changes. */
  wrote(tables: readonly ChangedTable[]): void {
    if (this.#isFollowing && this.#choice.reportsRows) {
      this.#watchers.all(tables.filter((table) => this.#choice.isUnseen(table)));
      this.#watchers.all(this.#watchers.tables.filter((table) => this.#views.has(tableKey(table))));
    } else this.everything();
  }

  /**
   * Resolves once a stream is open that has the changed rows of a watched table, with the old values of the columns. Rejects with
   * FozError `not-supported` where the database does not report them.
   */
  async requireRows(table: Table, neededOld: readonly Column[], end: EndSignal): Promise<void> {
    for (;;) {
      this.#choice.check(table, neededOld);
      if (this.#isFollowing) return;
      if (end.aborted || this.#end.aborted)
        throw new FozError('unavailable', `Source "${table.source.name}": it is not followed any more.`);
      await pause(openingMs, this.#end, isIdle);
    }
  }

  /** Asks again which tables the open stream reports: one may have been published, or created anew without being published. */
  reconsider(): void {
    this.kept?.reconsider();
    if (this.#isFollowing) void this.#choose().catch(() => {});
  }

  /** Ends the present stream, so that another one is opened as the present reader. */
  reopen(): void {
    if (this.#stream !== null) this.#isFollowing = false;
    void this.#stream?.close().catch(() => {});
  }

  /** Touches all watchers. */
  everything(): void {
    this.#watchers.all();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#end.abort();
    for (const timer of [this.#poll, this.#reconsider, this.#gauge]) clearInterval(timer ?? undefined);
    await this.#loop;
    await this.kept?.close();
  }

  async #start(): Promise<void> {
    const touch = (tables: readonly ChangedTable[]) => this.#watchers.all(tables);
    this.#poll = setInterval(() => this.#versions.poll(this.#polled(), touch), pollMs);
    this.#poll.unref();
    this.#reconsider = setInterval(() => this.reconsider(), reconsiderMs);
    this.#reconsider.unref();
    this.#gauge = setInterval(() => void this.#measure(), gaugeMs);
    this.#gauge.unref();
    const first = new Promise<void>((resolve) => {
      this.#loop = this.#follow(resolve);
    });
    // PostgreSQL opens a stream only after all writing transactions have ended. Until then everything is polled.
    await Promise.race([first, pause(patienceMs, this.#end, isIdle)]);
  }

  /** Opens streams one after another until the feed is closed. `onTried`: called when the first stream is open, or cannot be opened. */
  async #follow(onTried: () => void): Promise<void> {
    let delay: number = retryMs.first;
    while (!this.#end.aborted) {
      const openedAt = performance.now();
      const end = await this.#followOnce(onTried, delay === retryMs.first);
      onTried();
      if (end === 'not offered') await pause(reconsiderMs, this.#end, isIdle);
      else {
        if (performance.now() - openedAt > retryMs.longest) delay = retryMs.first;
        await pause(delay, this.#end, isIdle);
        delay = Math.min(delay * 2, end === 'taken' ? retryMs.taken : retryMs.longest);
      }
    }
  }

  /** Follows a stream until it ends. Never rejects. `isFirst`: the attempt before did not fail, so a failure is reported. */
  async #followOnce(onOpen: () => void, isFirst: boolean): Promise<'not offered' | 'taken' | 'ended'> {
    let stream: ChangeStream | null = null;
    try {
      stream = await this.#open();
      if (stream === null) return 'not offered';
      this.log.opened(this.#choice.chosen.method as ChangeMethod, stream.start);
      this.#stream = stream;
      this.#isFollowing = true;
      // Changes since the last stream ended are not known.
      this.everything();
      onOpen();
      await this.#read(stream);
    } catch (error) {
      const failure = asFozError(error);
      if (isFirst && !this.#end.aborted) this.#onFailure(failure);
      if (stream === null) this.#choice.failed(failure.message);
      // Servers with a binlog refuse a position only once the stream is read.
      else if (failure.code === 'not-found') this.#forget();
      if (failure.code === 'conflict') return 'taken';
    } finally {
      this.#stream = null;
      this.#lag = unknownLag;
      this.#isFollowing = false;
      await stream?.close().catch(() => {});
    }
    return 'ended';
  }

  /** Opens the best stream; `null`: the database offers none now. */
  async #open(): Promise<ChangeStream | null> {
    const offer = await this.#choose();
    if (offer === null) return null;
    const after = offer.grain === 'rows' ? this.log.resumesAfter(offer.method) : null;
    const { changes } = this.#connector;
    const isKept = offer.method === 'replication' && changes?.removeReader !== undefined;
    const keptAs = isKept ? this.#reader() : null;
    const options = { method: offer.method, keptAs, ...(after === null ? {} : { after }) };
    try {
      if (this.kept !== null && offer.grain === 'rows') return await this.kept.follow(changes!, options);
      return (await changes?.follow(options)) ?? null;
    } catch (error) {
      if (after !== null && error instanceof FozError && error.code === 'not-found') this.#forget();
      throw error;
    }
  }

  /** The database does not have the changes after the position of the stream any more: the next stream begins at the present. */
  #forget(): void {
    this.log.forget();
    this.kept?.forget();
  }

  /** Chooses the method anew. Resolves with its offer; `null`: there is none, or no other stream is opened now. */
  async #choose(): Promise<ChangeOffer | null> {
    const choice = await this.#choice.choose(this.#watchers.tables, () => this.#isFollowing);
    if (choice.kind === 'none beside') return null;
    if (choice.kind === 'better') {
      // Closing ends the present stream; the next one is opened by the better method.
      await this.#stream?.close().catch(() => {});
      return null;
    }
    const { unseen } = this.#choice;
    this.#watchers.all(choice.nowSeen);
    this.log.lose(notReported(), unseen);
    this.kept?.lose(unseen);
    return choice.offer;
  }

  async #measure(): Promise<void> {
    const lagBytes = (await this.#stream?.lagBytes?.().catch(() => null)) ?? null;
    this.#lag = { ...this.#lag, lagBytes };
  }

  async #read(stream: ChangeStream): Promise<void> {
    const transaction = new Transaction(this.#watchers);
    let at: number | null = null;
    void this.#measure();
    while (!this.#end.aborted) {
      for (const message of await stream.next(this.#end)) {
        this.log.take(message);
        switch (message.kind) {
          case 'row':
          case 'truncate':
            transaction.add(message);
            break;
          case 'commit':
            transaction.commit();
            this.#lag = {
              ...this.#lag,
              lagSeconds: at === null ? null : Math.max(0, Date.now() - at) / 1000,
            };
            stream.acknowledge(message.position);
            break;
          case 'idle':
            stream.acknowledge(message.position);
            break;
          case 'touched':
            this.everything();
            break;
          case 'begin':
            at = message.at;
            break;
        }
      }
    }
  }

  /** The watched tables whose changes no stream reports now. */
  #polled(): readonly ChangedTable[] {
    if (!this.#isFollowing) return this.#watchers.tables;
    if (this.#choice.chosen.method === 'version') return [];
    return this.#watchers.tables.filter((table) => {
      const isReported = this.#choice.isOffered(table) && !this.#choice.isUnseen(table);
      return this.#views.has(tableKey(table)) || !isReported;
    });
  }
}
