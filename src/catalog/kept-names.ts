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

/**
 * The identity of a table in kept names. It lacks the default namespace, so that a source keeps its names when it moves to another
 * database (the namespace in MySQL).
 */
export function keptTableId({ source, namespace, name }: Omit<TablePlace, 'customName'>): string {
  return namespace === null || namespace === source.defaultNamespace ? name : `${namespace}.${name}`;
}

/** The command that has the names of a table made anew. `place`: `orders`, or `sales.orders` outside of the default namespace. */
export function resetCommand(source: string, place: string): string {
  const shown = /^[\w.-]+$/.test(place) ? place : `'${place.replaceAll("'", "'\\''")}'`;
  return `foz names reset ${source} ${shown}`;
}
