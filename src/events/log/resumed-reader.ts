import { FozError } from '../../core/index.ts';
import type { LoggedChange } from '../../execute/index.ts';
import type { ChangedTable } from '../../plan/index.ts';
import type { ChangeLog, LoggedTable } from '../changes/change-log.ts';
import { ChangeReader } from '../changes/change-reader.ts';
import { notKept } from '../changes/missing-changes.ts';
import { isAfter, type Place } from '../changes/position.ts';
import type { StoredChanges } from './stored-changes.ts';

/** Attempts to go on in memory behind the end of what is stored, before the log counts as broken. */
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

  /** See `ChangeReader.peek`. */
  async peek(most: number): Promise<readonly LoggedChange[]> {
    for (let attempt = 0; this.#memory === null; attempt++) {
      if (this.#logged.lost !== null) throw this.#logged.lost;
      const { now } = this.#log;
      if (attempt > 0) await this.#settled();
      const found = await this.#stored.peek(most);
      if (found.length > 0) return found;
      const { place } = this.#stored;
      // What is in memory comes from the store, and is behind it.
      if (now === null || isAfter(place, now)) return [];
      if (attempt > mostAttempts) throw notKept();
      if (attempt > 0) this.#goOn(now);
    }
    return this.#memory.peek(most);
  }

  done(changes: readonly LoggedChange[]): void {
    if (this.#memory === null) this.#stored.done(changes);
    else this.#memory.done(changes);
  }

  /** Goes on in memory, if nothing behind the place was dropped there. */
  #goOn(after: Place): void {
    try {
      this.#memory = new ChangeReader(this.#log, this.#log.open(this.#table, after));
    } catch (error) {
      if (!(error instanceof FozError) || error.code !== 'not-found') throw error;
    }
  }
}
