import type { Table } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import type { Insert, OnConflict } from '../../plan/index.ts';
import {
  asStored,
  changedMeanwhile,
  changedRow,
  checkSameValues,
  hasUpdate,
  updateOf,
  upsertOf,
} from './conflict-update.ts';
import {
  givenKey,
  insertOrFind,
  insertReportingConflict,
  rowAfterTriggers,
  rowColumns,
} from './conflicting-row.ts';
import { type Cells, insertReturning, type NeededColumns, type Stored } from './returning.ts';
import { Search } from './search.ts';
import { keyColumns, type WriteSession } from './session.ts';
import { hasTriggers, keyWasChanged, movedKey } from './triggers.ts';

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
  asked: NeededColumns,
): Promise<(Stored | null)[]> {
  const { insertReportsConflict: notes, upsertReportsChanged } = session.capabilities;
  const upsert = notes ? insertReportsConflict : upsertReportsChanged ? insertThenUpdate : insertThenUpsert;
  const found: (Stored | null)[] = [];
  const title = `a row of ${insert.table.name}`;
  for (const cells of rows)
    found.push(await session.within(title, () => upsert(session, insert, conflict, cells, asked)));
  return found;
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
  { needed }: NeededColumns,
): Promise<Stored | null> {
  const one = (onConflict: OnConflict) =>
    insertReturning(session, { table, onConflict, changedCheck: null }, [cells], needed);
  const insert = () => one({ ...conflict, update: [], presets: [] });
  // Where the row was not inserted, the effects of its triggers are rolled back: the second statement fires the triggers again.
  const [fresh] = hasTriggers(table, 'insert')
    ? await session.attempt(insert, ([row]) => row !== null)
    : await insert();
  if (fresh !== null && fresh !== undefined) return fresh;
  if (!hasUpdate(conflict)) return null;
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
  asked: NeededColumns,
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
  if (!hasUpdate(conflict)) return null;
  const key = conflict.key?.columns ?? keyColumns(table);
  const given = hasTriggers(table, 'insert') ? null : givenKey(session, key, cells);
  const stored = given === null ? await rowAfterTriggers(session, table, conflict, cells, key) : null;
  const there = given ?? (stored === null ? null : key.map((column) => stored.get(column)));
  if (there === null) return null;
  if (there.includes(null)) throw movedKey(table, path);
  const values = stored === null ? cells : asStored(conflict, cells, stored, path);
  const { affected } = await session.write(updateOf(table, conflict, values, session.among(key, [there])));
  if (affected > 0) {
    if (stored !== null && hasTriggers(table, 'update'))
      await checkSameValues(session, table, { conflict, key, before: there, stored });
    if (needed.length === 0) return { values: new Map(), changed: true };
    return {
      values: await changedRow(session, table, { conflict, cells, key, before: there }, asked),
      changed: true,
    };
  }
  if (conflict.where !== null || hasTriggers(table, 'insert') || hasTriggers(table, 'update')) return null;
  throw changedMeanwhile(table);
}

/** The engine reports the conflicting row and locks it; the row is then updated by its own key. */
async function insertReportsConflict(
  session: WriteSession,
  insert: Insert,
  conflict: OnConflict,
  cells: Cells,
  asked: NeededColumns,
): Promise<Stored | null> {
  const { table, path } = insert;
  const { needed } = asked;
  const key = conflict.key?.columns ?? keyColumns(table);
  const isCareful = hasTriggers(table, 'insert') || hasTriggers(table, 'update');
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

/** The error for an insert that conflicts with a key other than the conflict target. */
function otherKey(table: Table, { key }: OnConflict, path: string): FozError {
  const than = key === null ? '' : ` other than "${key.name}"`;
  return new FozError(
    'constraint-violation',
    `The write would break a unique constraint of ${table.name}${than}.`,
    { path, details: { table: table.name } },
  );
}
