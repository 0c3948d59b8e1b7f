import type { Table } from './catalog.ts';

/** The table of the whole catalog behind one that a role sees. */
export function wholeTable(table: Table): Table {
  return table.access?.whole ?? table;
}
