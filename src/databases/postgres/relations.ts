import type { TableKind } from '../../catalog/index.ts';

/** A row of a catalog query: text or NULL. */
export type Row = readonly (string | null)[];

const kinds: Readonly<Record<string, TableKind>> = {
  r: 'table',
  v: 'view',
  m: 'materialized view',
  p: 'partitioned table',
  f: 'foreign table',
};
/** Bits of `pg_relation_is_updatable`. */
const [updateBit, insertBit, deleteBit] = [4, 8, 16] as const;

/** A table or view, from a row of `catalogQueries.tables`. */
export interface Relation {
  readonly oid: string;
  readonly namespace: string;
  readonly name: string;
  readonly kind: TableKind;
  readonly comment: string | null;
  readonly estimatedRows: number | null;
  /** Whether all columns may be read. */
  readonly readable: boolean;
  readonly writes: number;
  readonly insertable: boolean;
  readonly updatable: boolean;
  readonly deletable: boolean;
}

/** Reads a row of `catalogQueries.tables`. */
export function relationOf(row: Row): Relation {
  const [oid, namespace, name, kind, comment, rows, readable, writes, insert, update, remove] = row;
  const allowed = Number(writes);
  return {
    oid: oid!,
    namespace: namespace!,
    name: name!,
    kind: kinds[kind!]!,
    comment: comment ?? null,
    estimatedRows: rows === null || rows === undefined ? null : Number(rows),
    readable: readable === 't',
    writes: allowed,
    insertable: (allowed & insertBit) !== 0 && insert === 't',
    updatable: (allowed & updateBit) !== 0 && update === 't',
    deletable: (allowed & deleteBit) !== 0 && remove === 't',
  };
}
