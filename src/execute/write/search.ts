import { type Column, familyOf, type Key, type Table } from '../../catalog/index.ts';
import { FutureValue } from './future-value.ts';
import { type Cells, type NeededColumns, type Row, unknownKey } from './returning.ts';
import type { WriteSession } from './session.ts';
import type { Tuple, WriteResult } from './stage.ts';
import { hasTriggers, keyWasChanged, movedKey } from './triggers.ts';

/**
 * Finds inserted rows on engines without RETURNING. A row only counts as the inserted one if it did not exist before the insert: a trigger
 * may change the given key, and then another row may be stored under it. The trigger may be younger than the catalog, so every given key is
 * looked up before the insert.
 */
export class Search {
  readonly #session: WriteSession;
  readonly #table: Table;
  readonly #given: readonly Row[];
  readonly #needed: readonly Column[];
  readonly #identity: Column | null;
  /** Whether nested rows will refer to these rows. */
  readonly #isReferred: boolean;
  /** Whether a given key belonged to another row before the insert. */
  readonly #taken: boolean;
  /** The highest generated key before an insert of several rows; `null`: there was none, or it is not needed. */
  readonly #highest: unknown;

  private constructor(
    session: WriteSession,
    table: Table,
    given: readonly Row[],
    { needed, isReferred }: NeededColumns,
    { taken, highest }: Before,
  ) {
    this.#session = session;
    this.#table = table;
    this.#given = given;
    this.#needed = needed;
    this.#identity = identityOf(table);
    this.#isReferred = isReferred;
    this.#taken = taken;
    this.#highest = highest;
  }

  /** Must be called before the statement that inserts the rows. */
  static async begin(
    session: WriteSession,
    table: Table,
    rows: readonly Cells[],
    asked: NeededColumns,
  ): Promise<Search> {
    const given = rows.map(
      (cells): Row => new Map([...cells].map(([column, param]) => [column, session.value(param)])),
    );
    const before = asked.needed.length === 0 ? nothing : await stateBefore(session, table, given);
    return new Search(session, table, given, asked, before);
  }

  /** The needed values of the inserted rows. */
  async find({ generated }: Pick<WriteResult, 'generated'>): Promise<Row[]> {
    if (this.#needed.length === 0) return this.#given.map(() => new Map());
    const isKnown = hasTriggers(this.#table, 'insert');
    if (this.#taken) throw isKnown ? movedKey(this.#table) : keyWasChanged(this.#table);
    const identity = this.#identity;
    const single = this.#given.length === 1;
    if (this.#highest !== null && generated !== null && !isAbove(generated(identity!, 0), this.#highest))
      throw keyWasChanged(this.#table);
    const known = this.#given.map((row, index): Row => {
      const isGiven = identity !== null && row.get(identity) !== undefined && row.get(identity) !== null;
      if (identity === null || generated === null || (isGiven && !single)) return row;
      return new Map([...row, [identity, generated(identity, index)]]);
    });
    // The keys of several rows are assumed to be consecutive. That is verified before other rows refer to them.
    const counted = this.#isReferred && !single && identity !== null && !this.#given[0]!.has(identity);
    const isReported = (column: Column) => column === identity && single && generated !== null;
    const isCertain = (column: Column) =>
      isReported(column) || (!this.#isReferred && known.every((row) => isExact(column, row.get(column))));
    if (!isKnown && !counted && this.#needed.every(isCertain)) return known;
    const key = keyOf(this.#table, known, identity);
    if (key === null) throw unknownKey(this.#table);
    const found = await this.#session.rowsBy(this.#table, key.columns, tuplesOf(key, known), this.#needed);
    if (found.includes(undefined)) throw isKnown ? movedKey(this.#table) : keyWasChanged(this.#table);
    return found as Row[];
  }
}

/** The state of a table before the insert. */
interface Before {
  /** Whether a row with one of the given keys is stored already. */
  readonly taken: boolean;
  /** Where the engine generates the keys of several rows: the highest key so far; `null` elsewhere. */
  readonly highest: unknown;
}
const nothing: Before = { taken: false, highest: null };

/**
 * Whether rows with the given keys are stored already; or, where the engine generates the keys, the highest one so far. An
 * AUTO_INCREMENT key of a single row is not looked up: the engine reports the stored one, whoever set it.
 */
async function stateBefore(session: WriteSession, table: Table, given: readonly Row[]): Promise<Before> {
  const identity = identityOf(table);
  const single = given.length === 1;
  if (!single && identity !== null && !given[0]!.has(identity))
    return { taken: false, highest: await session.highest(table, identity) };
  const key = keyOf(table, given, single ? identity : null);
  if (key === null || (single && identity !== null && key.columns.includes(identity))) return nothing;
  const taken = await session.areAnyStored({ table, columns: key.columns }, tuplesOf(key, given));
  return { taken, highest: null };
}

/** Whether a key is above all earlier ones, as generated keys are. Otherwise a trigger set it, and keys counted from it may be other rows. */
function isAbove(key: unknown, highest: unknown): boolean {
  return BigInt(String(key)) > BigInt(String(highest));
}

function identityOf(table: Table): Column | null {
  return table.columns.find((column) => column.identity !== null) ?? null;
}

/** A key whose values are known for all rows; preferably one with the column that the engine reports. */
function keyOf(table: Table, rows: readonly Row[], reported: Column | null): Key | null {
  const isKnown = (column: Column) =>
    column === reported || rows.every((row) => row.get(column) !== undefined && row.get(column) !== null);
  const known = table.keys.filter(({ columns }) => columns.every(isKnown));
  return known.find(({ columns }) => reported !== null && columns.includes(reported)) ?? known[0] ?? null;
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
