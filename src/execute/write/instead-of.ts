import { type Column, familyOf, type Table } from '../../catalog/index.ts';
import type { Insert } from '../../plan/index.ts';
import { FutureValue } from './future-value.ts';
import { type Cells, cellsOf, columnsOf, type Row, type Stored, storedOf } from './returning.ts';
import { keyColumns, type WriteSession } from './session.ts';
import type { Tuple } from './stage.ts';
import { movedKey } from './triggers.ts';

/** Whether an INSTEAD OF trigger or a rule of a view handles a write. It may store other rows, or none. */
export function isInsteadOf({ kind, triggers }: Table, write: 'insert' | 'update'): boolean {
  return triggers[write] === 'instead' || (kind === 'view' && triggers[write] === 'after');
}

/** Inserts rows into a view one by one, and reads each back as the view shows it. */
export async function insertInsteadOf(
  session: WriteSession,
  { table, onConflict }: Insert,
  rows: readonly Cells[],
  needed: readonly Column[],
): Promise<(Stored | null)[]> {
  const key = keyColumns(table);
  const found: (Stored | null)[] = [];
  for (const cells of rows) {
    const probe = await Probe.begin(session, table, cells);
    const columns = columnsOf(table, [cells]);
    const written = cellsOf(columns, [cells]);
    const result = await session.write({
      kind: 'insert',
      table,
      columns,
      rows: written,
      onConflict,
      returning: key,
    });
    const [one] = storedOf(table, 1, key, result);
    found.push(one == null ? null : { ...one, values: await probe.row(one.values, needed) });
  }
  return found;
}

/**
 * Finds the row that a trigger of a view has stored. RETURNING has the key from before or after the trigger, which may be that of another
 * row. The row under a key is the stored one if there was none before, or if it has changed.
 */
class Probe {
  readonly #session: WriteSession;
  readonly #table: Table;
  readonly #given: Tuple;
  /** The row that was under the given key before; `null`: none. */
  readonly #before: Tuple | null;
  /** The highest key before; `null`: there was none, or the key has no order of generated numbers. */
  readonly #highest: unknown;

  private constructor(
    session: WriteSession,
    table: Table,
    { given, before, highest }: { given: Tuple; before: Tuple | null; highest: unknown },
  ) {
    this.#session = session;
    this.#table = table;
    this.#given = given;
    this.#before = before;
    this.#highest = highest;
  }

  /** Must be called before the statement that inserts the row. */
  static async begin(session: WriteSession, table: Table, cells: Cells): Promise<Probe> {
    const key = keyColumns(table);
    const given = key.map((column) => {
      const param = cells.get(column);
      return param === undefined ? null : session.value(param);
    });
    const lookup = { purpose: { kind: 'stored' }, table, columns: table.columns } as const;
    const isGiven = !given.includes(null);
    const [before = null] = isGiven ? await session.read(lookup, session.among(key, [given]), 1) : [];
    const isCounted = key.length === 1 && familyOf(key[0]!.type.scalar) === 'integer';
    return new Probe(session, table, {
      given,
      before,
      highest: isCounted ? await session.highest(table, key[0]!) : null,
    });
  }

  /** The needed values of the stored row. Throws where it cannot be distinguished from another row. */
  async row(returned: Row, needed: readonly Column[]): Promise<Row> {
    const table = this.#table;
    const key = keyColumns(table);
    const tuple = key.map((column) => returned.get(column));
    if (tuple.includes(null)) throw movedKey(table);
    const all = [...new Set([...needed, ...table.columns])];
    const [row] = await this.#session.storedBy(table, key, [tuple], all);
    if (tuple.some((value) => value instanceof FutureValue)) return row!;
    const isGiven = key.every((column, at) => isSame(column, tuple[at], this.#given[at]));
    if (!(isGiven ? this.#isNewOrChanged(row!) : this.#isAbove(tuple[0]))) throw movedKey(table);
    return row!;
  }

  #isNewOrChanged(row: Row): boolean {
    const before = this.#before;
    return (
      before === null ||
      this.#table.columns.some((column, at) => !isSame(column, row.get(column), before[at]))
    );
  }

  /** Whether a returned key was generated for this row: a number above the highest one before. */
  #isAbove(key: unknown): boolean {
    if (this.#highest !== null) return BigInt(String(key)) > BigInt(String(this.#highest));
    // Other generated keys are random, so no earlier row has them. A key that replaces a given one may belong to any row.
    return this.#given.includes(null);
  }
}

function isSame({ type }: Column, one: unknown, other: unknown): boolean {
  if (one === null || other === null) return one === other;
  const family = familyOf(type.scalar);
  if (family === 'decimal' || family === 'float') return Number(one) === Number(other);
  return JSON.stringify(one) === JSON.stringify(other) || String(one) === String(other);
}
