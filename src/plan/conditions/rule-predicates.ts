import {
  type Column,
  operators,
  type RowRule,
  type RuleValue,
  type Table,
  type ValueType,
} from '../../catalog/index.ts';
import { FozError, unreachable } from '../../core/index.ts';
import type { Planning } from '../context.ts';
import type { Param, ParamSource } from '../model/param.ts';
import { and, type Predicate } from '../model/predicate.ts';
import { addKeys, amongKeys } from '../remote.ts';

type Related = Extract<RowRule, { readonly kind: 'exists' }>;

/** Plans a rule that refers to another source. It throws in a context that cannot fetch keys. */
type Cross = (rule: Related) => Predicate;

/** The rows of a table that the role can see, as a predicate. It is planned once per operation. */
export function visibleRows(planning: Planning, table: Table): Predicate {
  const { filter } = planning.rules.select(table);
  return planRule(planning, filter);
}

/** A rule of the role as a predicate. Keys that it needs from other sources become steps of the plan. */
export function planRule(planning: Planning, rule: RowRule): Predicate {
  let predicate = planning.plannedRules.get(rule);
  if (predicate === undefined) {
    predicate = predicateOf(rule, (related) => planRemoteRule(planning, related));
    planning.plannedRules.set(rule, predicate);
  }
  return predicate;
}

/** Inherited roles repeat the rules of filters in masks. Each of them is fetched once. */
function planRemoteRule(planning: Planning, rule: Related): Predicate {
  let predicate = planning.plannedRules.get(rule);
  if (predicate === undefined) {
    const { relationship } = rule;
    const where = planRule(planning, rule.where);
    predicate = amongKeys(relationship, addKeys(planning, relationship, where, null, '$'));
    planning.plannedRules.set(rule, predicate);
  }
  return predicate;
}

/** A rule that stays within its source as a predicate. Needs no Planning. */
export function planRuleWithin(rule: RowRule): Predicate {
  return predicateOf(rule, ({ relationship: { from, name } }) => {
    throw new FozError('unexpected', `The keys of ${from.id}.${name} were not planned.`);
  });
}

function predicateOf(rule: RowRule, cross: Cross): Predicate {
  switch (rule.kind) {
    case 'and':
      return and(...rule.of.map((part) => predicateOf(part, cross)));
    case 'or':
      return { kind: 'or', of: rule.of.map((part) => predicateOf(part, cross)) };
    case 'not':
      return { kind: 'not', of: predicateOf(rule.of, cross) };
    case 'compare': {
      const { column, op, value } = rule;
      const { operand } = operators[op];
      const isList = operand === 'list' || operand === 'text list';
      const type = operand === 'text' || operand === 'text list' ? text : column.type;
      const param = ruleParam(value, type, isList ? 'list' : 'value');
      return { kind: 'compare', column, op, value: { ...param, labels: labelsOf(column, type) } };
    }
    case 'between': {
      const { column, low, high } = rule;
      return {
        kind: 'between',
        column,
        low: ruleParam(low, column.type),
        high: ruleParam(high, column.type),
      };
    }
    case 'is null':
    case 'columns':
      return rule;
    case 'exists': {
      const { relationship } = rule;
      if (relationship.remote) return cross(rule);
      return { kind: 'exists', relationship, where: predicateOf(rule.where, cross) };
    }
    case 'exists table':
      return { kind: 'exists table', table: rule.table, where: predicateOf(rule.where, cross) };
    default:
      return unreachable(rule);
  }
}

/** The labels that a value may have, where the type is an enum. */
function labelsOf({ enumType }: Column, { scalar }: ValueType): readonly string[] | undefined {
  return scalar === 'enum' ? enumType?.values.map(({ value }) => value) : undefined;
}

const text: ValueType = { scalar: 'text', array: false };

/** A value of a rule as a parameter. `column`: the column that it is written to. */
export function ruleParam(
  value: RuleValue,
  type: ValueType,
  shape: 'value' | 'list' = 'value',
  column?: Column,
): Param {
  return { type, shape, source: sourceOf(value), path: '$', column };
}

function sourceOf(value: RuleValue): ParamSource {
  switch (value.kind) {
    case 'constant':
    case 'session':
      return value;
    case 'list':
      return { kind: 'list', of: value.of.map(sourceOf) };
  }
}
