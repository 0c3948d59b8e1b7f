import { type Column, crossesSources, type RowRule, sortsItself } from '../../catalog/index.ts';
import { invalid, literal, type Planning } from '../context.ts';
import type { Input } from '../input/input.ts';
import type { Predicate } from '../model/predicate.ts';
import { planRule, planRuleWithin } from './rule-predicates.ts';

const masks = new WeakMap<RowRule, Predicate>();

/** The rows in which a role sees a masked column. If the mask refers to another source, the column must come from `visibleColumn`. */
export function maskOf(rule: RowRule): Predicate {
  let mask = masks.get(rule);
  if (mask === undefined) {
    mask = planRuleWithin(rule);
    masks.set(rule, mask);
  }
  return mask;
}

/** As `maskOf`; `null` where the mask refers to another source and is not part of a plan. */
export function plannedMask(rule: RowRule): Predicate | null {
  return crossesSources(rule) ? (masks.get(rule) ?? null) : maskOf(rule);
}

/**
 * A column as this operation sees it, always as the same object. Keys that its mask needs from other sources become
 * steps of the plan, so such a column belongs to one plan.
 */
export function visibleColumn(planning: Planning, column: Column): Column {
  if (column.mask === null || !crossesSources(column.mask)) return column;
  let visible = planning.visibleColumns.get(column);
  if (visible === undefined) {
    const mask = { ...column.mask };
    masks.set(mask, planRule(planning, column.mask));
    visible = { ...column, mask };
    planning.visibleColumns.set(column, visible);
  }
  return visible;
}

/** As `visibleColumns`, for columns whose equal values count once. Refuses columns whose values cannot be sorted. */
export function distinctColumns(planning: Planning, input: Input | undefined): readonly Column[] {
  const columns = visibleColumns(planning, input);
  const unsorted = columns.find(({ type }) => !sortsItself(type));
  if (unsorted !== undefined)
    throw invalid(
      input!.path,
      `${unsorted.name} (${unsorted.nativeType}) has no order by which equal values are found`,
    );
  return columns;
}

/** The columns in an argument of `<table>_select_column`; none if it is absent. */
export function visibleColumns(planning: Planning, input: Input | undefined): readonly Column[] {
  const columns = literal(planning, input) as readonly Column[] | null;
  return columns?.map((column) => visibleColumn(planning, column)) ?? [];
}
