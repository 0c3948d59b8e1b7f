import type { Column, Table } from '../../catalog/index.ts';
import { type EndSignal, FozError, type SourceName } from '../../core/index.ts';
import type { AskedChanges, EqualRows } from '../../execute/index.ts';
import type { ChangedTable, Connector } from '../../plan/index.ts';
import { lostStream } from '../changes/missing-changes.ts';
import { parsePosition } from '../changes/position.ts';
import { shapeOf } from '../changes/shape.ts';
import { openReader, type RowReader } from '../log/row-reader.ts';
import type { SourceLogOptions } from '../log/source-log-options.ts';
import type { WantedMethod } from './method-choice.ts';
import { type FeedState, SourceFeed, type WatchedRows } from './source-feed.ts';
import type { Watcher } from './watchers.ts';

/** Milliseconds for which a source is still followed after its last watcher has gone, since the next one often comes soon. */
const lingerMs = 30_000;
/** The same for a source with a change log in memory, so that readers can resume from their positions. With one in the store: as long as changes are kept. */
const changesLingerMs = 5 * 60_000;

export interface FeedsOptions {
  /** The connector of an attached source. */
  readonly connectorOf: (source: SourceName) => Connector | undefined;
  /** The method that a source is set to; default: `auto`. */
  readonly methodOf?: (source: SourceName) => WantedMethod;
  /** The store in which the row changes of a source are kept beyond this process; `null`, and by default: in memory only. */
  readonly keepingOf?: (source: SourceName) => SourceLogOptions | null;
  /** Called when the stream of a source ends by an error or cannot be opened. It is opened again. */
  readonly onFailure?: (source: SourceName, error: FozError) => void;
}

/** A watch over tables of any sources. */
export interface Watch {
  /** Resolves once changes from now on touch the watcher. */
  readonly ready: Promise<unknown>;
  stop(): void;
}

interface Followed {
  readonly source: SourceName;
  readonly feed: SourceFeed;
  watches: number;
  timer: NodeJS.Timeout | null;
}

/** The change feeds of all sources. A source is followed only while its tables are watched. */
export class Feeds {
  readonly #options: FeedsOptions;
  readonly #followed = new Map<Connector, Followed>();
  readonly #kept = new Map<Connector, Watch>();
  /** The names of durable readers, by source. */
  readonly #readers = new Map<SourceName, string>();
  #isClosed = false;

  constructor(options: FeedsOptions) {
    this.#options = options;
  }

