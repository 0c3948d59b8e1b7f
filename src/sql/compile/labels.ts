import type { ValueType } from '../../catalog/index.ts';
import type { Labels } from '../../plan/index.ts';
import type { Dialect } from '../dialect.ts';
import { type Sql, sql } from '../sql.ts';
import type { Scope } from './scope.ts';

/** An enum column with the labels renamed as in the graph, and its resulting type. Without `labels` both are unchanged. */
export function labelled(
  scope: Scope,
  expression: Sql,
  type: ValueType,
  labels: Labels | null | undefined,
): { readonly expression: Sql; readonly type: ValueType } {
  if (!labels) return { expression, type };
  const { dialect } = scope;
  const named = dialect.labelled?.(expression, type, labels) ?? caseOf(dialect, expression, labels);
  return { expression: named, type: { scalar: 'text', array: type.array } };
}

/** `case x when 'two words' then 'two_words' else x end`. A label may hold any text, so it is bound. */
export function caseOf(dialect: Pick<Dialect, 'bind'>, expression: Sql, labels: Labels): Sql {
  const type: ValueType = { scalar: 'text', array: false };
  const branches = [...labels].map(([value, name]) => {
    const label = dialect.bind({ type, shape: 'value', source: { kind: 'constant', value }, path: '$' });
    return sql` when ${label} then ${sql.text(name)}`;
  });
  return sql`case ${expression}${sql.join(branches, sql.empty)} else ${expression} end`;
}
