import type { Column, KeyComparison } from '../../catalog/index.ts';
import type { SourceName } from '../../core/index.ts';
import type { Fetch } from './fetch.ts';

/** Reads keys or ranks from one source. A later statement binds them as a parameter (`{ kind: 'step' }`). */
export interface Step {
  readonly source: SourceName;
  readonly fetch: Extract<Fetch, { kind: 'keys' | 'ranks' }>;
  /** The columns that the keys are compared with, and how. Keys that these columns cannot hold are left out. */
  readonly into?: {
    readonly source: SourceName;
    readonly columns: readonly Column[];
    readonly compare: KeyComparison | undefined;
  };
  /** The most keys; more end the request with `limit-exceeded`. */
  readonly cap: number;
  /** The relationship for error messages: `shop.public.orders.customer`. */
  readonly relationship: string;
  /** `$.selectionSet.orders.args.where.customer` */
  readonly path: string;
}
