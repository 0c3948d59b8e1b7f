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
 * A row before or after a change. `values[i]` belongs to `columns[i]`: what the driver reads of a bare column, as in `RunResult.rows`. An
 * outbox stores the same values: on PostgreSQL the texts that the output functions write with the settings of Foz's connections, on SQLite
 * what is stored, by its storage class, on MySQL and MariaDB the texts of the text protocol. `undefined`: the engine does not report the
 * value (it did not change and is stored elsewhere, it has more than 64 MB, or the column is outside of the replica identity).
 */
export interface RowImage {
  readonly columns: readonly string[];
  readonly values: readonly unknown[];
}

/**
 * One message of a change stream. The changes of a transaction stand between its `begin` and its `commit`. An outbox does not tell apart
 * transactions that were committed since it was last looked at: one `begin` and `commit` enclose all of their changes.
 */
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
      /** `null`: the engine reports nothing of the row before the change. */
      readonly old: RowImage | null;
      /** `null`: the row was deleted. */
      readonly new: RowImage | null;
    }
  /** All rows of the tables are gone, or may be different ones. */
  | { readonly kind: 'truncate'; readonly tables: readonly ChangedTable[] }
  | { readonly kind: 'commit'; readonly position: ChangePosition }
  /** There were no changes up to this position. It may be acknowledged. */
  | { readonly kind: 'idle'; readonly position: ChangePosition }
  /** Something in the database may have changed; the engine does not say what. */
  | { readonly kind: 'touched' };

/** The changes of one source from a position on, read at the pace of the caller. */
export interface ChangeStream {
  /** Changes that were committed before this position are not part of the stream. */
  readonly start: ChangePosition;
  /**
   * The next messages, in order; waits for at least one. While nobody asks, no more than a bounded number of bytes is read from
   * the database. A transaction is returned once new snapshots see it, so that a query which is run because of it reads what it
   * wrote. Rejects with FozError: `unavailable` when the connection ended, `not-found` when the database does not have
   * the changes any more.
   */
  next(signal: EndSignal): Promise<readonly ChangeMessage[]>;
  /** Everything up to the position is stored by the caller: the database need not keep it for this stream. */
  acknowledge(position: ChangePosition): void;
  /** Bytes of the database's log that were written and not acknowledged; absent or `null`: unknown. */
  lagBytes?(): Promise<number | null>;
  /** Ends the stream. What the stream has made in the database only for itself is removed. */
  close(): Promise<void>;
}

/**
 * How an engine can tell of changes. `replication`: its log. `triggers`: an outbox that triggers fill. `version`: a counter that every commit
 * increments.
 */
export type ChangeMethod = 'replication' | 'triggers' | 'version';

/** A way to follow the changes of a database, and what it is worth there now. */
export interface ChangeOffer {
  readonly method: ChangeMethod;
  /** `rows`: the stream has the changed rows. `database`: it only says that something may have changed. */
  readonly grain: 'rows' | 'database';
  /** Why it cannot be used as things are, for people; empty: it can. */
  readonly obstacles: readonly string[];
  /** Statements that remove obstacles, for the owner of the database to see before they run. */
  readonly setup: readonly string[];
  /** Tables whose changes are reported incompletely, each with the reason. */
  readonly gaps: readonly {
    readonly table: ChangedTable;
    readonly reason: string;
    /** `key`: the row before a change has only the values of its key. Absent: more is missing. */
    readonly old?: 'key';
  }[];
  /** Those of the given tables of which the stream does not report every change, if only as `touched`; also what is no table. */
  readonly unseen: readonly ChangedTable[];
  /** What does not stand in the way and may become a trouble of the database, as a log that is kept without a bound. */
  readonly warnings: readonly string[];
}

/** Something that Foz needs for following changes, that was created in a database and stays there. */
export interface LeftOver {
  readonly what: string;
  /** `outbox`: it grows with each change until somebody reads it. `slot`: the log is kept for it. */
  readonly kind: 'outbox' | 'slot' | 'publication';
  /** Statements that remove it. */
  readonly remove: readonly string[];
}

/** The method of a stream, and the position at which it begins. */
export interface FollowOptions {
  readonly method: ChangeMethod;
  /**
   * A name under which the database keeps changes that were not acknowledged; `null`: the stream begins now or at `after`, and nothing is
   * kept. Where the database keeps no positions of its readers, a name is refused with `not-supported`: then the caller keeps the position.
   */
  readonly keptAs: string | null;
  /** The position after which to begin; absent: the last acknowledged one, or now. */
  readonly after?: ChangePosition;
}

/** How an engine reports changes of its database, including those by other clients. */
export interface Changes {
  /** The methods for these tables in the present state of the database, best first. Rejects with FozError `unavailable`. */
  offers(tables: readonly ChangedTable[], signal: EndSignal): Promise<readonly ChangeOffer[]>;
  /** What is left in the database of following its changes, also after a crash. Rejects with FozError. */
  leftOvers(signal: EndSignal): Promise<readonly LeftOver[]>;
  /** Opens a stream by a method without obstacles. Rejects with FozError, `conflict` where another process reads what one may read. */
  follow(options: FollowOptions): Promise<ChangeStream>;
}
