import type { OthersWatch } from '../../store/index.ts';
import type { WantedTables } from './wanted-tables.ts';

/** The watches of other processes. The tables in them are logged for these processes. */
export class OthersWatches {
  readonly #tables: WantedTables;
  /** By the text of a watch, the function that ends logging for it. */
  readonly #releases = new Map<string, () => void>();
  /** Watches whose changes are logged from the end of the present transaction on. */
  #waiting: OthersWatch[] = [];
  /** Watches whose changes are logged, but that were not confirmed to their processes yet. */
  #unseen: OthersWatch[] = [];

  constructor(tables: WantedTables) {
    this.#tables = tables;
  }

  get size(): number {
    return this.#releases.size;
  }

  /** Sets the present watches. */
  use(watches: readonly OthersWatch[]): void {
    const now = new Set<string>();
    for (const watch of watches) {
      const text = JSON.stringify([watch.process, watch.namespace, watch.name, watch.rows, watch.columns]);
      now.add(text);
      if (!this.#releases.has(text)) {
        const { rows, columns } = watch;
        const release = rows ? this.#tables.hold(watch) : this.#tables.pass(watch, columns);
        this.#releases.set(text, release);
      } else if (watch.isSeen) continue;
      this.#waiting.push(watch);
    }
    for (const [text, release] of this.#releases) {
      if (now.has(text)) continue;
      this.#releases.delete(text);
      release();
    }
  }

  /** Called between two transactions, when wanted tables have joined the log. */
  joined(): void {
    for (const watch of this.#waiting) if (!watch.isSeen) this.#unseen.push(watch);
    this.#waiting = [];
  }

  /** Takes the watches that have to be confirmed. */
  takeUnseen(): readonly OthersWatch[] {
    return this.#unseen.splice(0);
  }

  /** Ends all watches. */
  clear(): void {
    this.use([]);
    this.#waiting = [];
    this.#unseen = [];
  }
}
