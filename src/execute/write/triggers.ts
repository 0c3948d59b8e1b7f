import type { Table } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';

/** Tables that were seen to have triggers which the catalog does not know of: they are younger than it. */
const seen = new WeakSet<Table>();

/** Whether something may stand between the rows that are given to a table and those that are stored. */
export function isWatched(table: Table, kind: 'insert' | 'update'): boolean {
  return table.triggers[kind] !== undefined || seen.has(table);
}

/** Fewer rows came back than were given: which ones cannot be told any more. From now on each is written by itself; the transaction is repeated. */
export function rowsWereSkipped(table: Table): FozError {
  seen.add(table);
  return new FozError(
    'conflict',
    `A trigger of ${table.name} that the catalog does not know of skipped rows: refresh the source and repeat the write.`,
  );
}

/** A key is not stored as it was given. From now on the database is asked which row is meant; the transaction is repeated. */
export function keyWasChanged(table: Table): FozError {
  seen.add(table);
  return new FozError(
    'conflict',
    `A trigger of ${table.name} that the catalog does not know of changed a key: refresh the source and repeat the write.`,
  );
}

/** What is stored of a row is not to be found by the key that is known of it. */
export function movedKey(table: Table, path?: string): FozError {
  return new FozError(
    'not-supported',
    `A trigger of ${table.name}, or the type of a column, changes the key of a row that is written, so that the row cannot be found again: give the key as it is stored, or ask for affected_rows only as a role without checks.`,
    path === undefined ? {} : { path },
  );
}
