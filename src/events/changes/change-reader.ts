import { FozError } from '../../core/index.ts';
import type { LoggedChange } from '../../execute/index.ts';
import type { ChangeLog, Entry, LoggedTable } from './change-log.ts';

/** The part of the log's bytes by which a reader may lag. The rest is left so that a reader that was ended can resume. */
const mostBehind = 0.75;
/** Most bytes of changes that are read at once. */
const mostTaken = 1024 * 1024;

/** Reads the changes of one table from a log, at the pace of its caller. */
export class ChangeReader {
  readonly #log: ChangeLog;
  readonly #table: LoggedTable;
  readonly #mostBehind: number;
  #next: number;
  /** The numbers of the changes that `peek` returned last. */
  #peeked: number[] = [];
  #last: string | null = null;

  constructor(log: ChangeLog, { table, next }: ReturnType<ChangeLog['open']>) {
    this.#log = log;
    this.#table = table;
    this.#next = next;
    // A reader that resumes may begin with a greater lag than the bound.
    this.#mostBehind = Math.max(mostBehind * log.bounds.bytes, this.#behind);
  }

  get #behind(): number {
    return this.#log.bytesBefore(this.#log.next) - this.#log.bytesBefore(this.#next);
  }

  /**
   * The next changes; empty: there are none now. The same changes are returned until `done` is called for them. Throws FozError where
   * changes are missing, or the caller lags too far.
   */
  peek(most: number): readonly Entry[] {
    const log = this.#log;
    if (this.#table.lost !== null) throw this.#table.lost;
    if (this.#next < log.first) throw this.#tooSlow();
    if (this.#behind > this.#mostBehind) throw this.#tooSlow();
    const found: Entry[] = [];
    this.#peeked = [];
    let bytes = 0;
    for (let at = this.#next; at < log.next && found.length < most && bytes < mostTaken; at++) {
      const entry = log.entry(at);
      if (entry.table !== this.#table) continue;
      found.push(entry);
      this.#peeked.push(at);
      bytes += entry.end - log.bytesBefore(at);
    }
    if (found.length === 0) this.#next = log.next;
    return found;
  }

  /** Moves past changes that the caller has handled: the first of those that `peek` returned last, or all of them. */
  done(changes: readonly LoggedChange[]): void {
    const last = changes.at(-1);
    if (last === undefined) return;
    this.#last = last.position;
    this.#next = this.#peeked[changes.length - 1]! + 1;
    this.#peeked.splice(0, changes.length);
  }

  #tooSlow(): FozError {
    const from = this.#last === null ? '' : ` with after: "${this.#last}"`;
    return new FozError(
      'limit-exceeded',
      `The changes are read more slowly than they come: subscribe again soon${from}, or read the table again.`,
      { details: { after: this.#last } },
    );
  }
}
