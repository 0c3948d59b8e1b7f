import type { Column, Relationship, Table } from './catalog.ts';
import type { Operator } from './operators.ts';

/**
 * A condition over a row of one table, resolved from metadata: row permissions, checks, masks. `and` of nothing is true, `or` of
 * nothing is false. It holds names of nothing but what exists, and values only as constants or session variables.
 */
export type RowRule =
  | { readonly kind: 'and' | 'or'; readonly of: readonly RowRule[] }
  | { readonly kind: 'not'; readonly of: RowRule }
  | {
      readonly kind: 'compare';
      readonly column: Column;
      readonly op: Exclude<Operator, '_is_null' | '_between'>;
      readonly value: RuleValue;
    }
  | {
      readonly kind: 'between';
      readonly column: Column;
      readonly low: RuleValue;
      readonly high: RuleValue;
    }
  | { readonly kind: 'is null'; readonly column: Column; readonly negated: boolean }
  /** Column against column of the same row (`_ceq` ...). */
  | { readonly kind: 'columns'; readonly left: Column; readonly op: ColumnComparison; readonly right: Column }
  /** Some row of the relationship, which may lead to another source, passes. */
  | { readonly kind: 'exists'; readonly relationship: Relationship; readonly where: RowRule }
  /** Some row of any table of the same source passes (`_exists`). */
  | { readonly kind: 'exists table'; readonly table: Table; readonly where: RowRule };

export type ColumnComparison = '_eq' | '_neq' | '_gt' | '_gte' | '_lt' | '_lte';

export type RuleValue =
  /** In canonical form: see Param. */
  | { readonly kind: 'constant'; readonly value: unknown }
  /** A session variable, lower case without prefix (`user-id`). For lists it holds all elements. */
  | { readonly kind: 'session'; readonly name: string }
  | { readonly kind: 'list'; readonly of: readonly RuleValue[] };

/** The rule that everything passes. */
export const everyRow: RowRule = Object.freeze({ kind: 'and', of: Object.freeze([]) });
/** The rule that nothing passes. */
export const noRow: RowRule = Object.freeze({ kind: 'or', of: Object.freeze([]) });

/** Whether every row passes, whatever it holds. */
export function isEveryRow(rule: RowRule): boolean {
  return rule.kind === 'and' && rule.of.length === 0;
}

/** Both must hold; flattened. */
export function bothRules(one: RowRule, other: RowRule): RowRule {
  if (isEveryRow(one)) return other;
  return isEveryRow(other) ? one : { kind: 'and', of: [one, other] };
}

/** One of them must hold; `everyRow` where one of them is. */
export function eitherRule(of: readonly RowRule[]): RowRule {
  if (of.some(isEveryRow)) return everyRow;
  return of.length === 1 ? of[0]! : { kind: 'or', of };
}

/** Whether some part of the rule looks into another source. */
export function crossesSources(rule: RowRule): boolean {
  switch (rule.kind) {
    case 'and':
    case 'or':
      return rule.of.some(crossesSources);
    case 'not':
      return crossesSources(rule.of);
    case 'exists':
      return rule.relationship.remote || crossesSources(rule.where);
    case 'exists table':
      return crossesSources(rule.where);
    default:
      return false;
  }
}
