import type { ValueType } from '../../catalog/index.ts';
import type { Labels } from '../../plan/index.ts';
import type { Dialect } from '../dialect.ts';
import { type Sql, sql } from '../sql.ts';
import type { Scope } from './scope.ts';

/**
 * An enum column as a field shows it, and its resulting type. `labels`: those that have other names in the graph; `null`: none has;
 * `undefined`: the column is not shown, and stays as it is. A column that may hold its labels in other spellings is shown by the labels.
 */
export function labelled(
  scope: Scope,
  expression: Sql,
  type: ValueType,
  labels: Labels | null | undefined,
): { readonly expression: Sql; readonly type: ValueType } {
  const names =
    type.respelled === undefined || labels === undefined ? labels : respelled(type.respelled, labels);
  if (!names) return { expression, type };
  const { dialect } = scope;
  const named = dialect.labelled?.(expression, type, names) ?? caseOf(dialect, expression, names);
  return { expression: named, type: { scalar: 'text', array: type.array } };
}

/** All labels with their names. The database compares them as the collation of the column does. */
function respelled(all: readonly string[], labels: Labels | null): Labels {
  return new Map(all.map((label) => [label, labels?.get(label) ?? label]));
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
