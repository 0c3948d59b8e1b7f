import type { Operator, Relationship, Table, ValueType } from '../../catalog/index.ts';
import { operators } from '../../catalog/index.ts';
import { invalid, literal, type Planning, paramOf } from '../context.ts';
import type { Input, InputEntry } from '../input/input.ts';
import type { Measure } from '../model/measure.ts';
import type { Param } from '../model/param.ts';
import { always, and, never, type Predicate } from '../model/predicate.ts';
import { addKeys, amongKeys } from '../remote.ts';
import { comparedColumn } from './compared-column.ts';
import { distinctColumns, visibleColumns } from './masks.ts';
import { visibleRows } from './rule-predicates.ts';

type Comparison = '_eq' | '_neq' | '_gt' | '_gte' | '_lt' | '_lte';

/** A `<table>_bool_exp` as a predicate over a row of `table`. */
export function planWhere(planning: Planning, table: Table, input: Input | undefined): Predicate {
  if (input === undefined || input.kind === 'null') return always;
  if (input.kind === 'list') return and(...input.items.map((item) => planWhere(planning, table, item)));
  if (input.kind !== 'object') throw invalid(input.path, 'an object is needed here');
  return and(...input.fields.map((entry) => planEntry(planning, table, entry)));
}

function planEntry(planning: Planning, table: Table, entry: InputEntry): Predicate {
  const { meaning, value } = entry;
  switch (meaning.kind) {
    case 'and':
    case 'some':
    case 'every':
      return planWhere(planning, table, value);
    case 'or':
      return planOr(planning, table, value);
    case 'not':
    case 'none':
      return value.kind === 'null' ? always : { kind: 'not', of: planWhere(planning, table, value) };
    case 'column':
      return planColumn(planning, table, meaning.column, value);
    case 'relationship':
      return planRelationship(planning, meaning.relationship, value);
    case 'relationship aggregate':
      return planAggregatePredicate(planning, meaning.relationship, value);
    default:
      throw invalid(value.path, 'cannot stand in a filter');
  }
}

function planOr(planning: Planning, table: Table, input: Input): Predicate {
  if (input.kind === 'null') return always;
  if (input.kind !== 'list') return planWhere(planning, table, input);
  const of = input.items.map((item) => planWhere(planning, table, item));
  return of.length === 1 ? of[0]! : of.length === 0 ? never : { kind: 'or', of };
}

function planColumn(
  planning: Planning,
  table: Table,
  column: Table['columns'][number],
  input: Input,
): Predicate {
  if (input.kind === 'null') return always;
  if (input.kind !== 'object') throw invalid(input.path, 'an object of operators is needed here');
  return and(...input.fields.map((entry) => planOperator(planning, table, column, entry)));
}

const textType: ValueType = { scalar: 'text', array: false };

function planOperator(
  planning: Planning,
  table: Table,
  named: Table['columns'][number],
  { meaning, value }: InputEntry,
): Predicate {
  if (meaning.kind !== 'operator') throw invalid(value.path, 'is not an operator');
  const op: Operator = meaning.operator;
  const column = comparedColumn(planning, table, named, op);
  if (value.kind === 'null') {
    if (op === '_is_distinct_from') return { kind: 'is null', column, negated: true };
    throw invalid(value.path, `compares with null, which is never true: use _is_null`);
  }
  if (op === '_is_null') return { kind: 'is null', column, negated: literal(planning, value) !== true };
  if (op === '_between') return planBetween(planning, column, value);
  const { operand } = operators[op];
  const source = table.source.name;
  switch (operand) {
    case 'list':
      return {
        kind: 'compare',
        column,
        op,
        value: paramOf(planning, withoutNulls(value), column.type, { shape: 'list', source }),
      };
    case 'text list':
      return {
        kind: 'compare',
        column,
        op,
        value: paramOf(planning, value, textType, { shape: 'list', source }),
      };
    case 'text':
      return { kind: 'compare', column, op, value: paramOf(planning, value, textType) };
    default:
      return { kind: 'compare', column, op, value: paramOf(planning, value, column.type) };
  }
}

