import { type KeptNames, tableId } from '../../catalog/index.ts';

/** Kept names; names of tables by their ids take precedence. */
export function withTables(kept: KeptNames, tables: ReadonlyMap<string, string>): KeptNames {
  return {
    table: (table) =>
      tables.get(tableId(table.source.name, table.namespace, table.name)) ?? kept.table(table),
    relationships: (table) => kept.relationships(table),
  };
}
