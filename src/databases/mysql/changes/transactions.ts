import type { ChangeMessage } from '../../../plan/index.ts';
import type { TransactionStart } from './gtid-event.ts';
import type { Place } from './place.ts';
import type { Mark } from './visibility.ts';

/** Takes messages. `bytes`: how many of the log the message stands for. */
export type Listener = (message: ChangeMessage, bytes: number) => void;

/** A point in a file of the log. */
export interface LogPoint {
  readonly file: string;
  readonly offset: number;
}

/** The transaction that is being read. */
interface Open {
  readonly start: TransactionStart;
  /** Where it begins in the log. */
  readonly from: LogPoint;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Whether its `begin` was sent. */
  isTold: boolean;
  /** Whether it goes on until its commit, not only to the end of one statement. */
  isLong: boolean;
  /** Whether its rows are only prepared (XA). */
  isPrepared: boolean;
}

/** The start of a transaction before which the log has no event: it begins with BEGIN, or is one statement. */
const unnamed: TransactionStart = {
  source: null,
  number: 0,
  at: null,
  isStatement: false,
  isPrepared: false,
};

/** Tells of whole transactions, each between its `begin` and its `commit`. Of one without changes only the position is told. */
export class Transactions {
  readonly #place: Place;
  readonly #listener: Listener;
  #open: Open | null = null;
  #last: Mark | null = null;

  constructor(place: Place, listener: Listener) {
    this.#place = place;
    this.#listener = listener;
  }

  /** The last transaction that was told, if only its begin. */
  get last(): Mark | null {
    return this.#last;
  }

  get isLong(): boolean {
    return this.#open?.isLong ?? false;
  }

  get isPrepared(): boolean {
    return this.#open?.isPrepared ?? false;
  }

  /** `at`: when the event was written, unless the start tells more exactly. */
  begin(start: TransactionStart, from: LogPoint, at: number, isLong: boolean): void {
    this.#open = { start, from, at: start.at ?? at, isTold: false, isLong, isPrepared: start.isPrepared };
  }

  beginUnlessBegun(from: LogPoint, at: number): void {
    if (this.#open === null) this.begin(unnamed, from, at, false);
  }

  /** It goes on until its commit. */
  continue(): void {
    if (this.#open !== null) this.#open.isLong = true;
  }

  /** It goes on, and its rows are only prepared. */
  prepare(): void {
    this.continue();
    if (this.#open !== null) this.#open.isPrepared = true;
  }

  tell(message: ChangeMessage, bytes: number): void {
    const open = this.#open;
    if (open !== null && !open.isTold) {
      open.isTold = true;
      const begin = { kind: 'begin', ...this.#place.named(open.start), at: open.at } as const;
      this.#last = { transaction: begin.transaction, ...open.from };
      this.#listener(begin, begin.id.length);
    }
    this.#listener(message, bytes);
  }

  /** `offset`: where it ends in its file. */
  end(offset: number): void {
    const { start, isTold } = this.#open ?? { start: unnamed, isTold: false };
    this.#open = null;
    this.#place.pass(start, offset);
    const { position } = this.#place;
    this.#listener({ kind: isTold ? 'commit' : 'idle', position }, position.length);
  }

  /** There is nothing more in the log. */
  idle(): void {
    if (this.#open !== null) return;
    const { position } = this.#place;
    this.#listener({ kind: 'idle', position }, position.length);
  }
}
