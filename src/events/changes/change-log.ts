import type { FozError } from '../../core/index.ts';
import type { LoggedChange } from '../../execute/index.ts';
import type {
  ChangedTable,
  ChangeMessage,
  ChangeMethod,
  ChangePosition,
  RowImage,
} from '../../plan/index.ts';
import { tableKey } from '../feed/watchers.ts';
import { lostStream, notKept, replaced, reshaped, tooLarge, unknownChange } from './missing-changes.ts';
import { type ClientPosition, endOf, isAfter, positionText } from './position.ts';
import { isContinued } from './shape.ts';

/** Bounds of the log: its size, and the age of its entries. */
export interface MemoryLogBounds {
  readonly bytes: number;
  readonly milliseconds: number;
}

/** A change in the log. `end`: the bytes of all changes from the first one ever logged to this one. */
export interface Entry extends LoggedChange {
  readonly table: LoggedTable;
  readonly place: ClientPosition;
  readonly end: number;
  readonly loggedAt: number;
}

/** A changed row. `index`: its number among all rows of the transaction, where the log of the store lacks rows of other tables. */
type Row = Extract<ChangeMessage, { kind: 'row' }> & { readonly index?: number };
type Begin = Extract<ChangeMessage, { kind: 'begin' }>;

/** A table whose changes are logged. */
export interface LoggedTable {
  readonly table: ChangedTable;
  readonly key: string;
  /** All changes of the table after this position are in the log. */
  since: ClientPosition;
  /** The reason why changes of the table are missing; `null`: none are. */
  lost: FozError | null;
  /** Whether the table was asked for within the transaction that is being read, so that changes of the transaction are missing. */
  isPartial: boolean;
}

/** A transaction whose commit has not been read yet, with its changes of logged tables. */
interface Pending {
  readonly begin: Begin;
  readonly rows: {
    readonly table: LoggedTable;
    readonly row: Row;
    readonly index: number;
    readonly bytes: number;
  }[];
  count: number;
  bytes: number;
}

/**
 * The latest changes of one source, of the tables that subscribers of `<table>_changes` have asked for. Readers share the log, so a
 * slow reader costs no memory of its own.
 */
export class ChangeLog {
  readonly #bounds: MemoryLogBounds;
  readonly #onJoined: (table: ChangedTable) => void;
  readonly #tables = new Map<string, LoggedTable>();
  /** The columns that the tables had when a reader was last opened, by table. */
  readonly #shapes = new Map<string, string>();
  readonly #entries: Entry[] = [];
  #first = 0;
  #bytes = 0;
  #end = 0;
  #pending: Pending | null = null;
  #hasPartial = false;
  #method: ChangeMethod = 'replication';
  #position: ChangePosition | null = null;

  /** `onJoined`: called at the end of a transaction in which a table was asked for. From then on the changes of the table are logged. */
  constructor(bounds: MemoryLogBounds, onJoined: (table: ChangedTable) => void = () => {}) {
    this.#bounds = bounds;
    this.#onJoined = onJoined;
  }

  /** The position from which a new stream of the method continues the log without a gap; `null`: there is none, or no table is logged. */
  resumesAfter(method: ChangeMethod): ChangePosition | null {
    return this.#tables.size === 0 || method !== this.#method ? null : this.#position;
  }

  /** Whether tables are logged. */
  get isUsed(): boolean {
    return this.#tables.size > 0;
  }

  get bounds(): MemoryLogBounds {
    return this.#bounds;
  }

  /** The position after all changes that were read; `null`: none was read yet. */
  get now(): ClientPosition | null {
    return this.#position === null ? null : endOf(this.#method, this.#position);
  }

  /** The number of the first entry that is kept. */
  get first(): number {
    return this.#first;
  }

  /** The number of the next entry. */
  get next(): number {
    return this.#first + this.#entries.length;
  }

  /** The bytes of all changes logged before the entry `number`, including those that are no longer kept. */
  bytesBefore(number: number): number {
    return number > this.#first ? this.entry(number - 1).end : this.#end - this.#bytes;
  }

  entry(number: number): Entry {
    return this.#entries[number - this.#first]!;
  }