/** Refuses NULL in the lists of `_in` and `_nin`: it would make `_nin` match nothing. */
function withoutNulls(input: Input): Input {
  if (input.kind === 'value' && Array.isArray(input.value) && input.value.includes(null)) {
    throw invalid(input.path, 'a list of values must not hold null: use _is_null for it');
  }
  return input;
}

function planBetween(planning: Planning, column: Table['columns'][number], value: Input): Predicate {
  const pair = value.kind === 'value' && Array.isArray(value.value) ? value : null;
  if (pair === null || (pair.value as readonly unknown[]).length !== 2)
    throw invalid(value.path, 'needs exactly two values: [low, high]');
  const [low, high] = [0, 1].map((index): Param => {
    const source =
      pair.source.kind === 'list'
        ? pair.source.of[index]!
        : pair.source.kind === 'variable'
          ? { ...pair.source, path: [...pair.source.path, index] }
          : { kind: 'constant' as const, value: (pair.value as readonly unknown[])[index] };
    return paramOf(
      planning,
      {
        kind: 'value',
        value: (pair.value as readonly unknown[])[index],
        source,
        path: `${pair.path}[${index}]`,
      },
      column.type,
    );
  });
  return { kind: 'between', column, low: low!, high: high! };
}

function planRelationship(planning: Planning, relationship: Relationship, input: Input): Predicate {
  if (input.kind === 'null') return always;
  if (relationship.kind === 'object' || input.kind !== 'object')
    return planSome(planning, relationship, input);
  const plain = input.fields.filter((entry) => !isQuantifier(entry));
  const parts = input.fields.filter(isQuantifier).map((entry): Predicate => {
    switch (entry.meaning.kind) {
      case 'every':
        return {
          kind: 'not',
          of: exists(
            planning,
            relationship,
            { kind: 'not', of: inner(planning, relationship, entry.value) },
            entry.value.path,
          ),
        };
      case 'none':
        return { kind: 'not', of: planSome(planning, relationship, entry.value) };
      default:
        return planSome(planning, relationship, entry.value);
    }
  });
  if (plain.length > 0 || parts.length === 0)
    parts.unshift(planSome(planning, relationship, { ...input, fields: plain }));
  return and(...parts);
}

function isQuantifier(entry: InputEntry): boolean {
  return entry.meaning.kind === 'some' || entry.meaning.kind === 'every' || entry.meaning.kind === 'none';
}

function inner(planning: Planning, relationship: Relationship, input: Input): Predicate {
  return planWhere(planning, relationship.to, input);
}

function planSome(planning: Planning, relationship: Relationship, input: Input): Predicate {
  return exists(planning, relationship, inner(planning, relationship, input), input.path);
}

/** Some visible row of the relationship passes. Rows of another source are matched by a set of keys. */
export function exists(
  planning: Planning,
  relationship: Relationship,
  where: Predicate,
  path: string,
): Predicate {
  const visible = and(visibleRows(planning, relationship.to), where);
  if (!relationship.remote) return { kind: 'exists', relationship, where: visible };
  return amongKeys(relationship, addKeys(planning, relationship, visible, null, path));
}

/** `<rel>_aggregate: { count: { arguments, distinct, filter, predicate } }` */
function planAggregatePredicate(planning: Planning, relationship: Relationship, input: Input): Predicate {
  if (input.kind !== 'object') return always;
  return and(
    ...input.fields.map((entry) => {
      if (entry.meaning.kind !== 'count' || entry.value.kind !== 'object')
        throw invalid(entry.value.path, 'needs an object');
      return planCount(planning, relationship, entry.value);
    }),
  );
}

