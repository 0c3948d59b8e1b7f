import type { ValueType } from '../../catalog/index.ts';
import type { Param } from '../../plan/index.ts';
import { type Sql, sql } from '../../sql/index.ts';
import { bindText, bindTexts, bindValue, bound } from './values.ts';

type JsonWrite = 'append' | 'prepend' | 'delete_key' | 'delete_elem' | 'delete_at_path';

const document: ValueType = { scalar: 'jsonb', array: false };

const changes = {
  append: (old, param) => sql`${old} || ${bindValue(param, document)}`,
  prepend: (old, param) => sql`${bindValue(param, document)} || ${old}`,
  delete_key: (old, param) => sql`${old} - ${bindText(param)}`,
  delete_elem: (old, param) => sql`${old} - ${bound(param, sql`int4`, String)}`,
  delete_at_path: (old, param) => sql`${old} #- ${bindTexts(param)}`,
} as const satisfies Record<JsonWrite, (old: Sql, param: Param) => Sql>;

/** The expression for the changed document, in the type of its column. */
export function jsonWrite(kind: JsonWrite, expression: Sql, type: ValueType, param: Param): Sql {
  if (type.scalar === 'jsonb') return changes[kind](expression, param);
  return sql`(${changes[kind](sql`${expression}::jsonb`, param)})::pg_catalog.json`;
}
