import type { Column, Table } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import type { Capabilities, Insert, Param } from '../../plan/index.ts';
import type { WriteSession } from './session.ts';
import type { Tuple, WriteResult } from './stage.ts';
import { hasTriggers, rowsWereSkipped } from './triggers.ts';

export type Cells = ReadonlyMap<Column, Param>;
/** Values of a written row by column. */
export type Row = Map<Column, unknown>;

/** A written row. `changed`: on_conflict updated an existing row; only known where such rows have a check of their own. */
export interface Stored {
  readonly values: Row;
  readonly changed: boolean;
}

/** The columns that the caller needs of written rows. */
export interface NeededColumns {
  readonly needed: readonly Column[];
  /** Whether nested rows will refer to these rows. */
  readonly isReferred: boolean;
}

/** The most cells of one INSERT on any engine: longer statements are not faster. */
const mostCells = 30_000;
/** The share of an engine's parameters for cells. The rest is for the conditions of an upsert. */
const cellShare = 0.9;

/** The number of rows of one INSERT, each with `cells` cells. */
export function rowsPerInsert(
  { mostParameters, mostRows }: Pick<Capabilities, 'mostParameters' | 'mostRows'>,
  columns: number,
): number {
  const cells = Math.min(mostCells, cellShare * (mostParameters ?? Number.POSITIVE_INFINITY));
  const rows = Math.floor(cells / Math.max(1, columns));
  return Math.max(1, Math.min(rows, mostRows ?? rows));
}

/** Columns of any row, in the order of the table. */
export function columnsOf(table: Table, rows: readonly Cells[]): Column[] {
  return table.columns.filter((column) => rows.some((cells) => cells.has(column)));
}

/** Splits rows into batches of neighbours, one for each statement; `single`: one row per batch. */
export function batches(
  session: Pick<WriteSession, 'capabilities'>,
  table: Table,
  rows: readonly Cells[],
  single: boolean,
): { columns: Column[]; rows: Cells[] }[] {
  const result: { columns: Column[]; rows: Cells[] }[] = [];
  const signature = (cells: Cells) =>
    columnsOf(table, [cells])
      .map((column) => column.ordinal)
      .join();
  const all = columnsOf(table, rows);
  for (const cells of rows) {
    const last = result.at(-1);
    const same =
      last !== undefined &&
      (session.capabilities.defaultKeyword || signature(last.rows[0]!) === signature(cells));
    const fits =
      last !== undefined && last.rows.length < rowsPerInsert(session.capabilities, last.columns.length);
    if (last !== undefined && same && fits && !single && last.columns.length > 0) last.rows.push(cells);
    else
      result.push({
        columns: session.capabilities.defaultKeyword ? all : columnsOf(table, [cells]),
        rows: [cells],
      });
  }
  return result;
}

export function cellsOf(columns: readonly Column[], rows: readonly Cells[]) {
  return rows.map((cells) => columns.map((column) => cells.get(column) ?? ('default' as const)));
}

/**
 * Matches returned rows to given rows by position, as long as their numbers agree. Where rows may be skipped and it matters which, each
 * row is inserted by a statement of its own.
 */
export async function insertReturning(
  session: WriteSession,
  { table, onConflict, changedCheck }: Pick<Insert, 'table' | 'onConflict' | 'changedCheck'>,
  rows: readonly Cells[],
  needed: readonly Column[],
): Promise<(Stored | null)[]> {
  const skips = onConflict !== null || hasTriggers(table, 'insert');
  const single = skips && rows.length > 1 && needed.length > 0;
  const key = settlingKey(table, needed);
  const asked = key === null ? needed : [...new Set([...needed, ...key])];
  const reportsChanged = onConflict !== null && changedCheck !== null;
  const found: (Stored | null)[] = [];
  for (const batch of batches(session, table, rows, single)) {
    const result = await session.write({
      kind: 'insert',
      table,
      columns: batch.columns,
      rows: cellsOf(batch.columns, batch.rows),
      onConflict,
      returning: asked,
      ...(reportsChanged ? { reportsChanged } : {}),
    });
    found.push(...storedOf(table, batch.rows.length, asked, result));
  }
  return key === null ? found : settled(session, table, key, found, needed);
}

/** The written rows in the order of the given ones. Throws where the returned rows cannot be matched to the given ones. */
export function storedOf(
  table: Table,
  given: number,
  needed: readonly Column[],
  { affected, returned, changed }: WriteResult,
): (Stored | null)[] {
  if (needed.length > 0 && returned.length > given) throw severalRows(table);
  if (needed.length > 0 && given > 1 && returned.length < given) throw rowsWereSkipped(table);
  return Array.from({ length: given }, (_, index) => {
    const tuple: Tuple | undefined =
      needed.length === 0 ? (index < affected ? [] : undefined) : returned[index];
    if (tuple === undefined) return null;
    const values = new Map(needed.map((column, at) => [column, tuple[at]]));
    return { values, changed: changed?.[index] ?? false };
  });
}

function severalRows({ name }: Table): FozError {
  return new FozError(
    'not-supported',
    `A rule of the database makes several rows of one that is given to ${name}: they cannot be told apart. Ask for affected_rows only.`,
  );
}

/** The key for reading rows back after triggers that change them without showing it in RETURNING; `null`: no need, or no primary key. */
function settlingKey(table: Table, needed: readonly Column[]): readonly Column[] | null {
  if (table.triggers.insert !== 'after' || needed.length === 0) return null;
  return table.primaryKey?.columns ?? null;
}

/** Reads the written rows back by their key, since triggers may have changed them. */
async function settled(
  session: WriteSession,
  table: Table,
  key: readonly Column[],
  found: readonly (Stored | null)[],
  needed: readonly Column[],
): Promise<(Stored | null)[]> {
  const tuples = found
    .filter((one) => one !== null)
    .map(({ values }) => key.map((column) => values.get(column)));
  if (tuples.some((tuple) => tuple.includes(null))) throw unknownKey(table);
  const rows = (await session.storedBy(table, key, tuples, needed)).values();
  return found.map((one) => (one === null ? null : { ...one, values: rows.next().value! }));
}

export function unknownKey(table: Table): FozError {
  return new FozError(
    'not-supported',
    `${table.name}: this database does not tell which key the new row has, so the row cannot be handed back: give the key yourself, or ask for affected_rows only.`,
  );
}
