import type { OthersWatch } from '../../store/index.ts';
import type { WantedTables } from './wanted-tables.ts';

/** The tables that other processes watch, as far as they are logged for them. */
export class OthersWatches {
  readonly #tables: WantedTables;
  /** Takes a watch back, by its text. */
  readonly #releases = new Map<string, () => void>();
  /** Watches whose changes are logged from the next border of two transactions on. */
  #waiting: OthersWatch[] = [];
  /** Watches that are logged, and whose processes do not know it. */
  #unseen: OthersWatch[] = [];

  constructor(tables: WantedTables) {
    this.#tables = tables;
  }

  get size(): number {
    return this.#releases.size;
  }

  /** Sets what is watched now. */
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

  /** Called at the border of two transactions, when wanted tables have joined the log. */
  joined(): void {
    this.#unseen.push(...this.#waiting.filter(({ isSeen }) => !isSeen));
    this.#waiting = [];
  }

  /** Watches of which to tell that they are logged. */
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
