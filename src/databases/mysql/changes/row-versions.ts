import type { RowImage } from '../../../plan/index.ts';
import type { RowOp } from './row-event.ts';

/** A changed row. */
interface RowChange {
  readonly op: RowOp;
  readonly old: RowImage | null;
  readonly new: RowImage | null;
}

/** Ends of rows that are valid now: times, which grew with MariaDB 11.5, and numbers of transactions. */
const present = /^(?:2038-01-19 03:14:07|2106-02-07 06:28:15|18446744073709551615)/;

function isPresent(image: RowImage | null, rowEnd: number): boolean {
  return image !== null && present.test(String(image.values[rowEnd]));
}

/**
 * A change of a table with system versioning, as a change of its present rows; `null`: it concerns earlier versions only. The server
 * sets the end of a row's validity instead of deleting the row.
 */
export function presentChange(change: RowChange, rowEnd: number): RowChange | null {
  const [before, after] = [isPresent(change.old, rowEnd), isPresent(change.new, rowEnd)];
  if (before && after) return change;
  if (before) return { op: 'delete', old: change.old, new: null };
  return after ? { op: 'insert', old: null, new: change.new } : null;
}
