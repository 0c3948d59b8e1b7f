import type { ChangedTable, ChangePosition } from '../../plan/index.ts';
import type { StoredTable } from '../../store/index.ts';
import { isContinued } from '../changes/shape.ts';
import { tableKey } from '../feed/watchers.ts';

/** Milliseconds for which a table with a durable reader is logged again after its process has ended: ten years. */
const durableMs = 10 * 365 * 86_400_000;

interface Wanted {
  readonly table: ChangedTable;
  /** The rows of changes after this position are in the log; `null`: they are not logged. */
  since: ChangePosition | null;
  /** The columns of these rows (see `shapeOf`). */
  shape: string;
  /** The number of present subscribers of the changes of rows. */
  holders: number;
  /** The number of present holders whose changes are kept until they are read, however long that takes. */
  durable: number;
  /** When rows stop being logged if there are no subscribers, by `performance.now()`. */
  until: number;
  isStored: boolean;
  /** The columns by whose values live queries of other processes are found, by watch. */
  readonly passed: Map<object, readonly string[]>;
  /** The union of the columns in `passed`; `null`: no values are passed on. */
  columns: ReadonlySet<string> | null;
}

/**
 * The tables whose changes are kept in the store: whole rows of those with subscribers of `<table>_changes`, now or within the time for
 * which changes are kept; some values of those with live queries in other processes.
 */
export class WantedTables {
  readonly #keepMs: number;
  readonly #shapeOf: (table: ChangedTable) => string;
  readonly #byKey = new Map<string, Wanted>();

  /** `shapeOf`: the present columns of a table. */
  constructor(keepMs: number, shapeOf: (table: ChangedTable) => string = () => '') {
    this.#keepMs = keepMs;
    this.#shapeOf = shapeOf;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** The tables with subscribers of `<table>_changes`. */
  get held(): readonly ChangedTable[] {
    return [...this.#byKey.values()].flatMap(({ table, holders }) => (holders > 0 ? [table] : []));
  }

  /** Whether there are durable readers. */
  get isDurable(): boolean {
    return [...this.#byKey.values()].some(({ durable }) => durable > 0);
  }

  /** Whether changes of a table are logged. */
  has(table: ChangedTable): boolean {
    const wanted = this.#byKey.get(tableKey(table));
    return wanted !== undefined && (wanted.since !== null || wanted.columns !== null);
  }

  /** The columns that are logged of a table: `rows` for all, `null` for a table that is not logged. */
  columnsOf(table: ChangedTable): 'rows' | ReadonlySet<string> | null {
    const wanted = this.#byKey.get(tableKey(table));
    if (wanted === undefined) return null;
    return wanted.since === null ? wanted.columns : 'rows';
  }

  /**
   * Adds a reader of the rows of a table. `isDurable`: a process that starts within some years goes on with the log of the table. Returns a
   * function that removes the reader.
   */
  hold(table: ChangedTable, isDurable = false): () => void {
    const wanted = this.#add(table);
    this.#compare(wanted);
    wanted.holders++;
    if (isDurable) wanted.durable++;
    wanted.isStored = false;
    return () => {
      wanted.holders--;
      if (isDurable) wanted.durable--;
      wanted.until = performance.now() + this.#keepMs;
      wanted.isStored = false;
    };
  }

  /** Passes the values of columns on to live queries of another process. Returns a function that ends this. */
  pass(table: ChangedTable, columns: readonly string[]): () => void {
    const wanted = this.#add(table);
    const watch = {};
    wanted.passed.set(watch, columns);
    return () => {
      wanted.passed.delete(watch);
      this.renew();
    };
  }

  /** Logs the tables that are wanted and not logged yet, from a position on. */
  join(position: ChangePosition): void {
    for (const wanted of this.#byKey.values()) {
      if (wanted.since === null && wantsRows(wanted)) {
        wanted.since = position;
        wanted.shape = this.#shapeOf(wanted.table);
      }
      wanted.columns = wanted.passed.size === 0 ? null : new Set([...wanted.passed.values()].flat());
    }
  }

  /** Notes that changes of the tables (default: all) up to a position are missing; `null`: and that they are not logged now. */
  lose(position: ChangePosition | null, tables?: readonly ChangedTable[]): void {
    const keys = new Set(tables?.map(tableKey));
    for (const [key, wanted] of this.#byKey) {
      if (tables !== undefined && !keys.has(key)) continue;
      if (wanted.since !== null) wanted.since = position;
      wanted.isStored = false;
    }
  }

  /** Restores tables that were stored and are still wanted. */
  restore(stored: readonly StoredTable[]): void {
    for (const { namespace, name, since, shape, forMs } of stored) {
      if (forMs === 0) continue;
      const wanted = this.#add({ namespace, name });
      // Whoever needs a table for longer holds it again.
      const keptMs = Math.min(forMs, this.#keepMs);
      wanted.isStored = wanted.holders === 0 && keptMs === forMs;
      wanted.since = since;
      wanted.shape = shape;
      this.#compare(wanted);
      wanted.until = Math.max(wanted.until, performance.now() + keptMs);
    }
  }

  /**
   * Forgets tables that are no longer wanted. Those with subscribers are stored again, for a longer time. Tables whose columns have become
   * others are logged anew.
   */
  renew(): void {
    for (const [key, wanted] of this.#byKey) {
      this.#compare(wanted);
      if (wanted.holders > 0) wanted.isStored = false;
      if (wantsRows(wanted)) continue;
      wanted.since = null;
      if (wanted.passed.size === 0) this.#byKey.delete(key);
    }
  }

  /** The tables whose state in the store is out of date. They count as stored from now on. */
  takeUnstored(): StoredTable[] {
    const unstored = [...this.#byKey.values()].filter(({ since, isStored }) => since !== null && !isStored);
    const now = performance.now();
    return unstored.map((wanted) => {
      wanted.isStored = true;
      const { table, since, shape, holders, durable, until } = wanted;
      const keepMs = durable > 0 ? durableMs : this.#keepMs;
      return { ...table, since: since!, shape, forMs: holders > 0 ? keepMs : Math.max(0, until - now) };
    });
  }

  /** Compares the columns of a table with those of its logged rows. */
  #compare(wanted: Wanted): void {
    if (wanted.since === null) return;
    const shape = this.#shapeOf(wanted.table);
    if (shape === '' || shape === wanted.shape) return;
    // The rows of other columns are not for subscribers of today.
    if (!isContinued(wanted.shape, shape)) wanted.since = null;
    wanted.shape = shape;
    wanted.isStored = false;
  }

  #add(table: ChangedTable): Wanted {
    const key = tableKey(table);
    let wanted = this.#byKey.get(key);
    if (wanted === undefined) {
      wanted = {
        ...{ table, since: null, shape: '', holders: 0, durable: 0, until: 0, isStored: false },
        ...{ passed: new Map(), columns: null },
      };
      this.#byKey.set(key, wanted);
    }
    return wanted;
  }
}

function wantsRows({ holders, until }: Wanted): boolean {
  return holders > 0 || until > performance.now();
}
