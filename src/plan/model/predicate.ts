import type { Column, Operator, Relationship, Table } from '../../catalog/index.ts';
import type { Measure } from './measure.ts';
import type { Param } from './param.ts';

/** The one boolean expression over a row: filters, permissions, checks. `and` of nothing is true, `or` of nothing is false. */
export type Predicate =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Predicate[] }
  | { readonly kind: 'not'; readonly of: Predicate }
  /** `_is_null` is `is null`; all other operators are here. For `_in`, `_nin`, `_has_keys_*` and arrays the parameter holds a list. */
  | {
      readonly kind: 'compare';
      readonly column: Column;
      readonly op: Exclude<Operator, '_is_null' | '_between'>;
      readonly value: Param;
    }
  | { readonly kind: 'between'; readonly column: Column; readonly low: Param; readonly high: Param }
  | { readonly kind: 'is null'; readonly column: Column; readonly negated: boolean }
  /** Column against column of the same row (permission language `_ceq` ...). */
  | {
      readonly kind: 'columns';
      readonly left: Column;
      readonly op: '_eq' | '_neq' | '_gt' | '_gte' | '_lt' | '_lte';
      readonly right: Column;
    }
  /** Some row of the relationship passes `where`. Within one source. */
  | { readonly kind: 'exists'; readonly relationship: Relationship; readonly where: Predicate }
  /** Compares a measure over the relationship's rows that pass `where` (0 or null where there are none). Within one source. */
  | {
      readonly kind: 'measure';
      readonly relationship: Relationship;
      readonly where: Predicate;
      readonly measure: Measure;
      readonly op: '_eq' | '_neq' | '_gt' | '_gte' | '_lt' | '_lte';
      readonly value: Param;
    }
  /** Some row of a table passes, whatever the row at hand. Within one source. */
  | { readonly kind: 'exists table'; readonly table: Table; readonly where: Predicate }
  /**
   * The tuple of `columns` is one of `keys` (a parameter that holds a list of tuples: rows fetched from another source, or
   * rows just written). Never null: a tuple with a NULL is not in any list.
   */
  | { readonly kind: 'in keys'; readonly columns: readonly Column[]; readonly keys: Param };

export const always: Predicate = { kind: 'and', of: [] };
export const never: Predicate = { kind: 'or', of: [] };
export function isAlways(predicate: Predicate): boolean {
  return predicate.kind === 'and' && predicate.of.length === 0;
}

/** Conjunction, flattened; drops what is always true. */
export function and(...of: readonly Predicate[]): Predicate {
  const flat = of.flatMap((part) => (part.kind === 'and' ? part.of : [part]));
  return flat.length === 1 ? flat[0]! : { kind: 'and', of: flat };
}
