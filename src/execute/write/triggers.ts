import type { Table } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';

/** Tables for which a write has revealed triggers that are newer than the catalog. */
const seen = new WeakSet<Table>();

/** Whether triggers or rules may change or skip rows before they are stored. */
export function hasTriggers(table: Table, kind: 'insert' | 'update'): boolean {
  return table.triggers[kind] !== undefined || seen.has(table);
}

/** The error when fewer rows are returned than were given, so they cannot be matched. The transaction is repeated with one statement per row. */
export function rowsWereSkipped(table: Table): FozError {
  seen.add(table);
  return new FozError(
    'conflict',
    `A trigger of ${table.name} that the catalog does not know of skipped rows: refresh the source and repeat the write.`,
  );
}

/** The error when a key is not stored as given. The transaction is repeated, and then reads the key of the conflicting row from the database. */
export function keyWasChanged(table: Table): FozError {
  seen.add(table);
  return new FozError(
    'conflict',
    `A trigger of ${table.name} that the catalog does not know of changed a key: refresh the source and repeat the write.`,
  );
}

/** The error of a written row that is not stored under its known key. */
export function movedKey(table: Table, path?: string): FozError {
  return new FozError(
    'not-supported',
    `A trigger of ${table.name}, or the type of a column, changes the key of a row that is written, so that the row cannot be found again: give the key as it is stored, or ask for affected_rows only as a role without checks.`,
    path === undefined ? {} : { path },
  );
}
