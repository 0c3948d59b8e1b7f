import type { Column, Table } from '../../catalog/index.ts';
import { and, type ConflictReport, type OnConflict, type Write } from '../../plan/index.ts';
import { changedColumns, hasUpdate } from './conflict-update.ts';
import { type Cells, cellsOf, columnsOf, insertReturning, type Row } from './returning.ts';
import { constant, type WriteSession } from './session.ts';
import type { Tuple, WriteResult } from './stage.ts';

/** The key of the conflicting row, where all of it was given; `null`: the database decides a part of it. */
export function givenKey(session: WriteSession, key: readonly Column[], cells: Cells): Tuple | null {
  const tuple = key.map((column) => {
    const cell = cells.get(column);
    return cell === undefined ? null : session.value(cell);
  });
  return tuple.includes(null) ? null : tuple;
}

/** Columns that identify a row; if possible, ones that on_conflict does not change. The conflicting row has no NULL in the key. */
export function rowColumns(table: Table, key: readonly Column[], conflict: OnConflict): readonly Column[] {
  const changed = changedColumns(conflict);
  const candidates = [
    key,
    ...table.keys.map(({ columns }) => columns).filter((columns) => columns.every((one) => !one.nullable)),
  ];
  return candidates.find((columns) => columns.every((column) => !changed.has(column))) ?? key;
}

/** An insert that reports the conflicting row. It always lists the columns of the key, so that their new values can be compared. */
export function insertReportingConflict(
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

/** The result of an insert that leaves a conflicting row alone. */
interface InsertOrFound {
  readonly result: WriteResult;
  /** Identifies the conflicting row; `null`: there is none, or its key was given. */
  readonly tuple: Tuple | null;
  /** False: the conflicting row is known not to satisfy the condition of on_conflict. */
  readonly passes: boolean;
}

/**
 * Inserts the row, or finds the conflicting one. `attempted`: on a conflict the caller rolls all of this back, so that triggers take effect
 * only once. The condition of on_conflict is therefore checked here.
 */
export async function insertOrFind(
  session: WriteSession,
  table: Table,
  conflict: OnConflict,
  insertion: Write & { readonly conflictReport: ConflictReport },
  attempted: boolean,
): Promise<InsertOrFound> {
  const result = await session.write(insertion);
  if (result.conflict !== 'key' || !hasUpdate(conflict)) return { result, tuple: null, passes: false };
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

/**
 * The key and the updated columns of a row after triggers, defaults and generated columns of the database. An upsert computes them and is
 * rolled back. `null`: a trigger skips the row, or the condition of on_conflict excludes the conflicting row.
 */
export async function rowAfterTriggers(
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
