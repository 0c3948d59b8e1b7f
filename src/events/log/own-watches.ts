import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { FozError, type SourceName } from '../../core/index.ts';
import type { ChangeLogStore, WatchedTable } from '../../store/index.ts';

/** Milliseconds after which watches are stored again; see `watchSeconds` of the store. */
const renewMs = 20_000;
/** Milliseconds that the process that reads the source has to answer. */
const patienceMs = 5_000;
/** Milliseconds that a removal may take. What is left is no longer valid after some time. */
const removalMs = 1_000;
/** Milliseconds between two looks whether it has. */
const lookMs = 25;

/** What this process watches in a source that another process reads. */
export class OwnWatches {
  readonly #store: ChangeLogStore;
  readonly #source: SourceName;
  readonly #watched: () => readonly WatchedTable[];
  /** An identity among all that watch. */
  readonly #process = randomUUID();
  #timer: NodeJS.Timeout | null = null;
  /** What the other process tells the changes of. */
  #settled: string | null = null;

  constructor(store: ChangeLogStore, source: SourceName, watched: () => readonly WatchedTable[]) {
    this.#store = store;
    this.#source = source;
    this.#watched = watched;
  }

  /**
   * Stores what is watched now, and resolves once the reading process tells its changes. Rejects with FozError `unavailable` where it does not
   * answer. `isVain`: asked meanwhile; true ends the waiting.
   */
  async settle(isVain: () => Promise<boolean> = async () => false): Promise<void> {
    const watched = this.#watched();
    const text = JSON.stringify(watched);
    if (this.#timer !== null && text === this.#settled) return;
    this.#settled = null;
    await this.#store.watch(this.#source, this.#process, watched);
    this.#timer ??= setInterval(() => {
      void this.#store.watch(this.#source, this.#process, this.#watched()).catch(() => {});
    }, renewMs).unref();
    for (const start = performance.now(); ; await sleep(lookMs)) {
      const isSeen = await this.#store.areSeen(this.#source, this.#process);
      if (isSeen) this.#settled = text;
      if (isSeen || (await isVain())) return;
      if (performance.now() - start > patienceMs) throw unanswered();
    }
  }

  /** The changes may be told by another process from now on, which has to confirm the watches. */
  forget(): void {
    this.#settled = null;
  }

  /** Withdraws all watches. */
  async stop(): Promise<void> {
    this.#settled = null;
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
