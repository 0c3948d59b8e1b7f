import { isDeepStrictEqual } from 'node:util';
import type { Column, RowRule, RuleValue, Table } from '../../catalog/index.ts';
import { planRule, ruleParam, visibleRows } from '../conditions/rule-predicates.ts';
import type { Planning } from '../context.ts';
import type { Param } from '../model/param.ts';
import { and, isAlways, type Predicate } from '../model/predicate.ts';
import { noRows } from '../model/rules.ts';

/** A condition that every written row must pass, and the message of its violation. */
export interface RowCheck {
  readonly where: Predicate;
  readonly message: string;
}

/**
 * The rows that a write may touch. Where the client provides a condition or a key, it must be able to read these
 * rows, as in PostgreSQL's row security. Otherwise the number of rows would reveal rows that it cannot read.
 */
export function writable(planning: Planning, table: Table, rule: RowRule, asked: Predicate): Predicate {
  const own = planRule(planning, rule);
  if (isAlways(asked)) return own;
  const { filter } = planning.rules.select(table);
  return isDeepStrictEqual(rule, filter) ? and(own, asked) : and(own, visibleRows(planning, table), asked);
}

/**
 * The rows that on_conflict may update. It finds them by a key that the client provides, so the client must be able
 * to read them. Where the role has no read permission on the table at all, only the rule of the write counts.
 */
export function replaceable(planning: Planning, table: Table, rule: RowRule, asked: Predicate): Predicate {
  const { filter } = planning.rules.select(table);
  if (filter === noRows || isDeepStrictEqual(rule, filter)) return writable(planning, table, rule, asked);
  return and(planRule(planning, rule), visibleRows(planning, table), asked);
}

/** The conditions that every written row of a table must pass, for every role. */
export function rowChecks(planning: Planning, table: Table): readonly RowCheck[] {
  const validations = planning.rules.validations(table);
  return validations.map(({ rule, message }) => ({ where: planRule(planning, rule), message }));
}

/** The presets of a permission as cells to be written. */
export function presetCells(presets: ReadonlyMap<Column, RuleValue>): [Column, Param][] {
  return [...presets].map(([column, value]) => [column, ruleParam(value, column.type, 'value', column)]);
}
