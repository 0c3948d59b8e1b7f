import { FozError } from '../../core/index.ts';
import type { LoggedChange } from '../../execute/index.ts';
import type { ChangedTable } from '../../plan/index.ts';
import type { ChangeLog, LoggedTable } from '../changes/change-log.ts';
import { ChangeReader } from '../changes/change-reader.ts';
import { notKept } from '../changes/missing-changes.ts';
import { type ClientPosition, isAfter } from '../changes/position.ts';
import type { StoredChanges } from './stored-changes.ts';

/** Attempts to continue in memory after the last stored change, before the log counts as broken. Between two attempts, changes are stored. */
const mostAttempts = 10;

/** Reads changes of a table from the store, until it reaches those that are in memory. */
export class ResumedReader {
  readonly #stored: StoredChanges;
  readonly #log: ChangeLog;
  readonly #table: ChangedTable;
  readonly #settled: () => Promise<void>;
  readonly #logged: LoggedTable;
  #memory: ChangeReader | null = null;

  /** `settled`: resolves once the changes in memory are stored, too. */
  constructor(stored: StoredChanges, log: ChangeLog, table: ChangedTable, settled: () => Promise<void>) {
    this.#stored = stored;
    this.#log = log;
    this.#table = table;
    this.#settled = settled;
    // From now on the changes of the table are in memory.
    this.#logged = log.open(table, null).table;
  }

  /** The next changes; see `ChangeReader.peek`. */
  async peek(most: number): Promise<readonly LoggedChange[]> {
    for (let attempt = 0; this.#memory === null; attempt++) {
      if (this.#logged.lost !== null) throw this.#logged.lost;
      const { now } = this.#log;
      if (attempt > 0) await this.#settled();
      const found = await this.#stored.peek(most);
      if (found.length > 0) return found;
      const { place } = this.#stored;
      // Another process reads the source: the changes in memory come from the store, and lag behind it.
      if (now === null || isAfter(place, now)) return [];
      // The store gets the rest of the transaction that is being read at its end, when the watchers of the table are touched.
      if (this.#logged.isPartial) return [];
      if (attempt > mostAttempts) throw notKept();
      if (attempt > 0) this.#goOn(now);
    }
    return this.#memory.peek(most);
  }

  done(changes: readonly LoggedChange[]): void {
    if (this.#memory === null) this.#stored.done(changes);
    else this.#memory.done(changes);
  }

  /** Continues in memory, if the log in memory, which was read up to `now`, has all changes that the store lacks. */
  #goOn(now: ClientPosition): void {
    const { place, reached } = this.#stored;
    const from = isAfter(reached, place) ? reached : place;
    const after = isAfter(from, now) ? now : from;
    try {
      this.#memory = new ChangeReader(this.#log, this.#log.open(this.#table, after));
    } catch (error) {
      if (!(error instanceof FozError) || error.code !== 'not-found') throw error;
    }
  }
}
