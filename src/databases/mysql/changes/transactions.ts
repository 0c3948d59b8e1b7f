import type { ChangeMessage } from '../../../plan/index.ts';
import type { BinlogPosition } from './binlog-position.ts';
import type { TransactionStart } from './gtid-event.ts';
import type { SentTransaction } from './visibility.ts';

/** Receives messages. `bytes`: the bytes of the log that the message was read from. */
export type Listener = (message: ChangeMessage, bytes: number) => void;

/** A point in a file of the log. */
export interface LogPoint {
  readonly file: string;
  readonly offset: number;
}

/** The transaction that is being read. */
interface Open {
  readonly start: TransactionStart;
  /** The point in the log where it begins. */
  readonly from: LogPoint;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Whether its `begin` was sent: it is sent before the first change. */
  hasBegun: boolean;
  /** Whether the transaction lasts until its commit, not only to the end of one statement. */
  isLong: boolean;
  /** Whether its rows are only prepared (XA). */
  isPrepared: boolean;
}

/** The start of a transaction without a GTID event: it begins with BEGIN, or is one statement. */
const unnamed: TransactionStart = {
  source: null,
  number: 0,
  at: null,
  isStatement: false,
  isPrepared: false,
};

/** Sends the messages of transactions, each between `begin` and `commit`. A transaction without changes sends only its position (`idle`). */
export class Transactions {
  readonly #place: BinlogPosition;
  readonly #listener: Listener;
  #open: Open | null = null;
  #last: SentTransaction | null = null;

  constructor(place: BinlogPosition, listener: Listener) {
    this.#place = place;
    this.#listener = listener;
  }

  /** The last transaction whose `begin` was sent. */
  get last(): SentTransaction | null {
    return this.#last;
  }

  get isLong(): boolean {
    return this.#open?.isLong ?? false;
  }

  get isPrepared(): boolean {
    return this.#open?.isPrepared ?? false;
  }

  /** Begins a transaction. `at`: the time of the event, used where the start has no commit time. */
  begin(start: TransactionStart, from: LogPoint, at: number, isLong: boolean): void {
    this.#open = { start, from, at: start.at ?? at, hasBegun: false, isLong, isPrepared: start.isPrepared };
  }

  beginUnlessBegun(from: LogPoint, at: number): void {
    if (this.#open === null) this.begin(unnamed, from, at, false);
  }

  /** Makes the open transaction last until its commit. */
  continue(): void {
    if (this.#open !== null) this.#open.isLong = true;
  }

  /** Marks the open transaction as prepared (XA): its rows are not committed yet. */
  prepare(): void {
    this.continue();
    if (this.#open !== null) this.#open.isPrepared = true;
  }

  /** Sends a message of the open transaction. */
  send(message: ChangeMessage, bytes: number): void {
    const open = this.#open;
    if (open !== null && !open.hasBegun) {
      open.hasBegun = true;
      const begin = { kind: 'begin', ...this.#place.named(open.start), at: open.at } as const;
      this.#last = { transaction: begin.transaction, ...open.from };
      this.#listener(begin, begin.id.length);
    }
    this.#listener(message, bytes);
  }

  /** Ends the transaction. `offset`: its end in the file. */
  end(offset: number): void {
    const { start, hasBegun } = this.#open ?? { start: unnamed, hasBegun: false };
    this.#open = null;
    this.#place.pass(start, offset);
    const { position } = this.#place;
    this.#listener({ kind: hasBegun ? 'commit' : 'idle', position }, position.length);
  }

  /** Called at the end of the log. */
  idle(): void {
    if (this.#open !== null) return;
    const { position } = this.#place;
    this.#listener({ kind: 'idle', position }, position.length);
  }
}
