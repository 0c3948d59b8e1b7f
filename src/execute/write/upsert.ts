import { type Column, familyOf, type Table } from '../../catalog/index.ts';
import { FozError, jsonText } from '../../core/index.ts';
import {
  always,
  and,
  type ConflictReport,
  type Insert,
  type OnConflict,
  type Predicate,
  type Write,
} from '../../plan/index.ts';
import { FutureValue } from './future-value.ts';
import {
  type Asked,
  type Cells,
  cellsOf,
  columnsOf,
  insertReturning,
  type Row,
  type Stored,
} from './returning.ts';
import { Search } from './search.ts';
import { constant, keyColumns, type WriteSession } from './session.ts';
import type { Tuple, WriteResult } from './stage.ts';
import { isWatched, keyWasChanged, movedKey } from './triggers.ts';

/** Whether the engine's own upsert is enough: it chooses between insert and update, and reports the choice where a check depends on it. */
export function isOneStatement(
  session: WriteSession,
  { table, changedCheck }: Insert,
  conflict: OnConflict,
): boolean {
  const { conflictTarget, conflictWhere, returning, upsertReportsChanged } = session.capabilities;
  // Whether an upsert inserted or updated a row is reported for plain tables only, not for views and partitioned tables.
  const reportsChanged = upsertReportsChanged && table.kind === 'table';
  if (!returning.insert || (changedCheck !== null && !reportsChanged)) return false;
  return conflictTarget && (conflict.where === null || conflictWhere);
}

/** Upserts row by row: inserts a row where there is no conflict, otherwise updates the conflicting row. */
export async function upsertOneByOne(
  session: WriteSession,
  insert: Insert,
  conflict: OnConflict,
  rows: readonly Cells[],
  asked: Asked,
): Promise<(Stored | null)[]> {
  const { insertReportsConflict: notes, upsertReportsChanged } = session.capabilities;
  const upsert = notes ? insertReportsConflict : upsertReportsChanged ? insertThenUpdate : insertThenUpsert;
  const found: (Stored | null)[] = [];
  const title = `a row of ${insert.table.name}`;
  for (const cells of rows)
    found.push(await session.within(title, () => upsert(session, insert, conflict, cells, asked)));
  return found;
}

/** Whether on_conflict updates existing rows. */
export function changes({ update, presets = [] }: OnConflict): boolean {
  return update.length + presets.length > 0;
}

/**
 * For engines with one writer at a time: an insert that does nothing on a conflict and, if it stored nothing, an upsert with the same
 * conflict target. Both meet the same existing row, since no other session writes in between.
 */
async function insertThenUpsert(
  session: WriteSession,
  { table }: Insert,
  conflict: OnConflict,
  cells: Cells,
  { needed }: Asked,
): Promise<Stored | null> {
  const one = (onConflict: OnConflict) =>
    insertReturning(session, { table, onConflict, changedCheck: null }, [cells], needed);
  const insert = () => one({ ...conflict, update: [], presets: [] });
  // Where the row was not inserted, the effects of its triggers are rolled back: the second statement fires the triggers again.
  const [fresh] = isWatched(table, 'insert')
    ? await session.attempt(insert, ([row]) => row !== null)
    : await insert();
  if (fresh !== null && fresh !== undefined) return fresh;
  if (!changes(conflict)) return null;
  const [row] = await one(conflict);
  return row === null || row === undefined ? null : { ...row, changed: true };
}

/**
 * For engines where other sessions may write in between: an insert that leaves a conflicting row alone, then an update of the row with the
 * same key. An upsert in place of the update could insert a row without reporting it.
 */
async function insertThenUpdate(
  session: WriteSession,
  { table, path }: Insert,
  conflict: OnConflict,
  cells: Cells,
  asked: Asked,
): Promise<Stored | null> {
  const { needed } = asked;
  const left = { ...conflict, update: [], presets: [] };
  const [fresh] = await insertReturning(
    session,
    { table, onConflict: left, changedCheck: null },
    [cells],
    needed,
  );
  if (fresh !== null && fresh !== undefined) return fresh;
  if (!changes(conflict)) return null;
  const key = conflict.key?.columns ?? keyColumns(table);
  const given = isWatched(table, 'insert') ? null : givenKey(session, key, cells);
  const met = given === null ? await rowInTheWay(session, table, conflict, cells, key) : null;
  const there = given ?? (met === null ? null : key.map((column) => met.get(column)));
  if (there === null) return null;
  if (there.includes(null)) throw movedKey(table, path);
  const values = met === null ? cells : asStored(conflict, cells, met, path);
  const { affected } = await session.write(updateOf(table, conflict, values, session.among(key, [there])));
  if (affected > 0) {
    if (met !== null && isWatched(table, 'update')) await mustBeAs(session, table, key, there, conflict, met);
    if (needed.length === 0) return { values: new Map(), changed: true };
    return {
      values: await changedRow(session, table, { conflict, cells, key, before: there }, asked),
      changed: true,
    };
  }
  if (conflict.where !== null || isWatched(table, 'insert') || isWatched(table, 'update')) return null;
  throw changedMeanwhile(table);
}

