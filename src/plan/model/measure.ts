import type { AggregateFunction, Column, ValueType } from '../../catalog/index.ts';

/** A number computed over a group: `count(*)`, `count(distinct a)`, `sum(x)`. */
export type Measure =
  | { readonly kind: 'count'; readonly columns: readonly Column[]; readonly distinct: boolean }
  | {
      readonly kind: 'function';
      readonly fn: AggregateFunction;
      readonly column: Column;
      readonly type: ValueType;
    };
