import {
  type Column,
  operators,
  type Relationship,
  type RowRule,
  type RuleValue,
  type Table,
  type ValueType,
} from '../catalog/index.ts';
import { FozError, unreachable } from '../core/index.ts';
import type { Planning } from './context.ts';
import type { Param, ParamSource } from './param.ts';
import { and, type Predicate } from './predicate.ts';
import { addKeys, amongKeys } from './remote.ts';

/** What a rule that leads into another source becomes; throws where there is no planning that could fetch keys. */
type Cross = (relationship: Relationship, where: Predicate) => Predicate;

/** The rows of a table that the role can see, as a predicate; made once per operation. */
export function visibleRows(planning: Planning, table: Table): Predicate {
  const { filter } = planning.rules.select(table);
  return foldRule(planning, filter);
}

/** A rule of the role as a predicate. What it needs from other sources becomes steps of the plan. */
export function foldRule(planning: Planning, rule: RowRule): Predicate {
  let folded = planning.folded.get(rule);
  if (folded === undefined) {
    folded = fold(rule, (relationship, where) =>
      amongKeys(relationship, addKeys(planning, relationship, where, null, '$')),
    );
    planning.folded.set(rule, folded);
  }
  return folded;
}

const masks = new WeakMap<RowRule, Predicate>();

/** The rows in which a masked column is seen. Masks stay within their source. */
export function maskOf(rule: RowRule): Predicate {
  let mask = masks.get(rule);
  if (mask === undefined) {
    mask = fold(rule, ({ name }) => {
      throw new FozError('not-supported', `A mask cannot look into another source, as "${name}" does.`);
    });
    masks.set(rule, mask);
  }
  return mask;
}

function fold(rule: RowRule, cross: Cross): Predicate {
  switch (rule.kind) {
    case 'and':
      return and(...rule.of.map((part) => fold(part, cross)));
    case 'or':
      return { kind: 'or', of: rule.of.map((part) => fold(part, cross)) };
    case 'not':
      return { kind: 'not', of: fold(rule.of, cross) };
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
      const where = fold(rule.where, cross);
      const { relationship } = rule;
      return relationship.remote ? cross(relationship, where) : { kind: 'exists', relationship, where };
    }
    case 'exists table':
      return { kind: 'exists table', table: rule.table, where: fold(rule.where, cross) };
    default:
      return unreachable(rule);
  }
}

/** What a value of the type may be, where it is a label of the column. */
function labelsOf({ enumType }: Column, { scalar }: ValueType): readonly string[] | undefined {
  return scalar === 'enum' ? enumType?.values.map(({ value }) => value) : undefined;
}

const text: ValueType = { scalar: 'text', array: false };

/** A value of a rule as a parameter; `column`: the one that it is written into. */
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