/**
 * The key, and the columns that on_conflict updates, as the database makes them of a row by its triggers, defaults and generated columns;
 * `null`: a trigger skips the row, or the condition of on_conflict leaves the row in the way alone. An upsert returns them, and is rolled
 * back.
 */
async function rowInTheWay(
  session: WriteSession,
  table: Table,
  conflict: OnConflict,
  cells: Cells,
  key: readonly Column[],
): Promise<Row | null> {
  const isSettable = ({ generated, identity }: Column) => !generated && identity !== 'always';
  const any = key.find(isSettable) ?? table.columns.find(isSettable)!;
  const update = conflict.update.length > 0 ? conflict.update : [any];
  const onConflict = { ...conflict, update, presets: [] };
  const needed = [...new Set([...key, ...conflict.update])];
  const upsert = () => insertReturning(session, { table, onConflict, changedCheck: null }, [cells], needed);
  const [row] = await session.attempt(upsert, () => false);
  return row?.values ?? null;
}

/** The given values with those in their place that triggers of the database have made of them. */
function asStored({ update }: OnConflict, cells: Cells, met: Row, path: string): Cells {
  return new Map([
    ...cells,
    ...update.map((column) => [column, constant(column, met.get(column), path)] as const),
  ]);
}

/**
 * Throws where triggers of updates make something else of values that triggers of inserts, and they themselves, have made before: the two
 * cannot be run apart.
 */
async function mustBeAs(
  session: WriteSession,
  table: Table,
  key: readonly Column[],
  there: Tuple,
  { update }: OnConflict,
  met: Row,
): Promise<void> {
  if (update.length === 0) return;
  const isMoved = key.some((column) => update.includes(column));
  const now = isMoved ? key.map((column) => met.get(column)) : there;
  const [found] = await session.rowsBy(table, key, [now], update);
  const isSame = (column: Column) => {
    const [one, other] = [found?.get(column), met.get(column)];
    return one instanceof FutureValue || jsonText(one) === jsonText(other);
  };
  if (update.every(isSame)) return;
  throw new FozError(
    'not-supported',
    `Triggers of ${table.name} change both what is inserted and what is updated, and the database does not tell which of the two an upsert has done: insert and update rows by fields of their own, or as a role without a check.`,
  );
}

/** The result of an insert that leaves a conflicting row alone. */
interface Met {
  readonly result: WriteResult;
  /** Identifies the conflicting row; `null`: there is none, or its key was given. */
  readonly tuple: Tuple | null;
  /** False: the conflicting row is known not to satisfy the condition of on_conflict. */
  readonly passes: boolean;
}

/** The engine reports the conflicting row and locks it; the row is then updated by its own key. */
async function insertReportsConflict(
  session: WriteSession,
  insert: Insert,
  conflict: OnConflict,
  cells: Cells,
  asked: Asked,
): Promise<Stored | null> {
  const { table, path } = insert;
  const { needed } = asked;
  const key = conflict.key?.columns ?? keyColumns(table);
  const isCareful = isWatched(table, 'insert') || isWatched(table, 'update');
  const given = isCareful ? null : givenKey(session, key, cells);
  const row = given === null ? rowColumns(table, key, conflict) : key;
  const search = await Search.begin(session, table, [cells], asked);
  const values = given === null ? null : key.map((column) => cells.get(column)!);
  const insertion = insertReportingConflict(
    table,
    { key, given: values, columns: given === null ? row : [] },
    cells,
  );
  const attempt = () => insertOrFind(session, table, conflict, insertion, isCareful);
  const { result, tuple, passes } = isCareful
    ? await session.attempt(attempt, (one) => one.result.conflict === null)
    : await attempt();
  if (result.conflict === null) return { values: (await search.find(result))[0]!, changed: false };
  if (result.conflict === 'moved') throw keyWasChanged(table);
  if (result.conflict === 'other') throw otherKey(table, conflict, path);
  if (!passes) return null;
  const there = given ?? tuple!;
  const { affected } = await session.write(
    isCareful
      ? upsertOf(table, conflict, cells)
      : updateOf(table, conflict, cells, session.among(row, [there])),
  );
  if (affected === 0) return null;
  if (needed.length === 0) return { values: new Map(), changed: true };
  return {
    values: await changedRow(session, table, { conflict, cells, key: row, before: there }, asked),
    changed: true,
  };
}

/**
 * Inserts the row, or finds the conflicting one. `attempted`: on a conflict the caller rolls all of this back, so that triggers take effect
 * only once. The condition of on_conflict is therefore checked here.
 */
async function insertOrFind(
  session: WriteSession,
  table: Table,
  conflict: OnConflict,
  insertion: Write & { readonly conflictReport: ConflictReport },
  attempted: boolean,
): Promise<Met> {
  const result = await session.write(insertion);
  if (result.conflict !== 'key' || !changes(conflict)) return { result, tuple: null, passes: false };
  const { columns: row } = insertion.conflictReport;
  if (row.length === 0) return { result, tuple: null, passes: true };
  const tuple = await session.conflictingRow(table, row);
  if (!attempted || conflict.where === null) return { result, tuple, passes: true };
  // A read sees the row of its snapshot, a write the current row. So an UPDATE without a change checks the condition.
  const at = Math.max(
    0,
    row.findIndex(({ generated }) => !generated),
  );
  const set = [{ kind: 'set', column: row[at]!, value: constant(row[at]!, tuple[at], '$') }] as const;
  const where = and(session.among(row, [tuple]), conflict.where);
  const { affected } = await session.write({ kind: 'update', table, set, where, returning: [] });
  return { result, tuple, passes: affected > 0 };
}

