import { type Sql, sql } from '../../sql/index.ts';

type Entry = { readonly key: string; readonly value: Sql };

/** The most operands of one concatenation. Longer ones are nested, to limit the depth of the server's parser. */
const width = 24;

/**
 * JSON text of one object, by concatenation. Keys keep their order and length, it may contain aggregates, and it is about 40 % faster than
 * `json_build_object`.
 */
export function jsonObject(entries: readonly Entry[]): Sql {
  if (entries.length === 0) return sql`'{}'`;
  const parts = entries.map(
    ({ key, value }, index) =>
      sql`${sql.jsonKey(key, index === 0 ? '{' : ',')} || coalesce(${value}, 'null')`,
  );
  return sql`(${concatenated(parts)} || '}')`;
}

function concatenated(parts: readonly Sql[]): Sql {
  if (parts.length <= width) return sql.join(parts, sql` || `);
  const groups: Sql[] = [];
  for (let at = 0; at < parts.length; at += width)
    groups.push(sql`(${sql.join(parts.slice(at, at + width), sql` || `)})`);
  return concatenated(groups);
}

/** A scalar sub-select: the JSON texts in column `j` of `rows` as the text of one array, `[]` for none. */
export function jsonArray(rows: Sql): Sql {
  return sql`(select coalesce('[' || string_agg(foz_rows."j", ',') || ']', '[]') from ${rows} foz_rows)`;
}
