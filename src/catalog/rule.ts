import type { RowRule } from './catalog.ts';

/** The rule that every row passes. */
export const everyRow: RowRule = Object.freeze({ kind: 'and', of: Object.freeze([]) });
/** The rule that no row passes. */
export const noRow: RowRule = Object.freeze({ kind: 'or', of: Object.freeze([]) });

/** Whether the rule passes every row, without looking at it. */
export function isEveryRow(rule: RowRule): boolean {
  return rule.kind === 'and' && rule.of.length === 0;
}

/** The conjunction of two rules, without empty parts. */
export function bothRules(one: RowRule, other: RowRule): RowRule {
  if (isEveryRow(one)) return other;
  return isEveryRow(other) ? one : { kind: 'and', of: [one, other] };
}

/** The disjunction of rules; `everyRow` if one of them is. */
export function eitherRule(of: readonly RowRule[]): RowRule {
  if (of.some(isEveryRow)) return everyRow;
  return of.length === 1 ? of[0]! : { kind: 'or', of };
}

/** Whether any part of the rule refers to another source. */
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
