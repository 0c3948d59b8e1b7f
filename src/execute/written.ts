import type { SourceName } from '../core/index.ts';

/** One statement that changed rows, and was committed. */
export interface Written {
  readonly source: SourceName;
  /** `shop.public.orders` */
  readonly table: string;
  readonly kind: 'insert' | 'update' | 'delete';
  readonly affected: number;
}
