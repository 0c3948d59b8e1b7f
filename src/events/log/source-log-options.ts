import type { SourceName } from '../../core/index.ts';
import type { ChangedTable } from '../../plan/index.ts';
import type { ChangeLogStore, LogBounds } from '../../store/index.ts';

/** The source of a log, the store that keeps it, and how much it keeps. */
export interface SourceLogOptions {
  readonly store: ChangeLogStore;
  readonly source: SourceName;
  /** Identifies the database: a source may get another database under its old name. */
  readonly identity: string;
  readonly bounds: LogBounds;
  /** The present columns of a table (see `shapeOf`); empty, or without this function: not known. */
  readonly shapeOf?: (table: ChangedTable) => string;
  /** Called when the store cannot be written to. */
  readonly onFailure: (error: unknown) => void;
}
