import type { EndSignal } from '../core/index.ts';

/**
 * A position among the changes of one source, as text. Later positions of the same source are greater, compared as texts. A position
 * is between two transactions, so changes are never resumed within one.
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
 * what is stored, by its storage class (integers as bigint), on MySQL and MariaDB the texts of the text protocol. `undefined`: the engine does not report the
 * value (it did not change and is stored elsewhere, it has more than 64 MB, or the column is outside of the replica identity).
 */
export interface RowImage {
  readonly columns: readonly string[];
  readonly values: readonly unknown[];
}

/**
 * One message of a change stream. The changes of a transaction are between its `begin` and its `commit`. An outbox has no
 * borders between transactions: one `begin` and `commit` enclose all changes that were committed since it was last read.
 */
export type ChangeMessage =
  | {
      readonly kind: 'begin';
      /** The engine's number of the transaction, which is already committed. */
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
  /** Anything in the database may have changed; the engine does not report what. */
  | { readonly kind: 'touched' };

/** The changes of one source from a position on, read at the pace of the caller. */
export interface ChangeStream {
  /** Changes that were committed before this position are not part of the stream. */
  readonly start: ChangePosition;
  /**
   * The next messages, in order; waits for at least one. Between calls the stream reads only a bounded number of bytes from the
   * database (back-pressure). A transaction is returned once new snapshots see it, so that a query that runs because of it reads its
   * rows. Rejects with FozError: `unavailable` when the connection ended, `not-found` when the database does not have
   * the changes any more.
   */
  next(signal: EndSignal): Promise<readonly ChangeMessage[]>;
  /** Called when the caller has handled all changes up to the position: the database need not keep them for this stream. */
  acknowledge(position: ChangePosition): void;
  /** Bytes of the database's log that were written and not acknowledged; absent or `null`: unknown. */
  lagBytes?(): Promise<number | null>;
  /** Ends the stream, and removes the objects that it has created in the database for itself alone. */
  close(): Promise<void>;
}

/**
 * A method of change capture. `replication`: the log of the database is read. `triggers`: an outbox that triggers fill is read. `version`:
 * a counter that every commit increments is polled.
 */
export type ChangeMethod = 'replication' | 'triggers' | 'version';

/** A method as a database offers it in its present state. */
export interface ChangeOffer {
  readonly method: ChangeMethod;
  /** `rows`: the stream has the changed rows. `database`: it only reports that something may have changed. */
  readonly grain: 'rows' | 'database';
  /** The reasons why the method cannot be used now, as sentences; empty: it can be. */
  readonly obstacles: readonly string[];
  /** Statements that remove the obstacles. The owner of the database sees them before they run. */
  readonly setup: readonly string[];
  /** Tables whose changes are reported incompletely, each with the reason. */
  readonly gaps: readonly {
    readonly table: ChangedTable;
    readonly reason: string;
    /** `key`: the row before a change has only the values of its key. Absent: more is missing. */
    readonly old?: 'key';
  }[];
  /** Tables, and views, of which the stream does not report every change. A part of the tables that were asked about. */
  readonly unseen: readonly ChangedTable[];
  /** Risks for the database that do not prevent the method, as a log that is kept without a bound. */
  readonly warnings: readonly string[];
}

/** An object that was created in a database to follow its changes, and stays there. */
export interface LeftOver {
  readonly what: string;
  /** `outbox`: it grows with each change until it is read. `slot`: the server keeps its log for it. */
  readonly kind: 'outbox' | 'slot' | 'publication';
  /** The name of a slot. */
  readonly name?: string;
  /** `true`: no process reads the slot now. */
  readonly isIdle?: boolean;
  /** Statements that remove it. */
  readonly remove: readonly string[];
}

/** The method of a stream, and the position at which it begins. */
export interface FollowOptions {
  readonly method: ChangeMethod;
  /**
   * The name of a durable reader, whose unacknowledged changes the database keeps; `null`: the stream begins now or at `after`, and
   * nothing is kept. Where the database keeps no positions of readers, a name is refused with `not-supported`: the caller stores the
   * position itself.
   */
  readonly keptAs: string | null;
  /** The position after which to begin; absent: the last acknowledged one, or now. */
  readonly after?: ChangePosition;
}

/** How an engine reports changes of its database, including those by other clients. */
export interface Changes {
  /** The methods for these tables in the present state of the database, best first. Rejects with FozError `unavailable`. */
  offers(tables: readonly ChangedTable[], signal: EndSignal): Promise<readonly ChangeOffer[]>;
  /** The objects that following has created in the database, also before a crash. Rejects with FozError. */
  leftOvers(signal: EndSignal): Promise<readonly LeftOver[]>;
  /**
   * Removes a durable reader of the method `replication` (`FollowOptions.keptAs`), so that the database keeps no changes for it. Rejects with
   * FozError `conflict` while a process reads as it. Absent: the database keeps no positions of readers.
   */
  removeReader?(name: string, signal: EndSignal): Promise<void>;
  /** Opens a stream by a method without obstacles. Rejects with FozError; `conflict`: the method allows one reader, and another process is this reader. */
  follow(options: FollowOptions): Promise<ChangeStream>;
}
