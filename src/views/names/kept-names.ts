import { type KeptNames, tableId } from '../../catalog/index.ts';

/** Kept names. Names by table id take precedence. */
export function withTables(kept: KeptNames, tables: ReadonlyMap<string, string>): KeptNames {
  return {
    table: (table) =>
      tables.get(tableId(table.source.name, table.namespace, table.name)) ?? kept.table(table),
    relationships: (table) => kept.relationships(table),
  };
}
