import { setTimeout as sleep } from 'node:timers/promises';
import { FozError } from '../../core/index.ts';
import type { ChangedTable, ChangePosition, FollowOptions } from '../../plan/index.ts';
import type { WatchedTable } from '../../store/index.ts';
import { tableKey } from '../feed/watchers.ts';
import { isSince } from './logged-since.ts';
import { OwnWatches } from './own-watches.ts';
import type { SourceLead } from './source-lead.ts';
import type { SourceLogOptions } from './source-log-options.ts';
import { StoredStream } from './stored-stream.ts';

/** The longest wait until the other process logs a table, in milliseconds. */
const patienceMs = 3_000;
/** Milliseconds between two checks whether the other process logs a table. */
const checkMs = 50;
/** Milliseconds between two attempts to take the lead while the other process does not answer. */
const askMs = 1_000;
/** Milliseconds for which the store may fail to answer who has the lead before this process reads the source by itself. */
const giveUpMs = 2_000;

/** The tables of a source that this process watches. */
export interface OwnTables {
  /** The tables that have subscribers of `<table>_changes`. */
  readonly held: () => readonly ChangedTable[];
  /** The tables that live queries watch. The values of `columns` decide which of the queries run again. */
  readonly live: () => readonly Omit<WatchedTable, 'rows'>[];
}

/**
 * The log of a source while another process has the lead: this process stores which tables it watches, and follows the log that the other
 * process writes.
 */
export class FollowedLog {
  readonly #options: SourceLogOptions;
  readonly #lead: SourceLead;
  readonly #tables: OwnTables;
  readonly #watches: OwnWatches;
  #stream: StoredStream | null = null;

  constructor(options: SourceLogOptions, lead: SourceLead, tables: OwnTables) {
    this.#options = options;
    this.#lead = lead;
    this.#tables = tables;
    this.#watches = new OwnWatches(
      options.store,
      options.source,
      () => watchedTables(tables),
      // All watchers are touched when a stream is opened.
      () => void this.#stream?.close(),
    );
  }

  /** Opens a stream of the log; `null`: no log can be followed, or the other process has ended and this one has the lead now. */
  async open({ after, method }: FollowOptions): Promise<StoredStream | null> {
    const { store, source, identity, onFailure } = this.#options;
    const lead = this.#leadOrFailure();
    try {
      let askedAt = performance.now();
      await this.#watches.settle(async () => {
        if (performance.now() - askedAt < askMs) return false;
        askedAt = performance.now();
        return lead();
      });
      if (this.#lead.held !== null) return null;
      const log = await store.read(source);
      const isWhole = after !== undefined && log !== null && this.#tables.held().every(isSince(log, after));
      const from = isWhole ? { after } : {};
      this.#stream = await StoredStream.open({ ...{ store, source, identity, method, lead }, ...from });
      return this.#stream;
    } catch (error) {
      onFailure(error);
      return null;
    }
  }

  /**
   * The position after which the log has the rows of a table; `null`: the stream is not open any more. Rejects with FozError where the
   * other process does not answer.
   */
  async since(table: ChangedTable, isOpen: () => boolean): Promise<ChangePosition | null> {
    const key = tableKey(table);
    for (const start = performance.now(); ; await sleep(checkMs, undefined, { ref: false })) {
      if (!isOpen()) return null;
      await this.#watches.settle();
      const log = await this.#options.store.read(this.#options.source);
      const since = log?.tables.find((one) => tableKey(one) === key)?.since;
      if (since !== undefined) return since;
      // The log has begun anew since the other process confirmed the table, and will have the table again in a moment.
      this.#watches.forget();
      if (performance.now() - start > patienceMs)
        throw new FozError(
          'unavailable',
          'The changes of the table are not logged yet. Try again in a moment.',
        );
    }
  }

  /** Whether another process writes the log, by the same method. */
  async isWritten(method: FollowOptions['method']): Promise<boolean> {
    const { store, source, identity } = this.#options;
    const isHeard = await this.#watches.settle().then(
      () => true,
      () => false,
    );
    const log = isHeard ? await store.read(source).catch(() => null) : null;
    return log !== null && log.method === method && log.identity === identity;
  }

  /** Resolves once the other process has confirmed that it logs the watched tables. Rejects with FozError where it does not answer. */
  confirmed(): Promise<void> {
    return this.#watches.settle();
  }

  /** Forgets the confirmation: another process may have the lead from now on. */
  forget(): void {
    this.#watches.forget();
  }

  /** Removes the watches of this process from the store. */
  stop(): Promise<void> {
    return this.#watches.stop();
  }

  /**
   * A function that asks for the lead. It resolves with whether this process has it now. It rejects where the store has not answered for
   * some time: perhaps no process reads the source any more, and none can take the lead. Then this process has to read by itself.
   */
  #leadOrFailure(): () => Promise<boolean> {
    let failingAt: number | null = null;
    return async () => {
      if (this.#lead.held === null) await this.#lead.take();
      failingAt = this.#lead.isFailing ? (failingAt ?? performance.now()) : null;
      if (failingAt !== null && performance.now() - failingAt > giveUpMs)
        throw new FozError(
          'unavailable',
          'The store does not answer which process has the lead of the source.',
        );
      return this.#lead.held !== null;
    };
  }
}

function watchedTables({ held, live }: OwnTables): WatchedTable[] {
  const whole = held();
  const keys = new Set(whole.map(tableKey));
  return [
    ...whole.map((table) => ({ ...table, rows: true, columns: [] })),
    ...live().flatMap((table) => (keys.has(tableKey(table)) ? [] : [{ ...table, rows: false }])),
  ];
}
