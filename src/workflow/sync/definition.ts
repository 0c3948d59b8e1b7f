import type { BoolExp, TableName } from '../../catalog/index.ts';

export type SideName = 'left' | 'right';

/** A sync as the metadata has it. */
export interface SyncDefinition {
  readonly name: string;
  readonly description?: string;
  readonly enabled?: boolean;
  readonly left: SyncSide;
  readonly right: SyncSide;
  /** Default: `to_right`. */
  readonly direction?: 'to_right' | 'both';
  /** Columns by which a row of one side is found on the other one. A text: the name on both sides. */
  readonly key: readonly (string | { readonly left: string; readonly right: string })[];
  readonly columns: readonly (string | ColumnPair)[];
  /** Default: the left side wins. */
  readonly conflict?: ConflictRule;
  /** Default: `propagate`. */
  readonly deletes?: 'propagate' | 'ignore' | { readonly mark: { readonly [Side in SideName]?: DeleteMark } };
}

export interface SyncSide {
  readonly source: string;
  readonly table: TableName;
  /** The rows that are kept in step; default: all. */
  readonly filter?: BoolExp;
}

/**
 * A column of each side, or of one side, whose value is computed. Expressions are `{% JSONata %}`: of `value` where the pair has a column on the
 * side that it comes from, else of `row`.
 */
export interface ColumnPair {
  readonly left?: string;
  readonly right?: string;
  readonly to_right?: unknown;
  readonly to_left?: unknown;
}

/** The conflict rule, for rows that were changed on both sides. */
export type ConflictRule =
  | { readonly rule: 'left' | 'right' | 'ask' }
  /** The row with the greater value of these columns wins. */
  | { readonly rule: 'latest'; readonly left: string; readonly right: string }
  /** Of each column the side wins that has changed it; where both have: `prefer`, by default the left one. */
  | { readonly rule: 'fields'; readonly prefer?: SideName };

/** The column that says that a row was deleted on the other side. */
export interface DeleteMark {
  readonly column: string;
  readonly deleted: unknown;
  /** Its value in rows that are there; default: null. */
  readonly present?: unknown;
}
