import type { EndSignal } from '../../core/index.ts';
import type { ChangedTable, ChangeMessage, Statement } from '../../plan/index.ts';
import type { Driver } from '../driver.ts';
import type { Range } from './ranges.ts';

/** The right to read an outbox, which one reader has at a time. */
export interface Ownership {
  /** Resolves when there may be new changes, and after about a second in any case. Rejects with FozError when the right is lost. */
  wait(signal: EndSignal): Promise<void>;
  release(): Promise<void>;
}

/** A row of the outbox as it was stored. */
export interface OutboxRow {
  readonly table: ChangedTable;
  /** `insert`, `update`, `delete`, `truncate`; an engine may have more. */
  readonly op: string;
  /** The names of the columns as a JSON list; `null` where there is none. */
  readonly columns: string;
  readonly old: string | null;
  readonly new: string | null;
}

/** Turns rows of one batch into messages, in order. */
export interface OutboxDecoder {
  messages(row: OutboxRow): readonly ChangeMessage[];
}

/** The statements on an outbox. Numbers are given as texts of their digits. */
export interface OutboxStatements {
  /** Rows (first, last): the ranges of numbers without a hole that a snapshot sees, in order. */
  readonly visible: Statement;
  /** Rows (number, ids): what was read and not acknowledged, in order. */
  readonly reads: Statement;
  /** Notes a batch. Value: the ids. Returns its number as a row, or as the key that was made. */
  readonly note: Statement;
  /** Rows (id, at, namespace, table, op, columns, old, new). Values: first, last, and the most rows. */
  readonly page: Statement;
  /** Deletes changes. */
  readonly remove: (ranges: readonly Range[]) => {
    readonly statement: Statement;
    readonly values: readonly string[];
  };
  /** Takes the ids off the note of a batch whose changes are deleted. Value: its number. */
  readonly settle: Statement;
  /** Deletes the notes before a number. */
  readonly forget: Statement;
}

/** What reading an outbox needs of one engine. */
export interface OutboxParts {
  readonly driver: Pick<Driver, 'run'>;
  readonly statements: OutboxStatements;
  readonly decoder: () => OutboxDecoder;
  /** Takes the right to read. Rejects with FozError `conflict` when another reader has it. */
  readonly own: () => Promise<Ownership>;
}