/** The key of the conflicting row, where all of it was given; `null`: the database decides a part of it. */
function givenKey(session: WriteSession, key: readonly Column[], cells: Cells): Tuple | null {
  const tuple = key.map((column) => {
    const cell = cells.get(column);
    return cell === undefined ? null : session.value(cell);
  });
  return tuple.includes(null) ? null : tuple;
}

/** Columns that identify a row; if possible, ones that on_conflict does not change. The conflicting row has no NULL in the key. */
function rowColumns(table: Table, key: readonly Column[], conflict: OnConflict): readonly Column[] {
  const changed = changedColumns(conflict);
  const candidates = [
    key,
    ...table.keys.map(({ columns }) => columns).filter((columns) => columns.every((one) => !one.nullable)),
  ];
  return candidates.find((columns) => columns.every((column) => !changed.has(column))) ?? key;
}

function changedColumns({ update, presets = [] }: OnConflict): ReadonlySet<Column> {
  return new Set([...update, ...presets.map(({ column }) => column)]);
}

/** A row that on_conflict has changed. */
interface ConflictUpdate {
  readonly conflict: OnConflict;
  /** The values that the insert gave. */
  readonly cells: Cells;
  /** Columns that identify the row, and their values before the change. */
  readonly key: readonly Column[];
  readonly before: Tuple;
}

/** The values of a row after on_conflict has changed it. */
async function changedRow(
  session: WriteSession,
  table: Table,
  { conflict, cells, key, before }: ConflictUpdate,
  { needed, isReferred }: Asked,
): Promise<Row> {
  const changed = changedColumns(conflict);
  const presets = new Map((conflict.presets ?? []).map(({ column, value }) => [column, value]));
  const moves = key.some((column) => changed.has(column));
  const isWatchedRow = isWatched(table, 'insert') || isWatched(table, 'update');
  const after = key.map((column, at) => {
    if (!changed.has(column)) return before[at];
    const value = presets.get(column) ?? cells.get(column);
    return value === undefined ? undefined : session.value(value);
  });
  if (after.includes(undefined) || (moves && isWatchedRow)) throw movedKey(table);
  // An integer is stored as it was given, and the reads of the checks and of the answer notice a row that a younger trigger has moved.
  const isKnown = (column: Column) => key.includes(column) && familyOf(column.type.scalar) === 'integer';
  if (!moves && !isWatchedRow && !isReferred && needed.every(isKnown))
    return new Map(key.map((column, at) => [column, before[at]]));
  const [found] = await session.rowsBy(table, key, [after], needed);
  if (found !== undefined) return found;
  if (isWatchedRow) throw movedKey(table);
  throw changedMeanwhile(table);
}

function changedMeanwhile({ name }: Table): FozError {
  return new FozError(
    'conflict',
    `A row of ${name} was changed by somebody else while it was written: repeat the write.`,
  );
}

/** The error for an insert that conflicts with a key other than the conflict target. */
function otherKey(table: Table, { key }: OnConflict, path: string): FozError {
  const than = key === null ? '' : ` other than "${key.name}"`;
  return new FozError(
    'constraint-violation',
    `The write would break a unique constraint of ${table.name}${than}.`,
    { path, details: { table: table.name } },
  );
}

/** An insert with `unless`. It always lists the columns of the key, so that their new values can be compared. */
function insertReportingConflict(
  table: Table,
  report: ConflictReport,
  cells: Cells,
): Extract<Write, { kind: 'insert' }> & { readonly conflictReport: ConflictReport } {
  const { key } = report;
  const given = columnsOf(table, [cells]);
  const columns = [...given, ...key.filter((column) => !given.includes(column))];
  return {
    kind: 'insert',
    table,
    columns,
    rows: cellsOf(columns, [cells]),
    onConflict: null,
    returning: [],
    conflictReport: report,
  };
}

function updateOf(table: Table, conflict: OnConflict, cells: Cells, there: Predicate): Write {
  const { update, presets = [], where } = conflict;
  const given = update.map((column) => ({ column, value: cells.get(column) ?? ('default' as const) }));
  const set = [...given, ...presets].map((assignment) => ({ kind: 'set' as const, ...assignment }));
  return { kind: 'update', table, set, where: and(there, where ?? always), returning: [] };
}

/** An upsert that updates the row with the values of the insert after its triggers. The condition was checked before. */
function upsertOf(table: Table, conflict: OnConflict, cells: Cells): Write {
  const columns = columnsOf(table, [cells]);
  const onConflict = { ...conflict, where: null };
  return { kind: 'insert', table, columns, rows: cellsOf(columns, [cells]), onConflict, returning: [] };
}
