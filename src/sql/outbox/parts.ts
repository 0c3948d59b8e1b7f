import type { EndSignal } from '../../core/index.ts';
import type { ChangedTable, ChangeMessage, Statement } from '../../plan/index.ts';
import type { Driver } from '../driver.ts';
import type { Range } from './ranges.ts';

/** The lock on an outbox, which one reader holds at a time. */
export interface Ownership {
  /** Resolves when there may be new changes, and after about a second in any case. Rejects with FozError when the lock is lost. */
  wait(signal: EndSignal): Promise<void>;
  release(): Promise<void>;
}

/**
 * Most bytes of a row's image that are read. A change whose image is larger is reported without its values, since longer texts exceed the
 * limits of databases and of JavaScript.
 */
export const mostImageBytes = 64 * 1024 * 1024;

/** A row of the outbox, as triggers have stored it. An image that its `op` has and that is `null` was too large. */
export interface OutboxRow {
  readonly table: ChangedTable;
  /** `insert`, `update`, `delete`, `truncate`, or `unseenOp`, which counts as a truncation; an engine may have more. */
  readonly op: string;
  /** The columns as JSON, in the form of the engine. */
  readonly columns: string;
  readonly old: string | Buffer | null;
  readonly new: string | Buffer | null;
}

/** Turns rows of one batch into messages, in order. */
export interface OutboxDecoder {
  messages(row: OutboxRow): readonly ChangeMessage[];
}

/** The statements on an outbox. Numbers are bound as texts of their digits. */
export interface OutboxStatements {
  /**
   * Selects rows (first, last): the ranges of consecutive ids that a snapshot sees, in order; value: of how many, the lowest ones. Engines
   * whose changes belong together return more, so that these are not separated.
   */
  readonly visible: Statement;
  /** Selects rows (number, ids): the recorded batches, in order. */
  readonly reads: Statement;
  /** Records a batch. Value: the ids. Returns its number as a row, or as the generated key. */
  readonly record: Statement;
  /** Reads rows (id, at, namespace, table, op, columns, old, new). Values: the first and the last id, and the most rows. */
  readonly page: Statement;
  /** Deletes rows of the outbox. */
  readonly remove: (ranges: readonly Range[]) => {
    readonly statement: Statement;
    readonly values: readonly string[];
  };
  /** Empties the ids of a batch whose rows are deleted. Value: its number. */
  readonly settle: Statement;
  /** Deletes the records of batches before a number. */
  readonly forget: Statement;
}

/** The parts of an engine for reading its outbox. */
export interface OutboxParts {
  readonly driver: Pick<Driver, 'run'>;
  readonly statements: OutboxStatements;
  readonly decoder: () => OutboxDecoder;
  /** Takes the lock. Rejects with FozError `conflict` when another reader holds it. */
  readonly own: () => Promise<Ownership>;
}