  /**
   * Logs the changes of a table from now on; where a transaction is being read, from its end on. Returns as `next` the number of the first
   * entry after a position; with `after: null`, of the next entry to come. Throws FozError `not-found` where changes after the position are
   * not in the log.
   */
  open(
    table: ChangedTable,
    after: ClientPosition | null,
  ): { readonly table: LoggedTable; readonly next: number } {
    const key = tableKey(table);
    const now = endOf(this.#method, this.#position ?? '');
    let logged = this.#tables.get(key);
    if (logged === undefined) {
      logged = { table, key, since: now, lost: null, isPartial: this.#pending !== null };
      this.#hasPartial ||= logged.isPartial;
      this.#tables.set(key, logged);
    }
    if (after === null) return { table: logged, next: this.next };
    if (after.method !== this.#method) throw notKept();
    if (logged.isPartial || isAfter(logged.since, after) || isAfter(after, now)) throw notKept();
    const found = this.#entries.findIndex(({ place }) => isAfter(place, after));
    return { table: logged, next: found < 0 ? this.next : this.#first + found };
  }

  /** Adds the next message of the stream. A transaction is logged at its commit. */
  take(message: ChangeMessage): void {
    switch (message.kind) {
      case 'begin':
        this.#pending = { begin: message, rows: [], count: 0, bytes: 0 };
        break;
      case 'row':
        this.#add(message);
        break;
      case 'truncate':
        this.lose(replaced(), message.tables);
        break;
      case 'commit':
        this.#commit(message.position);
        break;
      case 'idle':
        this.#position = message.position;
        break;
      case 'touched':
        this.lose(unknownChange());
        break;
    }
  }

  /** Called when a stream was opened. Where it does not continue the log, changes are missing. */
  opened(method: ChangeMethod, start: ChangePosition): void {
    this.#pending = null;
    // A stream that continues the log begins with the whole transaction.
    for (const logged of this.#tables.values()) logged.isPartial = false;
    this.#hasPartial = false;
    if (this.#position === null || start > this.#position || method !== this.#method) {
      this.#method = method;
      this.#position = start;
      this.lose(lostStream());
    }
  }

  /** Ends the readers of tables (default: of all) whose changes are missing. Earlier positions of these tables are refused. */
  lose(error: FozError, tables?: readonly ChangedTable[]): void {
    for (const key of tables?.map(tableKey) ?? [...this.#tables.keys()]) {
      const logged = this.#tables.get(key);
      if (logged === undefined) continue;
      logged.lost = error;
      this.#tables.delete(key);
    }
  }

  /** Called before a reader of a table is opened. Where the columns of the table have become others, earlier changes are lost. */
  reshape(table: ChangedTable, shape: string): void {
    const key = tableKey(table);
    if (!isContinued(this.#shapes.get(key) ?? '', shape)) this.lose(reshaped(), [table]);
    this.#shapes.set(key, shape);
  }

  /** Forgets the position, since the database no longer has the changes after it. */
  forget(): void {
    this.lose(lostStream());
    this.#position = null;
  }

  #add(row: Row): void {
    const pending = this.#pending;
    if (pending === null) return;
    const index = row.index ?? pending.count;
    pending.count = index + 1;
    const table = this.#tables.get(tableKey(row.table));
    if (table === undefined || table.isPartial) return;
    const bytes = 200 + bytesOf(row.old) + bytesOf(row.new);
    pending.bytes += bytes;
    pending.rows.push({ table, row, index, bytes });
    if (pending.bytes <= this.#bounds.bytes) return;
    this.lose(tooLarge());
    pending.rows.length = 0;
    pending.bytes = 0;
  }

  #commit(position: ChangePosition): void {
    const pending = this.#pending;
    this.#pending = null;
    // A stream may begin with transactions that were read before.
    const isKnown = this.#position !== null && position <= this.#position;
    if (!isKnown) this.#position = position;
    if (this.#hasPartial) this.#joinTables(position);
    if (pending === null || isKnown) return;
    const { at, transaction } = pending.begin;
    const loggedAt = performance.now();
    for (const { table, row, index, bytes } of pending.rows) {
      if (table.lost !== null) continue;
      const place = { method: this.#method, position, index };
      this.#bytes += bytes;
      this.#end += bytes;
      const { op, old } = row;
      this.#entries.push({
        ...{ op, old, new: row.new, at, transaction, position: positionText(place) },
        ...{ table, place, end: this.#end, loggedAt },
      });
    }
    this.#trim(loggedAt);
  }

  /** Logs the tables from now on that were asked for within the transaction that ends at the position. */
  #joinTables(position: ChangePosition): void {
    this.#hasPartial = false;
    for (const logged of this.#tables.values()) {
      if (!logged.isPartial) continue;
      logged.isPartial = false;
      const end = endOf(this.#method, position);
      if (isAfter(end, logged.since)) logged.since = end;
      this.#onJoined(logged.table);
    }
  }

  #trim(now: number): void {
    const { bytes, milliseconds } = this.#bounds;
    let count = 0;
    for (const entry of this.#entries) {
      const kept = this.#end - entry.end;
      if (this.#bytes <= bytes && now - entry.loggedAt <= milliseconds) break;
      this.#bytes = kept;
      entry.table.since = entry.place;
      count++;
    }
    if (count === 0) return;
    this.#entries.splice(0, count);
    this.#first += count;
  }
}

/** The memory that the values of an image take. */
export function bytesOf(image: RowImage | null): number {
  let bytes = 0;
  for (const value of image?.values ?? [])
    bytes += typeof value === 'string' ? 2 * value.length : Buffer.isBuffer(value) ? value.length : 16;
  return bytes;
}
