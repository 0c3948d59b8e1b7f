import { type Column, familyOf, type Table } from '../../catalog/index.ts';
import { FozError, jsonText } from '../../core/index.ts';
import { always, and, type OnConflict, type Predicate, type Write } from '../../plan/index.ts';
import { FutureValue } from './future-value.ts';
import { type Cells, cellsOf, columnsOf, type NeededColumns, type Row } from './returning.ts';
import { constant, type WriteSession } from './session.ts';
import type { Tuple } from './stage.ts';
import { hasTriggers, movedKey } from './triggers.ts';

/** Whether on_conflict updates the conflicting row, instead of leaving it alone. */
export function hasUpdate({ update, presets = [] }: OnConflict): boolean {
  return update.length + presets.length > 0;
}

/** The columns that on_conflict updates. */
export function changedColumns({ update, presets = [] }: OnConflict): ReadonlySet<Column> {
  return new Set([...update, ...presets.map(({ column }) => column)]);
}

/** The update that on_conflict asks for, of the rows that satisfy the predicate. */
export function updateOf(table: Table, conflict: OnConflict, cells: Cells, target: Predicate): Write {
  const { update, presets = [], where } = conflict;
  const given = update.map((column) => ({ column, value: cells.get(column) ?? ('default' as const) }));
  const set = [...given, ...presets].map((assignment) => ({ kind: 'set' as const, ...assignment }));
  return { kind: 'update', table, set, where: and(target, where ?? always), returning: [] };
}

/** An upsert that updates the row with the values of the insert after its triggers. The condition was checked before. */
export function upsertOf(table: Table, conflict: OnConflict, cells: Cells): Write {
  // A column that is updated without a value gets the default of an inserted row.
  const columns = [...new Set([...columnsOf(table, [cells]), ...conflict.update])];
  const onConflict = { ...conflict, where: null };
  return { kind: 'insert', table, columns, rows: cellsOf(columns, [cells]), onConflict, returning: [] };
}

/** The given values, with the stored values in the columns that on_conflict updates: triggers may have changed them. */
export function asStored({ update }: OnConflict, cells: Cells, stored: Row, path: string): Cells {
  return new Map([
    ...cells,
    ...update.map((column) => [column, constant(column, stored.get(column), path)] as const),
  ]);
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

/** A row whose values were computed by an upsert that was rolled back, and that an update has written since. */
interface RepeatedUpdate extends Pick<ConflictUpdate, 'conflict' | 'key' | 'before'> {
  /** The values that the upsert returned, after all triggers. */
  readonly stored: Row;
}

/**
 * Throws FozError where the triggers of updates have changed the values again. Those values have passed the triggers of inserts and updates
 * before, and only an upsert runs both kinds once.
 */
export async function checkSameValues(
  session: WriteSession,
  table: Table,
  { conflict: { update }, key, before, stored }: RepeatedUpdate,
): Promise<void> {
  if (update.length === 0) return;
  const isMoved = key.some((column) => update.includes(column));
  const now = isMoved ? key.map((column) => stored.get(column)) : before;
  const [found] = await session.rowsBy(table, key, [now], update);
  const isSame = (column: Column) => {
    const [one, other] = [found?.get(column), stored.get(column)];
    return one instanceof FutureValue || jsonText(one) === jsonText(other);
  };
  if (update.every(isSame)) return;
  throw new FozError(
    'not-supported',
    `Triggers of ${table.name} change both what is inserted and what is updated, and the database does not tell which of the two an upsert has done: insert and update rows by fields of their own, or as a role without a check.`,
  );
}

/** The values of a row after on_conflict has changed it. */
export async function changedRow(
  session: WriteSession,
  table: Table,
  { conflict, cells, key, before }: ConflictUpdate,
  { needed, isReferred }: NeededColumns,
): Promise<Row> {
  const changed = changedColumns(conflict);
  const presets = new Map((conflict.presets ?? []).map(({ column, value }) => [column, value]));
  const moves = key.some((column) => changed.has(column));
  const isTriggered = hasTriggers(table, 'insert') || hasTriggers(table, 'update');
  const after = key.map((column, at) => {
    if (!changed.has(column)) return before[at];
    const value = presets.get(column) ?? cells.get(column);
    return value === undefined ? undefined : session.value(value);
  });
  if (after.includes(undefined) || (moves && isTriggered)) throw movedKey(table);
  // An integer is stored as it was given. A row that a trigger newer than the catalog has moved is noticed by the reads of the checks and of the answer.
  const isKnown = (column: Column) => key.includes(column) && familyOf(column.type.scalar) === 'integer';
  if (!moves && !isTriggered && !isReferred && needed.every(isKnown))
    return new Map(key.map((column, at) => [column, before[at]]));
  const [found] = await session.rowsBy(table, key, [after], needed);
  if (found !== undefined) return found;
  if (isTriggered) throw movedKey(table);
  throw changedMeanwhile(table);
}

export function changedMeanwhile({ name }: Table): FozError {
  return new FozError(
    'conflict',
    `A row of ${name} was changed by somebody else while it was written: repeat the write.`,
  );
}
