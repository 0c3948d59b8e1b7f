import { type Column, crossesSources, type RowRule, sortsItself } from '../../catalog/index.ts';
import { invalid, literal, type Planning } from '../context.ts';
import type { Input } from '../input/input.ts';
import type { Predicate } from '../model/predicate.ts';
import { foldRule, foldWithin } from './fold.ts';

const masks = new WeakMap<RowRule, Predicate>();

/** The rows in which a masked column is seen. A mask that looks into another source needs its column to come from `seenColumn`. */
export function maskOf(rule: RowRule): Predicate {
  let mask = masks.get(rule);
  if (mask === undefined) {
    mask = foldWithin(rule);
    masks.set(rule, mask);
  }
  return mask;
}

/**
 * A column as this operation sees it, the same one each time. What its mask asks of other sources becomes steps of the plan, so that
 * such a column belongs to one plan.
 */
export function seenColumn(planning: Planning, column: Column): Column {
  if (column.mask === null || !crossesSources(column.mask)) return column;
  let seen = planning.seen.get(column);
  if (seen === undefined) {
    const mask = { ...column.mask };
    masks.set(mask, foldRule(planning, column.mask));
    seen = { ...column, mask };
    planning.seen.set(column, seen);
  }
  return seen;
}

/** As `seenColumns`, where equal values count once: refuses columns whose values have no order to find them by. */
export function distinctColumns(planning: Planning, input: Input | undefined): readonly Column[] {
  const columns = seenColumns(planning, input);
  const unsorted = columns.find(({ type }) => !sortsItself(type));
  if (unsorted !== undefined)
    throw invalid(
      input!.path,
      `${unsorted.name} (${unsorted.nativeType}) has no order by which equal values are found`,
    );
  return columns;
}

/** The columns that an argument of `<table>_select_column` names; none where it is absent. */
export function seenColumns(planning: Planning, input: Input | undefined): readonly Column[] {
  const columns = literal(planning, input) as readonly Column[] | null;
  return columns?.map((column) => seenColumn(planning, column)) ?? [];
}
