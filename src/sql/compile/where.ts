import type { Column, Relationship } from '../../catalog/index.ts';
import { unreachable } from '../../core/index.ts';
import { isAlways, type Measure, type Predicate } from '../../plan/index.ts';
import type { TypedColumn } from '../dialect.ts';
import { type Sql, sql } from '../sql.ts';
import type { Scope } from './scope.ts';

/** Comparison operators between two expressions. */
export const comparisons = {
  _eq: sql`=`,
  _neq: sql`<>`,
  _gt: sql`>`,
  _gte: sql`>=`,
  _lt: sql`<`,
  _lte: sql`<=`,
} as const;

const ranging = { _gt: true, _gte: true, _lt: true, _lte: true } as const;

/** A predicate over the row with the alias `row`, as a condition that needs no parentheses within an AND. */
export function compileWhere(scope: Scope, predicate: Predicate, row: Sql): Sql {
  switch (predicate.kind) {
    case 'and':
    case 'or':
      return junction(
        predicate.kind,
        predicate.of.map((part) => compileWhere(scope, part, row)),
      );
    case 'not':
      return sql`not (${compileWhere(scope, predicate.of, row)})`;
    case 'compare':
      return compare(scope, predicate, row);
    case 'between': {
      const column = scope.ranged(row, predicate.column);
      const { type } = predicate.column;
      return sql`(${scope.dialect.compare(column, type, '_gte', predicate.low)} and ${scope.dialect.compare(column, type, '_lte', predicate.high)})`;
    }
    case 'is null':
      return sql`${scope.column(row, predicate.column)} ${predicate.negated ? sql`is not null` : sql`is null`}`;
    case 'columns':
      return compareColumns(
        scope,
        { expression: scope.shown(row, predicate.left, predicate.right), type: predicate.left.type },
        comparisons[predicate.op],
        { expression: scope.shown(row, predicate.right, predicate.left), type: predicate.right.type },
      );
    case 'exists':
      return exists(scope, predicate, row);
    case 'exists table': {
      const other = scope.alias();
      const where = whereClause(scope, predicate.where, other);
      return sql`exists (select 1 from ${scope.rows(predicate.table)} ${other}${where})`;
    }
    case 'measure': {
      const value = related(scope, predicate.relationship, predicate.where, predicate.measure, row);
      return sql`${value} ${comparisons[predicate.op]} ${scope.dialect.bind(predicate.value)}`;
    }
    case 'in keys':
      return scope.dialect.inKeys(
        predicate.columns.map((column) => scope.column(row, column)),
        predicate.keys,
      );
    default:
      return unreachable(predicate);
  }
}

/** ` where ...`, or nothing when everything passes. */
export function whereClause(scope: Scope, predicate: Predicate, row: Sql): Sql {
  return isAlways(predicate) ? sql.empty : sql` where ${compileWhere(scope, predicate, row)}`;
}

/** `and` of nothing is true, `or` of nothing is false. */
export function junction(kind: 'and' | 'or', parts: readonly Sql[]): Sql {
  if (parts.length === 0) return kind === 'and' ? sql`1 = 1` : sql`1 = 0`;
  if (parts.length === 1) return parts[0]!;
  return sql`(${sql.join(parts, kind === 'and' ? sql` and ` : sql` or `)})`;
}

function compare(
  scope: Scope,
  { column, op, value }: Extract<Predicate, { kind: 'compare' }>,
  row: Sql,
): Sql {
  const expression = op in ranging ? scope.ranged(row, column) : scope.column(row, column);
  if (op === '_in') return scope.dialect.inList(expression, column.type, value);
  if (op === '_nin') return sql`not (${scope.dialect.inList(expression, column.type, value)})`;
  return scope.dialect.compare(expression, column.type, op, value);
}

function exists(scope: Scope, predicate: Extract<Predicate, { kind: 'exists' }>, row: Sql): Sql {
  const { relationship, where } = predicate;
  const to = scope.alias();
  const conditions = [joinCondition(scope, relationship, row, to)];
  const tail = scope.existsTail;
  if (!isAlways(where)) conditions.push(scope.before(false, () => compileWhere(scope, where, to)));
  return sql`exists (select 1 from ${scope.rows(relationship.to)} ${to} where ${sql.join(conditions, sql` and `)}${tail})`;
}

/** Equality of the relationship's columns between two aliases. */
export function joinCondition(scope: Scope, relationship: Relationship, from: Sql, to: Sql): Sql {
  return sql.join(
    relationship.mapping.map((pair) => {
      const columns = {
        to: { expression: scope.column(to, pair.to), type: pair.to.type },
        from: { expression: scope.column(from, pair.from), type: pair.from.type },
      };
      return (
        scope.dialect.joinEquals?.(columns.to, columns.from) ??
        compareColumns(scope, columns.to, comparisons._eq, columns.from)
      );
    }),
    sql` and `,
  );
}

function compareColumns({ dialect }: Scope, left: TypedColumn, operator: Sql, right: TypedColumn): Sql {
  const own = dialect.compareColumns?.(left, operator, right);
  return own ?? sql`${left.expression} ${operator} ${right.expression}`;
}

/** A scalar sub-select: the measure over the related rows of `row`. */
export function related(
  scope: Scope,
  relationship: Relationship,
  where: Predicate,
  measure: Measure,
  row: Sql,
): Sql {
  const to = scope.alias();
  const conditions = [joinCondition(scope, relationship, row, to)];
  if (!isAlways(where)) conditions.push(compileWhere(scope, where, to));
  const value = compileMeasure(scope, measure, to);
  return sql`(select ${value} from ${scope.rows(relationship.to)} ${to}${scope.computedFor(to)} where ${sql.join(conditions, sql` and `)})`;
}

/** `count(*)`, `count(distinct a, b)`, `sum(x)` over the rows that `row` aliases. */
export function compileMeasure(scope: Scope, measure: Measure, row: Sql): Sql {
  if (measure.kind === 'function') {
    const column = scope.aggregatedAsShown(row, measure.column);
    return scope.dialect.aggregate(measure.fn, column, measure.column.type);
  }
  return compileCount(scope, measure.columns, measure.distinct, row);
}

/** Several columns without distinct count the rows in which none of them is NULL. */
export function compileCount(scope: Scope, columns: readonly Column[], distinct: boolean, row: Sql): Sql {
  const { count = sql`count` } = scope.dialect;
  if (columns.length === 0) return sql`${count}(*)`;
  const expressions = columns.map((column) =>
    distinct ? scope.aggregatedAsShown(row, column) : scope.aggregated(row, column),
  );
  if (distinct) {
    const types = columns.map(({ type }) => type);
    return scope.dialect.countDistinct(expressions, types);
  }
  if (expressions.length === 1) return sql`${count}(${expressions[0]!})`;
  const present = sql.join(
    expressions.map((expression) => sql`${expression} is not null`),
    sql` and `,
  );
  return sql`${count}(case when ${present} then 1 end)`;
}
