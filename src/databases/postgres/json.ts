import { type Sql, sql } from '../../sql/index.ts';

type Entry = { readonly key: string; readonly value: Sql };

/** Operands that stand side by side in one concatenation; longer ones nest, so that the server's parser stays shallow. */
const width = 24;

/**
 * JSON text of one object, by concatenation: keys keep their order and length, aggregates may stand in it, and it beats
 * `json_build_object` by about 40 %.
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
