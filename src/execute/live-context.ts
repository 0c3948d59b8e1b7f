import type { ChangeOp, RowImage, RunContext } from '../plan/index.ts';

/** A change of one row, as the database has reported it. */
export interface LoggedChange {
  readonly op: ChangeOp;
  readonly old: RowImage | null;
  readonly new: RowImage | null;
  /** Milliseconds since 1970 (UTC). */
  readonly at: number;
  readonly transaction: string;
  readonly position: string;
}

/** The context of a run of a subscription. */
export interface LiveContext extends RunContext {
  /** Called with the position of the last row of a batch and the number of its rows; not called for an empty batch. */
  readonly onBatch?: (position: string, rows: number) => void;
  /** The changes that `<table>_changes` filters in this run. */
  readonly changes?: readonly LoggedChange[];
}
