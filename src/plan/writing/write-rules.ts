import { isDeepStrictEqual } from 'node:util';
import type { Column, RowRule, RuleValue, Table } from '../../catalog/index.ts';
import { foldRule, ruleParam, visibleRows } from '../conditions/fold.ts';
import type { Planning } from '../context.ts';
import type { Param } from '../model/param.ts';
import { and, isAlways, type Predicate } from '../model/predicate.ts';
import { unseenRows } from '../model/rules.ts';

/** What every written row must pass, and what is said where one does not. */
export interface RowCheck {
  readonly where: Predicate;
  readonly message: string;
}

/**
 * The rows that a write may touch. Where the client names a condition or a key, they are among those that it can read, as row security of
 * PostgreSQL has it: else the number of rows would answer questions about rows that it cannot read.
 */
export function writable(planning: Planning, table: Table, rule: RowRule, asked: Predicate): Predicate {
  const own = foldRule(planning, rule);
  if (isAlways(asked)) return own;
  const { filter } = planning.rules.select(table);
  return isDeepStrictEqual(rule, filter) ? and(own, asked) : and(own, visibleRows(planning, table), asked);
}

/**
 * The rows that on_conflict may change: it finds them by a key that the client gives, so that they are among those that it can read. Who
 * writes into a table without any permission to read it goes by the rule of the write alone.
 */
export function replaceable(planning: Planning, table: Table, rule: RowRule, asked: Predicate): Predicate {
  const { filter } = planning.rules.select(table);
  if (filter === unseenRows || isDeepStrictEqual(rule, filter)) return writable(planning, table, rule, asked);
  return and(foldRule(planning, rule), visibleRows(planning, table), asked);
}

/** What every written row of a table must pass, whoever writes it. */
export function rowChecks(planning: Planning, table: Table): readonly RowCheck[] {
  const validations = planning.rules.validations(table);
  return validations.map(({ rule, message }) => ({ where: foldRule(planning, rule), message }));
}

/** What a permission writes whatever the client says. */
export function presetCells(presets: ReadonlyMap<Column, RuleValue>): [Column, Param][] {
  return [...presets].map(([column, value]) => [column, ruleParam(value, column.type, 'value', column)]);
}
