import type { EndSignal } from '../core/index.ts';

/**
 * A place in the changes of one source, as text. Later places of the same source are greater, compared as texts. A place is
 * between two transactions, so changes are never resumed within one.
 */
export type ChangePosition = string;

/** A table as the engine names it. */
export interface ChangedTable {
  readonly namespace: string | null;
  readonly name: string;
}

/**
 * A row before or after a change. `values[i]` belongs to `columns[i]`: what the driver read from the wire, as in
 * `RunResult.rows`. `undefined`: the engine does not report the value (a large value that did not change, a column outside of
 * the replica identity).
 */
export interface RowImage {
  readonly columns: readonly string[];
  readonly values: readonly unknown[];
}

/** One message of a change stream. The changes of a transaction stand between its `begin` and its `commit`. */
export type ChangeMessage =
  | {
      readonly kind: 'begin';
      /** The engine's number of the transaction. It is committed already. */
      readonly transaction: string;
      /** Identifies the transaction in its source, also when it is read again; greater than those of earlier transactions. */
      readonly id: string;
      /** Milliseconds since 1970 (UTC) by the clock of the database. */
      readonly at: number;
    }
  | {
      readonly kind: 'row';
      readonly op: 'insert' | 'update' | 'delete';
      readonly table: ChangedTable;
      /** `null`: the engine reports no row before the change. */
      readonly old: RowImage | null;
      /** `null`: the row was deleted. */
      readonly new: RowImage | null;
    }
  /** All rows of the tables are gone, or may be different ones. */
  | { readonly kind: 'truncate'; readonly tables: readonly ChangedTable[] }
  | { readonly kind: 'commit'; readonly position: ChangePosition }
  /** There were no changes up to this position. It may be acknowledged. */
  | { readonly kind: 'idle'; readonly position: ChangePosition };

/** The changes of one source from a position on, read at the pace of the caller. */
export interface ChangeStream {
  /** Changes that were committed before this position are not part of the stream. */
  readonly start: ChangePosition;
  /**
   * The next messages, in order; waits for at least one. While nobody asks, no more than a bounded number of bytes is read from
   * the database. Rejects with FozError: `unavailable` when the connection ended, `gone` when the database does not have the
   * changes any more.
   */
  next(signal: EndSignal): Promise<readonly ChangeMessage[]>;
  /** Everything up to the position is stored by the caller: the database need not keep it for this stream. */
  acknowledge(position: ChangePosition): void;
  /** Ends the stream. What the stream has made in the database only for itself is removed. */
  close(): Promise<void>;
}
