import type { Table } from './catalog.ts';

/** The identity of a table for kept names. */
export type TablePlace = Pick<Table, 'namespace' | 'name' | 'customName'> & {
  readonly source: { readonly name: string; readonly defaultNamespace: string | null };
};

/** Names that tables and relationships got earlier and keep. */
export interface KeptNames {
  /** The kept name of a table; `null`: it has none. */
  table(table: TablePlace): string | null;
  /** The kept names of a table's relationships from foreign keys. Each maps to its `Relationship.foreignKey`. */
  relationships(table: TablePlace): ReadonlyMap<string, string>;
}

const nothing: ReadonlyMap<string, string> = new Map();

export const noKeptNames: KeptNames = { table: () => null, relationships: () => nothing };
