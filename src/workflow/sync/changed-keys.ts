import { parseJson, withDigits } from '../../core/index.ts';
import type { ImageReader } from '../../execute/index.ts';
import type { RowImage } from '../../plan/index.ts';
import type { ChangeLogStore } from '../../store/index.ts';
import { LogCut, type StoredTransaction, StoredTransactions } from '../triggers/stored-transactions.ts';
import { keyFrom, type SyncKey } from './keys.ts';
import type { ResolvedSide, ResolvedSync } from './resolve.ts';
import { keyText } from './values.ts';

/** How far the changes of a side were read: up to this segment of the log, as long as the log still has all changes of the table. */
export interface LogMark {
  readonly number: number;
  readonly identity: string;
  readonly since: string;
}

export interface ChangedKeysOptions {
  readonly sync: ResolvedSync;
  readonly side: ResolvedSide;
  readonly log: Pick<ChangeLogStore, 'read' | 'segments'>;
  readonly images: ImageReader;
}

/** Keys of rows that have changed. */
export interface ChangedKeys {
  readonly keys: readonly SyncKey[];
  /** Once the keys are in step. */
  readonly mark: LogMark;
  /** Milliseconds since 1970, of the last commit; `null`: there were no changes of the table. */
  readonly at: number | null;
}

/** Reads which rows of a side have changed from the log of changes in the store. */
export class ChangedKeyReader {
  readonly #options: ChangedKeysOptions;
  #transactions: { readonly from: number; readonly reader: StoredTransactions } | null = null;

  constructor(options: ChangedKeysOptions) {
    this.#options = options;
  }

  /** The present end of the log; `null`: changes of the table are not recorded yet. */
  async end(): Promise<LogMark | null> {
    const { log, side } = this.#options;
    const stored = await log.read(side.table.source.name);
    const { namespace, name } = side.table;
    const table = stored?.tables.find((one) => one.name === name && one.namespace === namespace);
    return stored === null || table === undefined
      ? null
      : { number: stored.number, identity: stored.identity, since: table.since };
  }

  /** The next changed rows after a mark; `gap`: changes are missing; `null`: there are none now. */
  async next(mark: LogMark): Promise<ChangedKeys | 'gap' | null> {
    const { log, side } = this.#options;
    const end = await this.end();
    if (
      end === null ||
      end.since !== mark.since ||
      end.identity !== mark.identity ||
      end.number < mark.number
    )
      return this.#forget('gap');
    if (end.number === mark.number) return null;
    const source = side.table.source.name;
    if (this.#transactions?.from !== mark.number)
      this.#transactions = { from: mark.number, reader: new StoredTransactions(log, source, mark.number) };
    try {
      const found = await this.#transactions.reader.next();
      if (found === null) return null;
      const done = found.findLast((one) => one.done !== null)?.done ?? mark.number;
      const keys = await this.#keysOf(found);
      if (keys === null) return this.#forget('gap');
      this.#transactions = { ...this.#transactions, from: done };
      const changed = found.filter((one) => one.rows.some((row) => this.#isOurs(row.table)));
      return { keys, mark: { ...mark, number: done }, at: changed.at(-1)?.at ?? null };
    } catch (error) {
      this.#transactions = null;
      if (error instanceof LogCut) return 'gap';
      throw error;
    }
  }

  /** Has the next call begin at its mark, since what the last one found was not brought in step. */
  repeat(): void {
    this.#transactions = null;
  }

  #forget(result: 'gap'): 'gap' {
    this.#transactions = null;
    return result;
  }

  #isOurs({ namespace, name }: { readonly namespace: string | null; readonly name: string }): boolean {
    const { table } = this.#options.side;
    return table.name === name && table.namespace === namespace;
  }

  /** The keys in changes; `null`: some are not reported. */
  async #keysOf(found: readonly StoredTransaction[]): Promise<readonly SyncKey[] | null> {
    const { sync, side, images } = this.#options;
    const wanted: RowImage[] = [];
    for (const { rows, lost } of found) {
      if (lost.some((tables) => tables === null || tables.some((one) => this.#isOurs(one)))) return null;
      for (const row of rows) {
        if (!this.#isOurs(row.table)) continue;
        const before = row.op === 'insert' ? null : row.old;
        if (row.op === 'delete' && (before === null || !hasKey(before, side))) return null;
        if (row.new !== null && !hasKey(row.new, side)) return null;
        if (row.new !== null) wanted.push(row.new);
        // An update that reports nothing of the row before has not changed the key.
        if (before !== null && hasKey(before, side)) wanted.push(before);
      }
    }
    const texts = await images.texts(wanted, side.key);
    const keys = texts.map((text) => {
      const row = withDigits(parseJson(text)) as Readonly<Record<string, unknown>>;
      return keyText(side.key.map(({ name }) => row[name]));
    });
    return [...new Set(keys)].map((text) => keyFrom(sync, text));
  }
}

function hasKey({ columns, values }: RowImage, { key }: ResolvedSide): boolean {
  return key.every(({ name }) => {
    const value = values[columns.indexOf(name)];
    return value !== undefined && value !== null;
  });
}
