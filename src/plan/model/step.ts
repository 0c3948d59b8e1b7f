import type { Column, KeyComparison } from '../../catalog/index.ts';
import type { SourceName } from '../../core/index.ts';
import type { Fetch } from './fetch.ts';

/** Brings keys or ranks from one source, to be bound as a parameter (`{ kind: 'step' }`) in a later statement. */
export interface Step {
  readonly source: SourceName;
  readonly fetch: Extract<Fetch, { kind: 'keys' | 'ranks' }>;
  /** The columns that the keys are to be compared with, and how: a key that they cannot hold is left out. */
  readonly into?: {
    readonly source: SourceName;
    readonly columns: readonly Column[];
    readonly compare: KeyComparison | undefined;
  };
  /** More keys than this end the request with `limit-exceeded`. */
  readonly cap: number;
  /** For messages: `shop.public.orders.customer`. */
  readonly relationship: string;
  /** `$.selectionSet.orders.args.where.customer` */
  readonly path: string;
}
