import type { Column, Operator, Relationship, Table } from '../../catalog/index.ts';
import type { Measure } from './measure.ts';
import type { Param } from './param.ts';

/** A boolean expression over a row, for filters, permissions and checks. An empty `and` is true, an empty `or` is false. */
export type Predicate =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Predicate[] }
  | { readonly kind: 'not'; readonly of: Predicate }
  /** Every operator but `_is_null` and `_between`. For `_in`, `_nin`, `_has_keys_*` and arrays the parameter holds a list. */
  | {
      readonly kind: 'compare';
      readonly column: Column;
      readonly op: Exclude<Operator, '_is_null' | '_between'>;
      readonly value: Param;
    }
  | { readonly kind: 'between'; readonly column: Column; readonly low: Param; readonly high: Param }
  | { readonly kind: 'is null'; readonly column: Column; readonly negated: boolean }
  /** One column compared with another of the same row (permission language `_ceq` ...). */
  | {
      readonly kind: 'columns';
      readonly left: Column;
      readonly op: '_eq' | '_neq' | '_gt' | '_gte' | '_lt' | '_lte';
      readonly right: Column;
    }
  /** Some row of the relationship passes `where`. Within one source. */
  | { readonly kind: 'exists'; readonly relationship: Relationship; readonly where: Predicate }
  /** Compares a measure over the relationship's rows that pass `where` (0 or null without rows). Within one source. */
  | {
      readonly kind: 'measure';
      readonly relationship: Relationship;
      readonly where: Predicate;
      readonly measure: Measure;
      readonly op: '_eq' | '_neq' | '_gt' | '_gte' | '_lt' | '_lte';
      readonly value: Param;
    }
  /** Some row of a table passes, independent of the current row. Within one source. */
  | { readonly kind: 'exists table'; readonly table: Table; readonly where: Predicate }
  /**
   * The tuple of `columns` is among `keys`, a parameter with rows fetched from another source, or rows just written.
   * Never null: a tuple with a NULL is not among them.
   */
  | { readonly kind: 'in keys'; readonly columns: readonly Column[]; readonly keys: Param };

export const always: Predicate = { kind: 'and', of: [] };
export const never: Predicate = { kind: 'or', of: [] };
export function isAlways(predicate: Predicate): boolean {
  return predicate.kind === 'and' && predicate.of.length === 0;
}

/** The conjunction of predicates, flattened, without parts that are always true. */
export function and(...of: readonly Predicate[]): Predicate {
  const flat = of.flatMap((part) => (part.kind === 'and' ? part.of : [part]));
  return flat.length === 1 ? flat[0]! : { kind: 'and', of: flat };
}
