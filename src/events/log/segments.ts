import type { ChangedTable, ChangeMessage, ChangePosition, RowImage } from '../../plan/index.ts';
import { tableKey } from '../feed/watchers.ts';
import { type LogMessage, segmentText } from './segment-text.ts';
import type { WantedTables } from './wanted-tables.ts';

/** Bytes of changes after which a segment is closed. */
const segmentBytes = 512 * 1024;

/** Most bytes of whole rows of a table in a transaction. Readers refuse longer ones, so the rest need not be stored. */
const mostLogged = 32 * 1024 * 1024;

/** Most rows of a table in a transaction that are passed on one by one to live queries of other processes. Beyond them the whole table counts as changed. */
const mostPassed = 1000;

/** A closed segment, not stored yet. */
export interface ClosedSegment {
  readonly position: ChangePosition | null;
  readonly body: string;
  readonly bytes: number;
}

/** Puts the changes of wanted tables into segments: whole transactions, or parts of one long transaction. */
export class Segments {
  readonly #tables: WantedTables;
  readonly #closed: ClosedSegment[] = [];
  /** Whole transactions of the next segment. */
  #whole: LogMessage[] = [];
  /** The part of the present transaction that is not in a segment yet. It has the `begin` once a row was logged. */
  #part: LogMessage[] = [];
  #bytes = 0;
  #partBytes = 0;
  #begin: Extract<ChangeMessage, { kind: 'begin' }> | null = null;
  #isBegun = false;
  #isLong = false;
  #rows = 0;
  /** Rows of the present transaction that were passed on to live queries of other processes, by table. */
  readonly #passed = new Map<string, number>();
  /** Bytes of the whole rows of the present transaction, by table. */
  readonly #logged = new Map<string, number>();
  #position: ChangePosition;
  /** Tables whose changes the present transaction does not all report; `null`: all tables. */
  readonly #lost: (readonly ChangedTable[] | null)[] = [];

  constructor(tables: WantedTables, position: ChangePosition) {
    this.#tables = tables;
    this.#position = position;
  }

  /** The end of the last transaction that was read. */
  get position(): ChangePosition {
    return this.#position;
  }

  /** Bytes that are not taken yet, roughly. */
  get bytes(): number {
    return this.#closed.reduce((sum, { bytes }) => sum + bytes, this.#bytes + this.#partBytes);
  }

  get isWithin(): boolean {
    return this.#begin !== null;
  }

  /** Adds the next message of the stream. */
  add(message: ChangeMessage): void {
    switch (message.kind) {
      case 'begin':
        this.#begin = message;
        this.#rows = 0;
        this.#passed.clear();
        this.#logged.clear();
        break;
      case 'row':
        this.#addRow(message);
        break;
      case 'truncate': {
        const tables = message.tables.filter((table) => this.#tables.has(table));
        if (tables.length > 0) this.#addLoss({ kind: 'truncate', tables });
        break;
      }
      case 'touched':
        this.#addLoss(message);
        break;
      case 'commit':
        this.#commit(message);
        break;
      case 'idle':
        this.#position = message.position;
        break;
    }
  }

  /** Takes all segments; whole transactions that are not in one make the last. */
  take(): ClosedSegment[] {
    this.#close();
    return this.#closed.splice(0);
  }

  #addRow(row: Extract<ChangeMessage, { kind: 'row' }>): void {
    const index = this.#rows++;
    const columns = this.#tables.columnsOf(row.table);
    if (columns === null) return;
    if (columns === 'rows') this.#log(row, index);
    else this.#pass(row, index, columns);
    if (this.#partBytes < segmentBytes) return;
    this.#close();
    this.#closePart(null);
    this.#isLong = true;
  }

  /** Logs a whole row. Beyond `mostLogged` bytes, only that the table has changed. */
  #log(row: Extract<ChangeMessage, { kind: 'row' }>, index: number): void {
    const key = tableKey(row.table);
    const before = this.#logged.get(key) ?? 0;
    if (before > mostLogged) return;
    const bytes = before + this.#push({ ...row, index });
    this.#logged.set(key, bytes);
    if (bytes > mostLogged) this.#addLoss({ kind: 'truncate', tables: [row.table] });
  }

