/** A write to one side that is about to be made. Once that side has this fingerprint, the sides agree on `left` and `right`. */
export interface PendingWrite {
  readonly side: 'left' | 'right';
  readonly print: string | null;
  readonly left: string | null;
  readonly right: string | null;
}

/** The fingerprints of a row on both sides when they were last in step; `null`: there was no row. */
export interface AgreedRow {
  readonly left: string | null;
  readonly right: string | null;
  readonly pending: PendingWrite | null;
}

/** A row that is not in step, and why. */
export interface SyncProblem {
  readonly key: string;
  /** `refused`: the database has refused the row, and it is tried again. `conflict`: somebody has to decide. */
  readonly kind: 'refused' | 'conflict';
  readonly reason: string;
  /** JSON; `null`: there is no row. */
  readonly left: string | null;
  readonly right: string | null;
  readonly tries: number;
  readonly at: Date;
  readonly resolution: 'left' | 'right' | null;
}

/** The new record of one key. Absent parts stay as they are. */
export interface SyncRecord {
  readonly key: string;
  /** `null`: there is no row on either side. */
  readonly agreed?: Pick<AgreedRow, 'left' | 'right'> | null;
  /** `null`: there is none any more. */
  readonly problem?: Pick<SyncProblem, 'kind' | 'reason' | 'left' | 'right'> | null;
}

/** `starting`: changes are not recorded yet. `comparing`: whole tables are compared, as at first. `following`: changes are applied. `stopped`: see the problem. */
export type SyncState = 'starting' | 'comparing' | 'following' | 'stopped';

/** How far a sync is. */
export interface SyncUpdate {
  readonly progress?: string;
  readonly state?: SyncState;
  readonly problem?: string | null;
  readonly lagMs?: number | null;
  readonly inserted?: number;
  readonly updated?: number;
  readonly deleted?: number;
}

/** A sync in the store. */
export interface StoredSync {
  readonly name: string;
  /** JSON; `null`: it has not begun. */
  readonly progress: string | null;
  readonly state: SyncState;
  readonly problem: string | null;
  readonly paused: boolean;
  /** Whether somebody has asked for a comparison of the whole tables. */
  readonly compare: boolean;
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
  readonly lagMs: number | null;
  readonly changedAt: Date | null;
  readonly refused: number;
  readonly conflicts: number;
}
