import type { RowRule } from './catalog.ts';

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
