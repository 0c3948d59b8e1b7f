import type { Table } from './catalog.ts';

/** The table of the whole catalog for a table as a role sees it. */
export function wholeTable(table: Table): Table {
  return table.access?.whole ?? table;
}
