import type { ChangedTable, ChangePosition } from '../../plan/index.ts';
import type { StoredTable } from '../../store/index.ts';
import { tableKey } from '../feed/watchers.ts';

interface Wanted {
  readonly table: ChangedTable;
  /** The changes behind this position are in the log; `null`: it is not logged yet. */
  since: ChangePosition | null;
  /** Subscribers now. */
  holders: number;
  /** When it stops to be logged, if there are no subscribers, by `performance.now()`. */
  until: number;
  isStored: boolean;
}

/**
 * The tables whose changes are kept in the store: those with subscribers of `<table>_changes`, now or within the time for which changes
 * are kept.
 */
export class WantedTables {
  readonly #keepMs: number;
  readonly #byKey = new Map<string, Wanted>();

  constructor(keepMs: number) {
    this.#keepMs = keepMs;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** Whether the rows of a table are logged. */
  has(table: ChangedTable): boolean {
    return (this.#byKey.get(tableKey(table))?.since ?? null) !== null;
  }

  /** Adds a subscriber of a table. Returns a function that takes it away. */
  hold(table: ChangedTable): () => void {
    const wanted = this.#add(table, null);
    wanted.holders++;
    wanted.isStored = false;
    return () => {
      wanted.holders--;
      wanted.until = performance.now() + this.#keepMs;
      wanted.isStored = false;
    };
  }

  /** Logs the tables that are wanted and not logged yet, from a position on. */
  join(position: ChangePosition): void {
    for (const wanted of this.#byKey.values()) wanted.since ??= position;
  }

  /** Changes of tables up to a position are missing; default: of all. */
  lose(position: ChangePosition | null, tables?: readonly ChangedTable[]): void {
    const keys = new Set(tables?.map(tableKey));
    for (const [key, wanted] of this.#byKey) {
      if (tables !== undefined && !keys.has(key)) continue;
      wanted.since = position;
      wanted.isStored = false;
    }
  }

  /** Takes over what the store has. */
  restore(stored: readonly StoredTable[]): void {
    for (const { namespace, name, since, forMs } of stored) {
      if (forMs === 0) continue;
      const wanted = this.#add({ namespace, name }, since);
      wanted.since = since;
      wanted.until = Math.max(wanted.until, performance.now() + forMs);
    }
  }

  /** Forgets tables that are no longer wanted. Those with subscribers are stored again, for a longer time. */
  renew(): void {
    const now = performance.now();
    for (const [key, wanted] of this.#byKey) {
      if (wanted.holders > 0) wanted.isStored = false;
      else if (wanted.until <= now) this.#byKey.delete(key);
    }
  }

  /** The tables whose state in the store is out of date. They count as stored from now on. */
  takeUnstored(): StoredTable[] {
    const unstored = [...this.#byKey.values()].filter(({ since, isStored }) => since !== null && !isStored);
    const now = performance.now();
    return unstored.map((wanted) => {
      wanted.isStored = true;
      const { table, since, holders, until } = wanted;
      return { ...table, since: since!, forMs: holders > 0 ? this.#keepMs : Math.max(0, until - now) };
    });
  }

  #add(table: ChangedTable, since: ChangePosition | null): Wanted {
    const key = tableKey(table);
    let wanted = this.#byKey.get(key);
    if (wanted === undefined) {
      wanted = { table, since, holders: 0, until: 0, isStored: since !== null };
      this.#byKey.set(key, wanted);
    }
    return wanted;
  }
}
