import { unreachable } from '../../core/index.ts';
import type { GroupBy, Having } from '../../plan/index.ts';
import { type Sql, sql } from '../sql.ts';
import type { Scope } from './scope.ts';
import { limitClause, limitedOrder } from './source.ts';
import { comparisons, compileMeasure, junction } from './where.ts';

/** The clauses of a grouped select. */
interface GroupClauses {
  /** Expressions of its keys. */
  readonly keys: readonly Sql[];
  /** ` group by ... having ... order by ... limit ...` */
  readonly tail: Sql;
  /** ` group by ...` */
  readonly grouping: Sql;
  /** The condition of `having`; `null`: none. */
  readonly condition: Sql | null;
  readonly order: readonly Sql[];
}

/** Compiles the clauses of a grouped select. `outer`: keys to group by first; then there is no order and no limit. */
export function groupClauses(
  scope: Scope,
  group: GroupBy,
  row: Sql,
  outer: readonly Sql[] = [],
): GroupClauses {
  const { dialect } = scope;
  const keys = group.keys.map(({ column, bucket }) => {
    const expression = scope.aggregatedAsShown(row, column);
    return bucket === null ? expression : dialect.bucket(bucket, expression, column.type);
  });
  const order = group.orderBy.map((term) => {
    if ('key' in term.by) {
      const key = keys[term.by.key]!;
      const ordered = dialect.groupKeyInOrder?.(key) ?? key;
      return dialect.order(ordered, term, group.keys[term.by.key]!.column.nullable);
    }
    return dialect.order(compileMeasure(scope, term.by.measure, row), term, term.by.measure.kind !== 'count');
  });
  const condition = compileHaving(scope, group.having, row);
  const having = condition === null ? sql.empty : sql` having ${condition}`;
  const by = [...outer, ...keys];
  const grouping = by.length === 0 ? sql.empty : sql` group by ${sql.join(by)}`;
  const limit = outer.length > 0 ? sql.empty : limitClause(scope, group.limit, group.offset);
  const orderBy = outer.length > 0 ? sql.empty : limitedOrder(scope, order, limit);
  return { keys, tail: sql`${grouping}${having}${orderBy}${limit}`, grouping, condition, order };
}

function compileHaving(scope: Scope, having: Having, row: Sql): Sql | null {
  switch (having.kind) {
    case 'and':
    case 'or': {
      if (having.kind === 'and' && having.of.length === 0) return null;
      return junction(
        having.kind,
        having.of.map((part) => compileHaving(scope, part, row) ?? sql`1 = 1`),
      );
    }
    case 'not':
      return sql`not (${compileHaving(scope, having.of, row) ?? sql`1 = 1`})`;
    case 'compare':
      return sql`${compileMeasure(scope, having.measure, row)} ${comparisons[having.op]} ${scope.dialect.bind(having.value)}`;
    default:
      return unreachable(having);
  }
}
