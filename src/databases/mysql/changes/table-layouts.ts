import { FozError } from '../../../core/index.ts';
import type { ChangedTable } from '../../../plan/index.ts';
import type { Engine } from '../supported.ts';
import type { Charsets } from './charsets.ts';
import { columnReader } from './column-reader.ts';
import type { HiddenType } from './native-forms.ts';
import type { RowLayout } from './row-event.ts';
import { readTableMap, type TableMap, tableNames } from './table-map.ts';

/** The properties of columns that MariaDB's binlog lacks, by `hiddenKey`. */
export type HiddenTypes = ReadonlyMap<string, HiddenType>;

export function hiddenKey(namespace: string, table: string, column: string): string {
  return JSON.stringify([namespace, table, column]);
}

/** A table whose rows follow in the log. */
interface Described {
  readonly table: ChangedTable;
  readonly layout: RowLayout;
}

interface Known {
  /** The event that described the table. */
  readonly event: Buffer;
  /** `null`: the table is not followed. */
  readonly described: Described | null;
}

/** Most descriptions of tables that are kept. Only a server whose tables get new numbers all the time has more. */
const mostKnown = 10_000;

/** The number in events that only end a statement. */
const noTable = 0xffffff;

/** The layouts of rows, by the numbers of tables in the log. An event that describes a table applies to the rows after it. */
export class TableLayouts {
  readonly #engine: Engine;
  readonly #charsets: Charsets;
  readonly #isFollowed: (namespace: string) => boolean;
  #hidden: HiddenTypes;
  readonly #known = new Map<number, Known>();

  constructor(
    engine: Engine,
    charsets: Charsets,
    isFollowed: (namespace: string) => boolean,
    hidden: HiddenTypes,
  ) {
    this.#engine = engine;
    this.#charsets = charsets;
    this.#isFollowed = isFollowed;
    this.#hidden = hidden;
  }

  follows(namespace: string | null): boolean {
    return namespace !== null && this.#isFollowed(namespace);
  }

  /** Forgets all layouts, since hidden types have changed. */
  renew(hidden: HiddenTypes): void {
    this.#hidden = hidden;
    this.#known.clear();
  }

  /** Reads an event that describes a table. Throws FozError `not-supported` for one whose rows cannot be read. */
  describe(event: Buffer): void {
    const number = event.readUIntLE(0, 6);
    if (this.#known.get(number)?.event.equals(event)) return;
    const { namespace } = tableNames(event);
    const described = this.#isFollowed(namespace) ? this.#described(readTableMap(event, this.#engine)) : null;
    this.#known.set(number, { event: Buffer.from(event), described });
  }

  /** Drops layouts beyond the bound. Called only between transactions: one statement may describe several tables before their rows. */
  trim(): void {
    if (this.#known.size > mostKnown) this.#known.clear();
  }

  /** The layout of a table by its number; `null`: the table is not followed. Throws RangeError for a table that was not described. */
  of(number: number): Described | null {
    const known = this.#known.get(number);
    if (known === undefined && number !== noTable)
      throw new RangeError(`The binlog has rows of table ${number} before its description.`);
    return known?.described ?? null;
  }

  #described({ namespace, name, columns }: TableMap): Described {
    if (columns === null)
      throw new FozError(
        'not-supported',
        `The binlog does not have the names of the columns of ${namespace}.${name}: binlog_row_metadata must be FULL when it is written.`,
      );
    const readers = columns.map((column) => {
      const hidden = this.#hidden.get(hiddenKey(namespace, name, column.name));
      const reader = columnReader(column, { engine: this.#engine, charsets: this.#charsets, hidden });
      if (reader === null)
        throw new FozError(
          'not-supported',
          `The column ${namespace}.${name}.${column.name} has a type or a character set that cannot be read from the binlog.`,
        );
      return reader;
    });
    const names = columns.map(({ name }) => name);
    const rowEnd = names.findIndex(
      (column) => this.#hidden.get(hiddenKey(namespace, name, column)) === 'row end',
    );
    return { table: { namespace, name }, layout: { names, readers, rowEnd } };
  }
}
