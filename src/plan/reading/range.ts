import type { Column, Table } from '../../catalog/index.ts';
import { distinctColumns } from '../conditions/masks.ts';
import { visibleRows } from '../conditions/rule-predicates.ts';
import { planWhere } from '../conditions/where.ts';
import { boundOf, type Planning } from '../context.ts';
import type { Arguments } from '../fields.ts';
import { and, type Predicate } from '../model/predicate.ts';
import type { Bound, OrderTerm } from '../model/select.ts';
import { breakTies, orderForDistinct, planOrder } from './order.ts';

/** The rows that list arguments select: filter, order, limit and offset. */
export interface Range {
  readonly where: Predicate;
  readonly orderBy: readonly OrderTerm[];
  readonly distinctOn: readonly Column[];
  readonly limit: Bound | null;
  readonly offset: Bound | null;
}

/**
 * Plans `where order_by distinct_on limit offset` of a list or an aggregate, with the row filter and the page cap of
 * the role.
 */
export function planRange(planning: Planning, table: Table, args: Arguments, cap: boolean): Range {
  const rule = planning.rules.select(table);
  const where = and(visibleRows(planning, table), planWhere(planning, table, args.get('where')));
  const distinctInput = args.get('distinct_on');
  const distinctOn = distinctColumns(planning, distinctInput);
  const given = planOrder(planning, { table, where }, args.get('order_by'));
  const ordered = orderForDistinct(
    given,
    distinctOn,
    args.get('order_by')?.path ?? distinctInput?.path ?? args.path,
  );
  const limit = capped(boundOf(planning, args.get('limit')), cap ? rule.limit : null);
  const offset = boundOf(planning, args.get('offset'));
  const paged = limit !== null || (offset !== null && offset !== 0) || distinctOn.length > 0;
  return {
    where,
    orderBy: paged ? breakTies(table, ordered) : ordered,
    distinctOn,
    limit,
    offset: offset === 0 ? null : offset,
  };
}

/** The lower of the requested limit and the role's cap. A bound limit is compared when it is bound. */
export function capped(limit: Bound | null, cap: number | null): Bound | null {
  if (cap === null) return limit;
  if (limit === null) return cap;
  if (typeof limit === 'number') return Math.min(limit, cap);
  return { ...limit, atMost: cap };
}
