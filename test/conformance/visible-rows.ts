import type { Table } from '../../src/catalog/index.ts';
import type { Row } from './values.ts';

/** What somebody sees of the fixtures: rows with nothing but the columns that may be seen, and how many of them a list may have. */
export interface VisibleRows {
  rows(table: Table): readonly Row[];
  limit(table: Table): number | null;
}

let current: VisibleRows | null = null;

/** Works something out as somebody sees it; `null`: as it is stored. Only for what is done when `run` returns. */
export function under<T>(rows: VisibleRows | null, run: () => T): T {
  const before = current;
  current = rows;
  try {
    return run();
  } finally {
    current = before;
  }
}

/** The rows that the reference answers from right now; `null`: those that are stored. */
export function visibleRowsNow(): VisibleRows | null {
  return current;
}

const stored = new WeakMap<Row, Row>();

/** A row as somebody sees it, which remembers the row that is stored: relationships lead from that one. */
export function seenRow(row: Row, seen: Row): Row {
  stored.set(seen, row);
  return seen;
}

/** The row that is stored behind one that somebody sees. */
export function storedRow(row: Row): Row {
  return stored.get(row) ?? row;
}

/** The smaller of what is asked and what the role may have; `null`: any number. */
export function capped(asked: number | null, table: Table): number | null {
  const cap = current?.limit(table) ?? null;
  return cap === null ? asked : asked === null ? cap : Math.min(asked, cap);
}
