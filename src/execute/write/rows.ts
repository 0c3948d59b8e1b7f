import type { Column, Table } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import {
  always,
  and,
  type Insert,
  type OnConflict,
  type Param,
  type Predicate,
  type Write,
} from '../../plan/index.ts';
import { keyColumns, type WriteSession } from './session.ts';
import type { Tuple } from './stage.ts';

type Cells = ReadonlyMap<Column, Param>;
/** Values of a written row by column. */
export type Row = Map<Column, unknown>;

/** A written row. `changed`: on_conflict changed one that was there; told where such rows have a check of their own. */
export interface Stored {
  readonly values: Row;
  readonly changed: boolean;
}

/** Most parameters in one statement (SQLite's limit is the lowest of all engines). */
const mostParameters = 30_000;

/** Inserts rows of one table; gives the `needed` values of each, `null` for a row that on_conflict left alone. */
export async function insertRows(
  session: WriteSession,
  insert: Insert,
  rows: readonly Cells[],
  needed: readonly Column[],
): Promise<(Stored | null)[]> {
  if (rows.length === 0) return [];
  const { onConflict } = insert;
  if (onConflict !== null && !isOneStatement(session, insert, onConflict))
    return upsertOneByOne(session, insert, onConflict, rows, needed);
  const found = session.capabilities.returning.insert
    ? await insertReturning(session, insert, rows, needed)
    : await insertAndFind(session, insert, rows, needed);
  return found.map((values) => (values === null ? null : { values, changed: false }));
}

/** Whether the engine decides between insert and update by itself, and it need not be known which of them it was. */
export function isOneStatement(
  session: WriteSession,
  { changedCheck }: Insert,
  conflict: OnConflict,
): boolean {
  if (changedCheck !== null || !session.capabilities.returning.insert) return false;
  return (
    session.capabilities.conflictTarget && (conflict.where === null || session.capabilities.conflictWhere)
  );
}

/** Columns of any row, in the order of the table. */
function columnsOf(table: Table, rows: readonly Cells[]): Column[] {
  return table.columns.filter((column) => rows.some((cells) => cells.has(column)));
}

/** Runs of neighbouring rows that one statement can hold. */
function batches(
  session: WriteSession,
  table: Table,
  rows: readonly Cells[],
  aligned: boolean,
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
      last !== undefined && (last.rows.length + 1) * Math.max(1, last.columns.length) <= mostParameters;
    if (last !== undefined && same && fits && !aligned && last.columns.length > 0) last.rows.push(cells);
    else
      result.push({
        columns: session.capabilities.defaultKeyword ? all : columnsOf(table, [cells]),
        rows: [cells],
      });
  }
  return result;
}

function cellsOf(columns: readonly Column[], rows: readonly Cells[]) {
  return rows.map((cells) => columns.map((column) => cells.get(column) ?? ('default' as const)));
}

async function insertReturning(
  session: WriteSession,
  insert: Insert,
  rows: readonly Cells[],
  needed: readonly Column[],
): Promise<(Row | null)[]> {
  const { table, onConflict } = insert;
  // Rows that on_conflict skips are not returned: only one by one tells which.
  const aligned = onConflict !== null && rows.length > 1 && needed.length > 0;
  const found: (Row | null)[] = [];
  for (const batch of batches(session, table, rows, aligned)) {
    const { affected, returned } = await session.write({
      kind: 'insert',
      table,
      columns: batch.columns,
      rows: cellsOf(batch.columns, batch.rows),
      onConflict,
      returning: needed,
    });
    for (const [index] of batch.rows.entries()) {
      const tuple: Tuple | undefined =
        needed.length === 0 ? (index < affected ? [] : undefined) : returned[index];
      found.push(tuple === undefined ? null : new Map(needed.map((column, at) => [column, tuple[at]])));
    }
  }
  return found;
}

/** Without RETURNING: what the client gave, what the engine generated, and the rest read back by key. */
async function insertAndFind(
  session: WriteSession,
  insert: Insert,
  rows: readonly Cells[],
  needed: readonly Column[],
): Promise<Row[]> {
  const { table } = insert;
  const found: Row[] = [];
  const identity = needed.length === 0 ? undefined : table.columns.find((column) => column.identity !== null);
  const mixed =
    identity !== undefined &&
    rows.some((cells) => cells.has(identity)) &&
    rows.some((cells) => !cells.has(identity));
  for (const batch of batches(session, table, rows, mixed)) {
    const { generated } = await session.write({
      kind: 'insert',
      table,
      columns: batch.columns,
      rows: cellsOf(batch.columns, batch.rows),
      onConflict: null,
      returning: [],
    });
    for (const [index, cells] of batch.rows.entries()) {
      const row: Row = new Map([...cells].map(([column, param]) => [column, session.value(param)]));
      if (identity !== undefined && !cells.has(identity) && generated !== null)
        row.set(identity, generated(identity, index));
      found.push(row);
    }
  }
  return needed.every((column) => found.every((row) => row.has(column)))
    ? found
    : readBack(session, table, found, needed);
}

