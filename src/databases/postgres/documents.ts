import type { ValueType } from '../../catalog/index.ts';
import { type Sql, sql } from '../../sql/index.ts';

/*
 * The type `json` takes escapes that PostgreSQL cannot convert to text: `\u0000` and halves of surrogate pairs. One such document would fail
 * a condition or a path over a whole list. So they are replaced by a mark while the server works with the document.
 *
 * The type is named with its namespace: in a mode of KingbaseES, `json` alone is another type.
 */

/** `\u0000` or half of a surrogate pair. Pairs of backslashes before it are escaped backslashes. */
const unreadable = sql`'(?<!\\\\)((?:\\\\\\\\)*)\\\\u(0000|d[89ab][0-9a-f]{2}(?!\\\\ud[c-f])|(?<!\\\\ud[89ab][0-9a-f]{2}\\\\u)d[c-f][0-9a-f]{2})'`;
/** Two characters that Unicode does not assign, in a spelling that no program writes. */
const mark = sql`'\\uFfFe\\uFfEf'`;

const withMarks = (expression: Sql) =>
  sql`regexp_replace(${expression}::text, ${unreadable}, '\\1\\\\uFfFe\\\\uFfEf\\2', 'gi')::pg_catalog.json`;
const isReadable = (expression: Sql) => sql`strpos(${expression}::text, '\\u') = 0`;

/** A document of the type `json` or `jsonb` as `jsonb`. */
export function asJsonb(expression: Sql, type: ValueType): Sql {
  if (type.scalar !== 'json') return sql`${expression}::jsonb`;
  return sql`(case when ${isReadable(expression)} then ${expression} else ${withMarks(expression)} end)::jsonb`;
}

/** The value at a path, as it is spelled in the document. */
export function atPath(expression: Sql, type: ValueType, path: Sql): Sql {
  const plain = sql`${expression} #> ${path}`;
  if (type.scalar !== 'json') return sql`(${plain})`;
  const found = sql`replace((${withMarks(expression)} #> ${path})::text, ${mark}, '\\u')::pg_catalog.json`;
  return sql`(case when ${isReadable(expression)} then ${plain} else ${found} end)`;
}
