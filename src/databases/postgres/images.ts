import { type Column, familyOf } from '../../catalog/index.ts';
import { jsonText } from '../../core/index.ts';
import { ansi, type ImageRows, limitOffset, type Sql, sql } from '../../sql/index.ts';

const { name, table: tableName } = ansi({ nulls: 'last', limit: limitOffset(null) });

/**
 * Images of changed rows as rows of the table's own type. The server parses their texts by the input functions of the columns' types, so
 * that a value is the stored one, with the collation of its column. Missing columns are NULL.
 */
export function imageRows({ table, columns, images }: ImageRows, alias: Sql) {
  const given = sql.bind(images, (tuples) => imagesText(tuples as readonly (readonly unknown[])[], columns));
  const list = name('foz_images');
  const [value, position] = [name('v'), name('i')];
  const rows = sql`json_array_elements(${given}::json) with ordinality as ${list}(${value}, ${position}) cross join lateral json_populate_record(null::${tableName(table)}, ${list}.${value}) as ${alias}`;
  return { rows, index: sql`(${list}.${position} - 1)` };
}

/** A JSON list of one object per image. Values are strings, except JSON documents: there a string would be a JSON string. */
function imagesText(tuples: readonly (readonly unknown[])[], columns: readonly Column[]): string {
  const keys = columns.map(({ name: key }) => JSON.stringify(key));
  const isDocument = columns.map(({ type }) => !type.array && familyOf(type.scalar) === 'json');
  const objects = tuples.map((tuple) => {
    const members = tuple.flatMap((value, at) => {
      if (value === null || value === undefined) return [];
      return [`${keys[at]}:${isDocument[at] ? String(value) : jsonText(String(value))}`];
    });
    return `{${members.join(',')}}`;
  });
  return `[${objects.join(',')}]`;
}