  /** The state of each feed. */
  get states(): readonly (FeedState & { readonly source: SourceName })[] {
    return [...this.#followed.values()].map(({ source, feed }) => ({ source, ...feed.state }));
  }

  /** Watches tables. `rows`: only changes of these rows of their table concern the watcher; `null`: all changes do. */
  watch(tables: readonly Table[], rows: EqualRows | null, watcher: Watcher): Watch {
    const bySource = new Map<SourceName, WatchedRows[]>();
    for (const table of tables) {
      const list = bySource.get(table.source.name) ?? [];
      bySource.set(table.source.name, list);
      const equal = rows?.table.id === table.id ? (rows.columns[0] ?? null) : null;
      list.push({ table: changedTable(table), isBase: isBase(table), rows: equal, described: table });
    }
    const watches = [...bySource].map(([source, watched]) => this.#watchSource(source, watched, watcher));
    return {
      ready: Promise.all(watches.map(({ ready }) => ready)),
      stop: () => {
        for (const { stop } of watches.splice(0)) stop();
      },
    };
  }

  /** Starts to read the changes of a table that is watched. Rejects with FozError where its source does not report them. */
  async changes({ table, after, neededOld }: AskedChanges, end: EndSignal): Promise<RowReader> {
    const connector = this.#options.connectorOf(table.source.name);
    const feed = connector === undefined ? undefined : this.#followed.get(connector)?.feed;
    if (feed === undefined)
      throw new FozError('unavailable', `Source "${table.source.name}": it is not followed.`);
    const place = after === null ? null : parsePosition(after);
    await feed.requireRows(table, neededOld, end);
    feed.log.reshape(changedTable(table), shapeOf(table.columns));
    const reader = await openReader(feed.log, feed.kept, changedTable(table), place);
    return {
      ...reader,
      peek: async (most) => {
        // Positions of a database that was attached anew may mean something else.
        if (!this.#isAttached(table.source.name, connector!)) throw lostStream();
        return reader.peek(most);
      },
    };
  }

  /**
   * Keeps the changes of a table that is watched in the log of the store until they are read, however long that takes. Rejects with FozError
   * where its source does not report them, or has no log in the store. Returns a function that ends this.
   */
  async keepRows(table: Table, neededOld: readonly Column[], end: EndSignal): Promise<() => void> {
    const { name } = table.source;
    const connector = this.#options.connectorOf(name);
    const feed = connector === undefined ? undefined : this.#followed.get(connector)?.feed;
    if (feed === undefined) throw new FozError('unavailable', `Source "${name}": it is not followed.`);
    if (feed.kept === null)
      throw new FozError(
        'not-supported',
        `Source "${name}": its changes are not kept in the store ("keep" of its "changes"), so what happens while Foz is down would be lost.`,
      );
    await feed.requireRows(table, neededOld, end);
    return (await feed.kept.want(changedTable(table), true)).release;
  }

  /** Whether this process writes the log of a source. */
  leads(source: SourceName): boolean {
    return this.#feedOf(source)?.kept?.isWriting ?? false;
  }

  /** Calls the listener after this process has stored changes of a source that is watched. Returns a function that ends this. */
  onStored(source: SourceName, listener: () => void): () => void {
    return this.#feedOf(source)?.kept?.onStored(listener) ?? (() => {});
  }

  /** Names the durable reader as which sources are followed from now on, where their databases keep what it has not read; `null`: none. */
  readAs(source: SourceName, name: string | null): void {
    if ((this.#readers.get(source) ?? null) === name) return;
    if (name === null) this.#readers.delete(source);
    else this.#readers.set(source, name);
    this.#feedOf(source)?.reopen();
  }

  #feedOf(source: SourceName): SourceFeed | undefined {
    const connector = this.#options.connectorOf(source);
    return connector === undefined ? undefined : this.#followed.get(connector)?.feed;
  }

  /** Sets the sources that are followed even without watchers: an outbox grows until it is read. */
  keep(sources: readonly SourceName[]): void {
    const wanted = new Map(sources.map((source) => [this.#options.connectorOf(source), source]));
    for (const [connector, watch] of this.#kept) {
      if (wanted.has(connector)) continue;
      this.#kept.delete(connector);
      watch.stop();
    }
    for (const [connector, source] of wanted)
      if (connector !== undefined && !this.#kept.has(connector) && !this.#isClosed)
        this.#kept.set(connector, this.#watchSource(source, [], { touch: () => {} }));
  }

  /** Called after this process has written to tables of a source. */
  wrote(source: SourceName, tables: readonly ChangedTable[]): void {
    const connector = this.#options.connectorOf(source);
    if (connector !== undefined) this.#followed.get(connector)?.feed.wrote(tables);
  }

  /** Called after the schema of a source may have changed, or a source was attached anew or detached. */
  reconsider(): void {
    for (const [connector, followed] of this.#followed) {
      if (followed.watches > 0 || this.#isAttached(followed.source, connector)) followed.feed.reconsider();
      else this.#leave(connector, followed);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const followed = [...this.#followed.values()];
    this.#followed.clear();
    for (const { timer } of followed) clearTimeout(timer ?? undefined);
    await Promise.all(followed.map(({ feed }) => feed.close()));
  }

  #watchSource(source: SourceName, watched: readonly WatchedRows[], watcher: Watcher): Watch {
    const connector = this.#options.connectorOf(source);
    if (connector === undefined || this.#isClosed) return { ready: Promise.resolve(), stop: () => {} };
    const followed = this.#follow(source, connector);
    clearTimeout(followed.timer ?? undefined);
    followed.watches++;
    const unwatch = followed.feed.watch(watched, watcher);
    return {
      ready: followed.feed.ready(watched),
      stop: () => {
        unwatch();
        if (--followed.watches === 0) this.#leaveSoon(connector, followed);
      },
    };
  }

  #follow(source: SourceName, connector: Connector): Followed {
    let followed = this.#followed.get(connector);
    if (followed === undefined) {
      const { onFailure = () => {}, methodOf, keepingOf } = this.#options;
      const keeping = keepingOf?.(source) ?? null;
      const feed = new SourceFeed(
        connector,
        methodOf?.(source),
        (error) => onFailure(source, error),
        keeping,
        () => this.#readers.get(source) ?? null,
      );
      followed = { source, feed, watches: 0, timer: null };
      this.#followed.set(connector, followed);
    }
    return followed;
  }

  #leaveSoon(connector: Connector, followed: Followed): void {
    const { source, feed } = followed;
    // The feed of a source that was attached anew would keep the next feed from reading.
    if (!this.#isAttached(source, connector)) {
      this.#leave(connector, followed);
      return;
    }
    followed.timer = setTimeout(
      () => {
        if (followed.watches > 0) return;
        if (feed.kept?.isNeeded === true) return this.#leaveSoon(connector, followed);
        this.#leave(connector, followed);
      },
      feed.log.isUsed ? (feed.kept?.keepMs ?? changesLingerMs) : lingerMs,
    );
    followed.timer.unref();
  }

  #leave(connector: Connector, { feed, timer }: Followed): void {
    clearTimeout(timer ?? undefined);
    if (this.#followed.delete(connector)) void feed.close();
  }

  #isAttached(source: SourceName, connector: Connector): boolean {
    return this.#options.connectorOf(source) === connector;
  }
}

function changedTable({ namespace, name }: Table): ChangedTable {
  return { namespace, name };
}

function isBase({ kind }: Table): boolean {
  return kind === 'table' || kind === 'partitioned table';
}
