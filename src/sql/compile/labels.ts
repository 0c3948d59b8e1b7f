import type { ValueType } from '../../catalog/index.ts';
import type { Labels } from '../../plan/index.ts';
import type { Dialect } from '../dialect.ts';
import { type Sql, sql } from '../sql.ts';
import type { Scope } from './scope.ts';

/** An enum column as the graph names its labels, and the type that it has then; without labels both stay as they are. */
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

/** `case x when 'two words' then 'two_words' else x end`; a label may hold anything, so that it is bound. */
export function caseOf(dialect: Pick<Dialect, 'bind'>, expression: Sql, labels: Labels): Sql {
  const type: ValueType = { scalar: 'text', array: false };
  const branches = [...labels].map(([value, name]) => {
    const label = dialect.bind({ type, shape: 'value', source: { kind: 'constant', value }, path: '$' });
    return sql` when ${label} then ${sql.text(name)}`;
  });
  return sql`case ${expression}${sql.join(branches, sql.empty)} else ${expression} end`;
}
