import type { SourceName } from '../core/index.ts';

/** A table whose reads are kept account of. */
export interface ReadTable {
  readonly source: SourceName;
  /** `shop.public.orders` */
  readonly table: string;
}

/** One statement that changed rows, and was committed. */
export interface Written {
  readonly source: SourceName;
  /** `shop.public.orders` */
  readonly table: string;
  readonly kind: 'insert' | 'update' | 'delete';
  readonly affected: number;
}
