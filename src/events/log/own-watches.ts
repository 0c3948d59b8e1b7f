import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { FozError, type SourceName } from '../../core/index.ts';
import type { ChangeLogStore, WatchedTable } from '../../store/index.ts';

/** Milliseconds after which watches are stored again; see `watchSeconds` of the store. */
const renewMs = 20_000;
/** Milliseconds that the reading process has to confirm watches. */
const patienceMs = 5_000;
/** Milliseconds that a removal may take. Watches that it leaves expire after `watchSeconds` of the store. */
const removalMs = 1_000;
/** Milliseconds between two checks whether the reading process has confirmed the watches. */
const checkMs = 25;

/** The tables that this process watches in a source that another process reads. */
export class OwnWatches {
  readonly #store: ChangeLogStore;
  readonly #source: SourceName;
  readonly #watched: () => readonly WatchedTable[];
  readonly #onExpired: () => void;
  readonly #renewedMs: number;
  /** Identifies this process among all that watch the source. */
  readonly #process = randomUUID();
  #timer: NodeJS.Timeout | null = null;
  /** Whether this process has watches in the store. */
  #isStored = false;
  /** The watches that the reading process has confirmed, as a text; `null`: none. */
  #settled: string | null = null;

  /**
   * `onExpired`: called when the watches had expired before they were renewed, as those of a process that stood still: changes of the tables
   * may not have been logged. `renewedMs`: milliseconds after which the watches are stored again.
   */
  constructor(
    store: ChangeLogStore,
    source: SourceName,
    watched: () => readonly WatchedTable[],
    onExpired: () => void,
    renewedMs = renewMs,
  ) {
    this.#store = store;
    this.#source = source;
    this.#watched = watched;
    this.#onExpired = onExpired;
    this.#renewedMs = renewedMs;
  }

  /**
   * Stores the watches, and resolves once the reading process has confirmed that it logs their changes. Rejects with FozError `unavailable`
   * where it does not answer. `isVain`: called while waiting; true ends the waiting.
   */
  async settle(isVain: () => Promise<boolean> = async () => false): Promise<void> {
    const watched = this.#watched();
    const text = JSON.stringify(watched);
    if (this.#timer !== null && text === this.#settled) return;
    this.#settled = null;
    await this.#keep(watched);
    this.#timer ??= setInterval(() => void this.#renew(), this.#renewedMs).unref();
    for (const start = performance.now(); ; await sleep(checkMs)) {
      const isSeen = await this.#store.areSeen(this.#source, this.#process);
      if (isSeen) this.#settled = text;
      if (isSeen || (await isVain())) return;
      if (performance.now() - start > patienceMs) throw unanswered();
    }
  }

  /** Forgets the confirmation: another process may read the source from now on, and has to confirm the watches again. */
  forget(): void {
    this.#settled = null;
  }

  /** Stores the present watches again. A table that is not among them expires, and has to be confirmed anew if it is watched again. */
  async #renew(): Promise<void> {
    const watched = this.#watched();
    if (JSON.stringify(watched) !== this.#settled) this.#settled = null;
    await this.#keep(watched).catch(() => {
      // Watches that are not renewed expire.
      this.#settled = null;
    });
  }

  async #keep(watched: readonly WatchedTable[]): Promise<void> {
    const wereValid = await this.#store.watch(this.#source, this.#process, watched);
    const haveExpired = this.#isStored && watched.length > 0 && !wereValid;
    this.#isStored = watched.length > 0;
    if (!haveExpired) return;
    this.#settled = null;
    this.#onExpired();
  }

  /** Removes all watches of this process. */
  async stop(): Promise<void> {
    this.#settled = null;
    this.#isStored = false;
    if (this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
    const removal = this.#store.unwatch(this.#source, this.#process).catch(() => {});
    await Promise.race([removal, sleep(removalMs, undefined, { ref: false })]);
  }
}

function unanswered(): FozError {
  return new FozError(
    'unavailable',
    'The process that reads the changes of the source does not answer. Try again in a moment.',
  );
}