function planCount(
  planning: Planning,
  relationship: Relationship,
  input: Extract<Input, { kind: 'object' }>,
): Predicate {
  const part = (kind: string) => input.fields.find((entry) => entry.meaning.kind === kind)?.value;
  const columns = part('arguments');
  const distinct = literal(planning, part('distinct')) === true;
  const counted = distinct ? distinctColumns : visibleColumns;
  const measure: Measure = {
    kind: 'count',
    columns: columns === undefined || columns.kind !== 'value' ? [] : counted(planning, columns),
    distinct,
  };
  const where = and(
    visibleRows(planning, relationship.to),
    planWhere(planning, relationship.to, part('filter')),
  );
  const predicate = part('predicate');
  if (predicate === undefined || predicate.kind !== 'object')
    throw invalid(input.path, 'needs a predicate, as { _gt: 3 }');
  return and(
    ...predicate.fields.flatMap((entry) =>
      countComparisons(planning, { relationship, measure, where }, entry),
    ),
  );
}

/** The count that a condition compares: of the rows of a relationship that pass `where`. */
interface Count {
  readonly relationship: Relationship;
  readonly measure: Measure;
  readonly where: Predicate;
}

function countComparisons(planning: Planning, count: Count, entry: InputEntry): Predicate[] {
  if (entry.meaning.kind !== 'operator') throw invalid(entry.value.path, 'is not an operator');
  if (entry.value.kind === 'null') throw invalid(entry.value.path, 'a count is never null');
  const op = entry.meaning.operator;
  if (op === '_is_null') return [literal(planning, entry.value) === true ? never : always];
  if (op === '_in' || op === '_nin') return [countIn(planning, count, entry.value, op)];
  if (!isComparison(op)) throw invalid(entry.value.path, `${op} cannot compare a count`);
  const value = paramOf(planning, entry.value, { scalar: 'int', array: false });
  const number = literalIfRemote(planning, count.relationship, entry.value);
  return [countPredicate(planning, count, { op, value, number }, entry.value.path)];
}

function countIn(planning: Planning, count: Count, value: Input, op: '_in' | '_nin'): Predicate {
  const numbers = literal(planning, value) as readonly number[];
  const of = numbers.map((number): Predicate => {
    const param: Param = {
      type: { scalar: 'int', array: false },
      shape: 'value',
      source: { kind: 'constant', value: number },
      path: value.path,
    };
    return countPredicate(planning, count, { op: '_eq', value: param, number }, value.path);
  });
  const among: Predicate = { kind: 'or', of };
  return op === '_in' ? among : { kind: 'not', of: among };
}

/** The count to compare with. Across sources it decides whether rows without partners pass, so it becomes part of the plan. */
function literalIfRemote(planning: Planning, relationship: Relationship, value: Input): number {
  return relationship.remote ? (literal(planning, value) as number) : 0;
}

/** `number`: the value of the parameter, which only a relationship into another source needs. */
function countPredicate(
  planning: Planning,
  { relationship, measure, where }: Count,
  { op, value, number }: { readonly op: Comparison; readonly value: Param; readonly number: number },
  path: string,
): Predicate {
  if (!relationship.remote) return { kind: 'measure', relationship, where, measure, op, value };
  const withoutRows = compareNumbers(0, op, number);
  const having = { measure, op: withoutRows ? opposite[op] : op, value };
  const keys = addKeys(planning, relationship, where, having, path);
  const among = amongKeys(relationship, keys);
  return withoutRows ? { kind: 'not', of: among } : among;
}

const opposite = {
  _eq: '_neq',
  _neq: '_eq',
  _gt: '_lte',
  _gte: '_lt',
  _lt: '_gte',
  _lte: '_gt',
} as const satisfies Record<Comparison, Comparison>;

function isComparison(op: Operator): op is Comparison {
  return op in opposite;
}

function compareNumbers(left: number, op: Comparison, right: number): boolean {
  const table = {
    _eq: left === right,
    _neq: left !== right,
    _gt: left > right,
    _gte: left >= right,
    _lt: left < right,
    _lte: left <= right,
  };
  return table[op];
}
