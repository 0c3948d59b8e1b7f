import { FozError } from '../../../core/index.ts';
import type { ChangePosition } from '../../../plan/index.ts';
import type { TransactionStart } from './gtid-event.ts';
import { GtidPosition } from './gtid-position.ts';
import { GtidSet } from './gtid-set.ts';

/** Digits of the numbers that positions begin with, so that they compare as texts. */
const digits = 16;
const padded = (value: number) => String(value).padStart(digits, '0');

/** The point up to which a reader has read a binlog, always between two transactions. */
export interface BinlogPosition {
  readonly position: ChangePosition;
  /** The name and the identity of the transaction that begins at this position. */
  named(start: TransactionStart): { readonly transaction: string; readonly id: string };
  /** Moves past a transaction, which ends at this offset of its file. */
  pass(start: TransactionStart, offset: number): void;
  /** Moves to this offset of a file. The next event begins there. */
  enter(file: string, offset: number): void;
  /** Compares the creation time in the file. Throws FozError `not-found` when the position is in an earlier file of the same name. */
  check(created: number): void;
}

/**
 * A position by GTIDs, which is valid on every server with the same data. Its text begins with the number of transactions, since sets of
 * GTIDs have no order as texts.
 */
export class GtidBinlogPosition implements BinlogPosition {
  readonly executed: GtidSet | GtidPosition;

  constructor(executed: GtidSet | GtidPosition) {
    this.executed = executed;
  }

  get position(): ChangePosition {
    return `g${padded(this.executed.count)}:${this.executed}`;
  }

  named({ source, number }: TransactionStart) {
    const transaction = `${source}${this.executed instanceof GtidSet ? ':' : '-'}${number}`;
    return { transaction, id: `g${padded(this.executed.count)}:${transaction}` };
  }

  pass({ source, number }: TransactionStart): void {
    if (source !== null) this.executed.add(source, number);
  }

  enter(): void {}
  check(): void {}
}

/** A position by the name of a file of the binlog and an offset in it. It is valid on this server only. */
export class FileBinlogPosition implements BinlogPosition {
  file: string;
  offset: number;
  #created: number | null;

  constructor(file: string, offset: number, created: number | null = null) {
    this.file = file;
    this.offset = offset;
    this.#created = created;
  }

  get position(): ChangePosition {
    return `${this.#text}:${this.#created ?? ''}:${this.file}`;
  }

  get #text(): string {
    return `f${padded(Number(/\d+$/.exec(this.file)?.[0] ?? 0))}${padded(this.offset)}`;
  }

  named() {
    return { transaction: `${this.file}:${this.offset}`, id: this.#text };
  }

  pass(_: TransactionStart, offset: number): void {
    this.offset = offset;
  }

  enter(file: string, offset: number): void {
    if (file !== this.file) this.#created = null;
    [this.file, this.offset] = [file, offset];
  }

  check(created: number): void {
    if (this.#created !== null && this.#created !== created) throw gone();
    this.#created = created;
  }
}

/** Parses the text of a position. Throws FozError `not-found` for a text that no stream of this server has returned. */
export function binlogPositionOf(position: ChangePosition, engine: 'mysql' | 'mariadb'): BinlogPosition {
  const byGtid = /^g\d{16}:(.*)$/s.exec(position);
  const byFile = /^f\d{16}(\d{16}):(\d*):(.+)$/s.exec(position);
  try {
    if (byGtid !== null)
      return new GtidBinlogPosition(
        engine === 'mysql' ? GtidSet.parse(byGtid[1]!) : GtidPosition.parse(byGtid[1]!),
      );
  } catch (error) {
    throw unknown(error);
  }
  // MariaDB always has GTIDs.
  if (byFile === null || engine === 'mariadb') throw unknown();
  const created = byFile[2] === '' ? null : Number(byFile[2]);
  return new FileBinlogPosition(byFile[3]!, Number(byFile[1]), created);
}

/** The error for a position whose later changes are no longer in the binlog. */
export function gone(cause?: unknown): FozError {
  return new FozError(
    'not-found',
    'The database no longer has the changes after this position: its binlog was purged or reset.',
    cause === undefined ? {} : { internal: String((cause as Error).message ?? cause), cause },
  );
}

function unknown(cause?: unknown): FozError {
  return new FozError('not-found', 'The position of the changes is not from this database.', { cause });
}
