import type { Insert, Write } from '../../plan/index.ts';
import { insertInsteadOf, isInsteadOf } from './instead-of.ts';
import {
  batches,
  type Cells,
  cellsOf,
  insertReturning,
  type NeededColumns,
  type Stored,
} from './returning.ts';
import { Search } from './search.ts';
import type { WriteSession } from './session.ts';
import { hasTriggers } from './triggers.ts';
import { isOneStatement, upsertOneByOne } from './upsert.ts';

/**
 * Inserts rows of one table. Returns the stored `needed` values of each row, `null` for a row that was not written: on_conflict left an
 * existing row alone, or a trigger skipped it.
 */
export async function insertRows(
  session: WriteSession,
  insert: Insert,
  rows: readonly Cells[],
  asked: NeededColumns,
): Promise<(Stored | null)[]> {
  if (rows.length === 0) return [];
  const { onConflict } = insert;
  if (onConflict !== null && !isOneStatement(session, insert, onConflict))
    return upsertOneByOne(session, insert, onConflict, rows, asked);
  if (asked.needed.length > 0 && isInsteadOf(insert.table, 'insert'))
    return insertInsteadOf(session, insert, rows, asked.needed);
  return session.capabilities.returning.insert
    ? insertReturning(session, insert, rows, asked.needed)
    : insertAndFind(session, insert, rows, asked);
}

/** Without RETURNING: values come from the generated keys that the engine reports and from the given cells. The rest is read back. */
async function insertAndFind(
  session: WriteSession,
  { table }: Insert,
  rows: readonly Cells[],
  asked: NeededColumns,
): Promise<Stored[]> {
  const { needed } = asked;
  const found: Stored[] = [];
  const identity = needed.length === 0 ? undefined : table.columns.find((column) => column.identity !== null);
  const mixed =
    identity !== undefined &&
    rows.some((cells) => cells.has(identity)) &&
    rows.some((cells) => !cells.has(identity));
  const single = mixed || (needed.length > 0 && hasTriggers(table, 'insert'));
  for (const batch of batches(session, table, rows, single)) {
    const search = await Search.begin(session, table, batch.rows, asked);
    const write: Write = {
      kind: 'insert',
      table,
      columns: batch.columns,
      rows: cellsOf(batch.columns, batch.rows),
      onConflict: null,
      returning: [],
    };
    const values = await search.find(await session.write(write));
    found.push(...values.map((row) => ({ values: row, changed: false })));
  }
  return found;
}
