import type { FozError, SourceName } from '../../core/index.ts';
import type { LoggedChange } from '../../execute/index.ts';
import type { ChangedTable, ChangeMessage, ChangeMethod } from '../../plan/index.ts';
import type { ChangeLogStore, StoredLog } from '../../store/index.ts';
import { bytesOf } from '../changes/change-log.ts';
import { notKept, replaced, tooLarge, unknownChange } from '../changes/missing-changes.ts';
import { type ClientPosition, endOf, isAfter, positionText } from '../changes/position.ts';
import { isContinued } from '../changes/shape.ts';
import { tableKey } from '../feed/watchers.ts';
import { type LogMessage, messagesOf } from './segment-text.ts';

/** Most bytes of one transaction that are held while its end is looked for. */
const mostBytes = 32 * 1024 * 1024;

/** A source whose changes are stored; see `SourceLogOptions`. */
interface KeptSource {
  readonly source: SourceName;
  readonly identity: string;
  readonly shapeOf?: (table: ChangedTable) => string;
}

type Begin = Extract<ChangeMessage, { kind: 'begin' }>;
type Row = Extract<LogMessage, { kind: 'row' }>;

/** Reads the changes of one table after a position from the store. */
export class StoredChanges {
  readonly #store: ChangeLogStore;
  readonly #source: SourceName;
  readonly #identity: string;
  readonly #key: string;
  readonly #method: ChangeMethod;
  #number: number;
  #place: ClientPosition;
  #begin: Begin | null = null;
  #rows: Row[] = [];
  #bytes = 0;
  /** Why changes of the present transaction are missing. */
  #missing: FozError | null = null;
  #found: LoggedChange[] = [];
  /** The position up to which the store had the changes when it was last read. */
  #reached: ClientPosition;

  private constructor(
    store: ChangeLogStore,
    { source, identity }: KeptSource,
    table: ChangedTable,
    after: ClientPosition,
    number: number,
  ) {
    this.#store = store;
    this.#source = source;
    this.#identity = identity;
    this.#key = tableKey(table);
    this.#method = after.method;
    this.#place = after;
    this.#reached = after;
    this.#number = number;
  }

  /** A reader of the table's changes after a position. Rejects with FozError `not-found` where the log of the store does not have them all. */
  static async open(
    store: ChangeLogStore,
    kept: KeptSource,
    table: ChangedTable,
    after: ClientPosition,
  ): Promise<StoredChanges> {
    const { source, identity, shapeOf } = kept;
    const log = await store.read(source);
    if (log === null || log.identity !== identity || !hasAfter(log, table, after, shapeOf?.(table) ?? ''))
      throw notKept();
    const number = (await store.numberBefore(source, after.position)) ?? log.number;
    return new StoredChanges(store, kept, table, after, number);
  }

  /** The position after the last change that was read. */
  get place(): ClientPosition {
    return this.#place;
  }

  /** The position up to which all changes were in the store when `peek` found no more. */
  get reached(): ClientPosition {
    return this.#reached;
  }

  /** The next changes; empty: there are none in the store. They are returned again until `done` is called for them. */
  async peek(most: number): Promise<readonly LoggedChange[]> {
    while (this.#found.length === 0 && (await this.#read())) {
      // Segments without changes of the table are passed over.
    }
    return this.#found.slice(0, most);
  }

  done(changes: readonly LoggedChange[]): void {
    this.#found.splice(0, changes.length);
  }

  /** Reads the next segments; resolves with false where there are none. */
  async #read(): Promise<boolean> {
    // The state of the log is read first, so that it never names a segment that was appended after the segments were read.
    const log = await this.#store.read(this.#source);
    const segments = await this.#store.segments(this.#source, this.#number);
    const isEmptied = segments.length === 0 && log?.number !== this.#number;
    // All further segments were removed, or the log was begun anew.
    if (log === null || log.identity !== this.#identity || isEmptied) throw notKept();
    this.#reached = endOf(this.#method, log.position);
    for (const { number, body } of segments) {
      // The segments in between were removed: they were too old, or the log was begun anew.
      if (number !== this.#number + 1) throw notKept();
      this.#number = number;
      for (const message of messagesOf(body)) this.#take(message);
    }
    return segments.length > 0;
  }

  #take(message: LogMessage): void {
    switch (message.kind) {
      case 'begin':
        this.#begin = message;
        this.#rows = [];
        this.#bytes = 0;
        this.#missing = null;
        break;
      case 'row':
        if (tableKey(message.table) !== this.#key) break;
        this.#rows.push(message);
        this.#bytes += 200 + bytesOf(message.old) + bytesOf(message.new);
        if (this.#bytes > mostBytes) this.#lose(tooLarge());
        break;
      case 'truncate':
        if (message.tables.some((table) => tableKey(table) === this.#key)) this.#lose(replaced());
        break;
      case 'touched':
        this.#lose(unknownChange());
        break;
      case 'commit':
        this.#commit(message.position);
        break;
    }
  }

  #lose(error: FozError): void {
    this.#missing ??= error;
    this.#rows = [];
    this.#bytes = 0;
  }

  #commit(position: string): void {
    const end = endOf(this.#method, position);
    if (this.#missing !== null && isAfter(end, this.#place)) throw this.#missing;
    for (const { op, index, old, new: after } of this.#rows) {
      const place: ClientPosition = { method: this.#method, position, index };
      if (!isAfter(place, this.#place)) continue;
      const { at, transaction } = this.#begin!;
      this.#found.push({ op, old, new: after, at, transaction, position: positionText(place) });
    }
    if (isAfter(end, this.#place)) this.#place = end;
    this.#rows = [];
  }
}

/** Whether a log has all changes of a table after a position, of the columns that the table has now. */
function hasAfter(log: StoredLog, table: ChangedTable, after: ClientPosition, shape: string): boolean {
  const key = tableKey(table);
  const logged = log.tables.find((one) => tableKey(one) === key);
  return (
    logged !== undefined &&
    log.method === after.method &&
    // The process that writes the log may know the newest columns, or not yet.
    (isContinued(logged.shape, shape) || isContinued(shape, logged.shape)) &&
    [logged.since, log.keptAfter].every((start) => !isAfter(endOf(after.method, start), after))
  );
}
