import { type LogMessage, messagesOf } from '../../events/index.ts';
import type { ChangedTable } from '../../plan/index.ts';
import type { ChangeLogStore } from '../../store/index.ts';

type Row = Extract<LogMessage, { kind: 'row' }>;

/** A transaction in the log of a source. */
export interface StoredTransaction {
  /** The engine's number of it. */
  readonly transaction: string;
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly position: string;
  readonly rows: readonly Row[];
  /** Tables of which it does not report all changes; `null`: all tables. */
  readonly lost: readonly (readonly ChangedTable[] | null)[];
  /** The last segment that can be passed over once this transaction was handled; `null`: none more than before. */
  readonly done: number | null;
}

/** The log has no segment after the last one that was read: some were removed, or the log was begun anew. */
export class LogCut extends Error {}

/** Reads whole transactions from the log of a source, in order. */
export class StoredTransactions {
  readonly #log: Pick<ChangeLogStore, 'segments'>;
  readonly #source: string;
  #number: number;
  #begin: Extract<LogMessage, { kind: 'begin' }> | null = null;
  #rows: Row[] = [];
  #lost: (readonly ChangedTable[] | null)[] = [];

  /** `number`: the last segment that is passed over. */
  constructor(log: Pick<ChangeLogStore, 'segments'>, source: string, number: number) {
    this.#log = log;
    this.#source = source;
    this.#number = number;
  }

  /** The transactions that end in the next segments; `null`: there are no more segments now. Rejects with LogCut. */
  async next(): Promise<readonly StoredTransaction[] | null> {
    const segments = await this.#log.segments(this.#source, this.#number);
    if (segments.length === 0) return null;
    const found: StoredTransaction[] = [];
    for (const { number, body } of segments) {
      if (number !== this.#number + 1) throw new LogCut();
      const messages = messagesOf(body);
      for (const message of messages) this.#take(message, found);
      // A segment is passed over with the last transaction that ends in it, unless the next one begins in it, too.
      const last = found.at(-1);
      if (this.#begin === null && last !== undefined) found[found.length - 1] = { ...last, done: number };
      this.#number = number;
    }
    return found;
  }

  #take(message: LogMessage, found: StoredTransaction[]): void {
    switch (message.kind) {
      case 'begin':
        // A transaction that begins again was read again, after the process that wrote it had ended.
        this.#begin = message;
        this.#rows = [];
        this.#lost = [];
        break;
      case 'row':
        this.#rows.push(message);
        break;
      case 'truncate':
        this.#lost.push(message.tables);
        break;
      case 'touched':
        this.#lost.push(null);
        break;
      case 'commit': {
        const { transaction = '', id = '', at = Date.now() } = this.#begin ?? {};
        const { position } = message;
        found.push({ transaction, id, at, position, rows: this.#rows, lost: this.#lost, done: null });
        this.#begin = null;
        this.#rows = [];
        this.#lost = [];
        break;
      }
    }
  }
}
