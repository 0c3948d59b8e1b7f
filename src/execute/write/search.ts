import { type Column, familyOf, type Key, type Table } from '../../catalog/index.ts';
import { FutureValue } from './future-value.ts';
import { type Cells, type Row, unknownKey } from './returning.ts';
import type { WriteSession } from './session.ts';
import type { Tuple, WriteResult } from './stage.ts';
import { isWatched, movedKey } from './triggers.ts';

/**
 * Finds inserted rows on engines without RETURNING. A row only counts as the inserted one if it did not exist before the insert: a trigger
 * may change the given key, and then another row may be stored under it.
 */
export class Search {
  readonly #session: WriteSession;
  readonly #table: Table;
  readonly #given: readonly Row[];
  readonly #needed: readonly Column[];
  readonly #identity: Column | null;
  /** Nested rows will refer to these rows. */
  readonly #referred: boolean;
  /** A given key belonged to another row before the insert. */
  readonly #taken: boolean;

  private constructor(
    session: WriteSession,
    table: Table,
    given: readonly Row[],
    needed: readonly Column[],
    referred: boolean,
    taken: boolean,
  ) {
    this.#session = session;
    this.#table = table;
    this.#given = given;
    this.#needed = needed;
    this.#identity = identityOf(table);
    this.#referred = referred;
    this.#taken = taken;
  }

  /** To be called before one statement inserts the rows. */
  static async begin(
    session: WriteSession,
    table: Table,
    rows: readonly Cells[],
    needed: readonly Column[],
    referred: boolean,
  ): Promise<Search> {
    const given = rows.map(
      (cells): Row => new Map([...cells].map(([column, param]) => [column, session.value(param)])),
    );
    if (needed.length === 0) return new Search(session, table, given, needed, referred, false);
    const identity = identityOf(table);
    // The engine reports the stored AUTO_INCREMENT key of a single row, even where the client or a trigger has set it.
    const key = keyOf(table, given, identity !== null && rows.length === 1 ? identity : null);
    const doubtful =
      key !== null && isWatched(table, 'insert') && !(identity !== null && key.columns.includes(identity));
    const taken =
      doubtful && (await session.areAnyStored({ table, columns: key.columns }, tuplesOf(key, given)));
    return new Search(session, table, given, needed, referred, taken);
  }

  /** The needed values of the rows that the statement has written. */
  async find({ generated }: Pick<WriteResult, 'generated'>): Promise<Row[]> {
    if (this.#needed.length === 0) return this.#given.map(() => new Map());
    if (this.#taken) throw movedKey(this.#table);
    const identity = this.#identity;
    const single = this.#given.length === 1;
    const known = this.#given.map((row, index): Row => {
      const isGiven = identity !== null && row.get(identity) !== undefined && row.get(identity) !== null;
      if (identity === null || generated === null || (isGiven && !single)) return row;
      return new Map([...row, [identity, generated(identity, index)]]);
    });
    // The keys of several rows are assumed to be consecutive. That is verified before other rows refer to them.
    const counted = this.#referred && !single && identity !== null && !this.#given[0]!.has(identity);
    const doubtful = isWatched(this.#table, 'insert') || counted;
    if (!doubtful && this.#needed.every((column) => known.every((row) => isExact(column, row.get(column)))))
      return known;
    const key = keyOf(this.#table, known, identity);
    if (key === null) throw unknownKey(this.#table);
    return this.#session.storedBy(this.#table, key.columns, tuplesOf(key, known), this.#needed);
  }
}

function identityOf(table: Table): Column | null {
  return table.columns.find((column) => column.identity !== null) ?? null;
}

/** A key whose values are known for all rows; preferably one with the column that the engine reports (`told`). */
function keyOf(table: Table, rows: readonly Row[], told: Column | null): Key | null {
  const isKnown = (column: Column) =>
    column === told || rows.every((row) => row.get(column) !== undefined && row.get(column) !== null);
  const known = table.keys.filter(({ columns }) => columns.every(isKnown));
  return known.find(({ columns }) => told !== null && columns.includes(told)) ?? known[0] ?? null;
}

function tuplesOf(key: Key, rows: readonly Row[]): Tuple[] {
  return rows.map((row) => key.columns.map((column) => row.get(column)));
}

/** Whether a value is stored as it was given: the database rounds, pads or trims others. */
function isExact({ type }: Column, value: unknown): boolean {
  if (value instanceof FutureValue) return true;
  const family = familyOf(type.scalar);
  if (family === 'integer' || family === 'uuid') return value !== undefined;
  return family === 'text' && typeof value === 'string' && !/\s$/.test(value);
}
