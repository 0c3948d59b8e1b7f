import type { SourceName } from '../core/index.ts';

/** A table whose reads are recorded in the audit log. */
export interface ReadTable {
  readonly source: SourceName;
  /** `shop.public.orders` */
  readonly table: string;
}

/** A requested write that failed. */
export interface FailedWrite {
  readonly source: SourceName;
  /** `shop.public.orders` */
  readonly table: string;
  readonly kind: 'insert' | 'update' | 'delete';
  /** Whether it is unknown if the write is stored. */
  readonly isUnknown: boolean;
}

/** A call of something outside of the sources by a mutation. */
export interface Called {
  /** The name within its kind: that of a workflow. */
  readonly name: string;
  isDone: boolean;
}

/** One committed statement that changed rows. */
export interface Written {
  readonly source: SourceName;
  /** `shop.public.orders` */
  readonly table: string;
  readonly kind: 'insert' | 'update' | 'delete';
  readonly affected: number;
}
