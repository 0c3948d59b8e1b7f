import type { Table } from '../../src/catalog/index.ts';
import type { Row } from './values.ts';

/** The fixtures as a role sees them: filtered rows with only the granted columns, and row limits. */
export interface VisibleRows {
  rows(table: Table): readonly Row[];
  limit(table: Table): number | null;
}

let current: VisibleRows | null = null;

/** Runs something on the rows of a role; `null`: on the stored rows. Only for synchronous work. */
export function under<T>(rows: VisibleRows | null, run: () => T): T {
  const before = current;
  current = rows;
  try {
    return run();
  } finally {
    current = before;
  }
}

/** The rows that the reference uses at the moment; `null`: the stored rows. */
export function visibleRowsNow(): VisibleRows | null {
  return current;
}

const stored = new WeakMap<Row, Row>();

/** A row as a role sees it, linked to the stored row, since relationships start from that one. */
export function seenRow(row: Row, seen: Row): Row {
  stored.set(seen, row);
  return seen;
}

/** The stored row behind a visible one. */
export function storedRow(row: Row): Row {
  return stored.get(row) ?? row;
}

/** The smaller of the requested limit and the role's limit; `null`: no limit. */
export function capped(asked: number | null, table: Table): number | null {
  const cap = current?.limit(table) ?? null;
  return cap === null ? asked : asked === null ? cap : Math.min(asked, cap);
}