/** Reads the missing values by some key whose values are known. */
async function readBack(
  session: WriteSession,
  table: Table,
  rows: readonly Row[],
  needed: readonly Column[],
): Promise<Row[]> {
  const key = table.keys.find((candidate) =>
    rows.every((row) =>
      candidate.columns.every((column) => row.get(column) !== undefined && row.get(column) !== null),
    ),
  );
  if (key === undefined) throw unknownKey(table);
  const result: Row[] = [];
  for (const row of rows) {
    const [tuple] = await session.read(
      { purpose: { kind: 'back' }, table, columns: needed },
      session.among(key.columns, [key.columns.map((column) => row.get(column))]),
      1,
    );
    if (tuple === undefined) throw unknownKey(table);
    result.push(new Map(needed.map((column, at) => [column, tuple[at]])));
  }
  return result;
}

function unknownKey(table: Table): FozError {
  return new FozError(
    'not-supported',
    `${table.name}: this database does not tell which key it generated, so the row cannot be handed back: give the key yourself, or ask for affected_rows only.`,
  );
}

/** Row by row: insert it where it is not there, update it where it is. */
async function upsertOneByOne(
  session: WriteSession,
  insert: Insert,
  conflict: OnConflict,
  rows: readonly Cells[],
  needed: readonly Column[],
): Promise<(Stored | null)[]> {
  const found: (Stored | null)[] = [];
  const title = `a row of ${insert.table.name}`;
  for (const cells of rows)
    found.push(await session.within(title, () => upsert(session, insert, conflict, cells, needed)));
  return found;
}

async function upsert(
  session: WriteSession,
  insert: Insert,
  conflict: OnConflict,
  cells: Cells,
  needed: readonly Column[],
): Promise<Stored | null> {
  const { table } = insert;
  const key = conflict.key?.columns ?? keyColumns(table);
  const there = keyPredicate(key, cells);
  const { conflictTarget, returning } = session.capabilities;
  const existing = { purpose: { kind: 'existing' }, table, columns: key } as const;
  const isThere = !conflictTarget && there !== null && (await session.read(existing, there, 1)).length > 0;
  if (!isThere) {
    // Where the key can be named, a row that somebody else inserts meanwhile is left alone, and updated below.
    const onConflict = conflictTarget ? { ...conflict, update: [], presets: [] } : null;
    const [row] = returning.insert
      ? await insertReturning(session, { ...insert, onConflict }, [cells], needed)
      : await insertAndFind(session, insert, [cells], needed);
    if (row !== undefined && row !== null) return { values: row, changed: false };
  }
  if (there === null || !(await updateExisting(session, table, conflict, cells, there))) return null;
  if (needed.length === 0) return { values: new Map(), changed: true };
  const presets = (conflict.presets ?? []).map(({ column, value }) => [column, value] as const);
  const now = keyPredicate(key, new Map([...cells, ...presets]))!;
  const [tuple] = await session.read({ purpose: { kind: 'back' }, table, columns: needed }, now, 1);
  if (tuple === undefined) throw lostRow(table, insert.path);
  return { values: new Map(needed.map((column, at) => [column, tuple[at]])), changed: true };
}

/** It was changed, so that it may not go unchecked. */
function lostRow(table: Table, path: string): FozError {
  return new FozError(
    'not-supported',
    `${table.name}: on_conflict has changed the key by which it found a row, so that the row is not found again: name another constraint.`,
    { path },
  );
}

function keyPredicate(key: readonly Column[], cells: Cells): Predicate | null {
  const parts: Predicate[] = [];
  for (const column of key) {
    const value = cells.get(column);
    if (value === undefined) return null;
    parts.push({ kind: 'compare', column, op: '_eq', value });
  }
  return and(...parts);
}

async function updateExisting(
  session: WriteSession,
  table: Table,
  conflict: OnConflict,
  cells: Cells,
  there: Predicate,
): Promise<boolean> {
  const presets = conflict.presets ?? [];
  if (conflict.update.length + presets.length === 0) return false;
  const isGiven = conflict.update.every((column) => cells.has(column));
  const { affected } = await session.write(
    isGiven || session.capabilities.defaultKeyword
      ? updateOf(table, conflict, cells, there)
      : upsertOf(table, conflict, cells),
  );
  return affected > 0;
}

function updateOf(table: Table, conflict: OnConflict, cells: Cells, there: Predicate): Write {
  const { update, presets = [], where } = conflict;
  const given = update.map((column) => ({ column, value: cells.get(column) ?? ('default' as const) }));
  const set = [...given, ...presets].map((assignment) => ({ kind: 'set' as const, ...assignment }));
  return { kind: 'update', table, set, where: and(there, where ?? always), returning: [] };
}

/** Where an assignment has no word for a default: an insert that conflicts has the value at hand. */
function upsertOf(table: Table, onConflict: OnConflict, cells: Cells): Write {
  const columns = columnsOf(table, [cells]);
  return { kind: 'insert', table, columns, rows: cellsOf(columns, [cells]), onConflict, returning: [] };
}
