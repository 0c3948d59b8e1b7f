import type { Table } from './catalog.ts';

/** Which thing it is that a table's name is kept for. */
export type TablePlace = Pick<Table, 'namespace' | 'name' | 'customName'> & {
  readonly source: { readonly name: string; readonly defaultNamespace: string | null };
};

/** Names that tables and relationships were given earlier, and keep. */
export interface KeptNames {
  /** Of a table in the graph; `null`: it was given none. */
  table(table: TablePlace): string | null;
  /** Of the relationships that foreign keys of the database give to a table: by name, `Relationship.foreignKey`. */
  relationships(table: TablePlace): ReadonlyMap<string, string>;
}

const nothing: ReadonlyMap<string, string> = new Map();

export const noKeptNames: KeptNames = { table: () => null, relationships: () => nothing };