  /** Adds a row, and returns its bytes. */
  #push(row: Extract<LogMessage, { kind: 'row' }>): number {
    this.#beginPart();
    this.#part.push(row);
    const bytes = 100 + bytesOf(row.old) + bytesOf(row.new);
    this.#partBytes += bytes;
    return bytes;
  }

  /** Passes on the values of columns. Without columns, and beyond `mostPassed` rows, only that the table has changed. */
  #pass(row: Extract<ChangeMessage, { kind: 'row' }>, index: number, columns: ReadonlySet<string>): void {
    const key = tableKey(row.table);
    const count = (this.#passed.get(key) ?? 0) + 1;
    this.#passed.set(key, count);
    const most = columns.size === 0 ? 0 : mostPassed;
    if (count <= most) {
      const { old, new: after } = row;
      this.#push({ ...row, index, old: part(old, columns), new: part(after, columns) });
    } else if (count === most + 1) {
      this.#beginPart();
      this.#part.push({ kind: 'truncate', tables: [row.table] });
      this.#partBytes += 100;
    }
  }

  #addLoss(message: Extract<LogMessage, { kind: 'truncate' | 'touched' }>): void {
    if (this.#begin === null) this.#whole.push(message);
    else {
      this.#beginPart();
      this.#part.push(message);
    }
    // The changes after the end of this transaction are complete again.
    this.#lost.push(message.kind === 'truncate' ? message.tables : null);
    if (this.#begin === null) this.#settleLost();
  }

  #settleLost(): void {
    for (const tables of this.#lost.splice(0)) this.#tables.lose(this.#position, tables ?? undefined);
  }

  #beginPart(): void {
    if (this.#isBegun || this.#begin === null) return;
    this.#isBegun = true;
    this.#part.push(this.#begin);
  }

  #commit(message: Extract<ChangeMessage, { kind: 'commit' }>): void {
    this.#position = message.position;
    if (this.#isBegun) {
      this.#part.push(message);
      if (this.#isLong) this.#closePart(message.position);
      else {
        for (const one of this.#part) this.#whole.push(one);
        this.#bytes += this.#partBytes;
      }
    }
    this.#part = [];
    this.#partBytes = 0;
    [this.#begin, this.#isBegun, this.#isLong] = [null, false, false];
    this.#settleLost();
    if (this.#bytes > segmentBytes) this.#close();
  }

  #close(): void {
    if (this.#whole.length === 0) return;
    // The segment ends with its last commit. Without one, its messages came after the last transaction that was read.
    const last = this.#whole.findLast(({ kind }) => kind === 'commit');
    const position = last?.kind === 'commit' ? last.position : this.#position;
    this.#closed.push({ position, body: segmentText(this.#whole), bytes: this.#bytes });
    this.#whole = [];
    this.#bytes = 0;
  }

  #closePart(position: ChangePosition | null): void {
    if (this.#part.length === 0) return;
    this.#closed.push({ position, body: segmentText(this.#part), bytes: this.#partBytes });
    this.#part = [];
    this.#partBytes = 0;
  }
}

/** An image with some of its columns only. */
function part(image: RowImage | null, some: ReadonlySet<string>): RowImage | null {
  if (image === null) return null;
  const at = image.columns.flatMap((name, number) => (some.has(name) ? [number] : []));
  return {
    columns: at.map((number) => image.columns[number]!),
    values: at.map((number) => image.values[number]),
  };
}

/** The bytes of an image, roughly. */
function bytesOf(image: RowImage | null): number {
  let bytes = 0;
  for (const value of image?.values ?? [])
    bytes += typeof value === 'string' || Buffer.isBuffer(value) ? value.length : 8;
  return bytes;
}
