import type { ColumnFacts, ForeignKeyFacts, KeyFacts, TableFacts, TableKind } from '../../catalog/index.ts';

/** A table as the queries have described it so far. */
export interface ReadTable {
  readonly namespace: string;
  readonly name: string;
  readonly kind: TableKind;
  readonly comment: string | null;
  readonly estimatedRows: number | null;
  readonly writable: boolean;
  readonly columns: Map<string, ColumnFacts>;
  readonly rights: Set<string>;
  readonly uniqueKeys: KeyFacts[];
  readonly foreignKeys: ForeignKeyFacts[];
  /** Check constraints, with the names in their conditions. */
  readonly checks: { readonly name: string; readonly names: ReadonlySet<string> }[];
  readonly triggers: Set<'insert' | 'update'>;
  primaryKey: KeyFacts | null;
}

/** The facts of a table that has columns. */
export function factsOf(table: ReadTable): TableFacts {
  const {
    namespace,
    name,
    kind,
    comment,
    primaryKey,
    uniqueKeys,
    foreignKeys,
    checks,
    estimatedRows,
    writable,
    rights,
    triggers,
  } = table;
  const columns = [...table.columns.values()];
  const constraints = checks.map((check) => ({
    name: check.name,
    columns: columns.map((column) => column.name).filter((column) => check.names.has(column)),
  }));
  const insertable = writable && rights.has('insert');
  const updatable = writable && rights.has('update');
  // Delete rights are not reported per column. A table that may be written is assumed to allow deletes.
  const deletable = insertable || updatable;
  return {
    namespace,
    name,
    kind,
    comment,
    columns,
    primaryKey,
    uniqueKeys,
    foreignKeys,
    ...(constraints.length === 0 ? {} : { constraints }),
    insertable,
    updatable,
    deletable,
    ...(triggers.size === 0
      ? {}
      : { triggers: Object.fromEntries([...triggers].map((kind) => [kind, 'before'])) }),
    estimatedRows,
  };
}
