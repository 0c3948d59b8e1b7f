import type { SourceName } from '../core/index.ts';

/** A table whose reads are kept account of. */
export interface ReadTable {
  readonly source: SourceName;
  /** `shop.public.orders` */
  readonly table: string;
}

/** A write that was asked for and failed. */
export interface FailedWrite {
  readonly source: SourceName;
  /** `shop.public.orders` */
  readonly table: string;
  readonly kind: 'insert' | 'update' | 'delete';
  /** Whether nobody knows if it is stored. */
  readonly isUnknown: boolean;
}

/** One statement that changed rows, and was committed. */
export interface Written {
  readonly source: SourceName;
  /** `shop.public.orders` */
  readonly table: string;
  readonly kind: 'insert' | 'update' | 'delete';
  readonly affected: number;
}
