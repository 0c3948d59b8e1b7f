import { familyOf, type KeyComparison, type ValueType } from '../../catalog/index.ts';
import type { Param } from '../../plan/index.ts';
import { type Sql, sql } from '../../sql/index.ts';
import { inCodePage, sameLength } from './compare.ts';
import { encodeKeyRows } from './encode.ts';
import { collated, exactCollation, isCodePage, isPadded, textForm } from './types.ts';
import { castTo, hexType, markedType, wireType } from './values.ts';

const textual: ReadonlySet<string> = new Set(['text', 'enum', 'opaque']);
const isText = (type: ValueType) => textual.has(familyOf(type.scalar));

const capitals = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];

/**
 * A text as answers show it, in a collation that compares character by character. The server ignores blanks at the end of texts that it
 * compares (the page of `=` names ANSI/ISO SQL-92, section 8.2), so a mark follows the text.
 */
function exactText(value: Sql, type: ValueType, compare: KeyComparison): Sql {
  const unicode = sql`cast(${value} as nvarchar(max))`;
  const text = textForm(value, type) ?? (isPadded(type) ? sql`rtrim(${unicode})` : unicode);
  const exact = sql`(${text} + N'|')${exactCollation}`;
  if (compare === 'exact') return exact;
  // LOWER would change more letters than other databases do.
  return capitals.reduce(
    (changed, letter) => sql`replace(${changed}, ${sql.text(letter)}, ${sql.text(letter.toLowerCase())})`,
    exact,
  );
}

/** Equality of a column and a key of a table of keys. */
export function keyEquals(column: Sql, type: ValueType, key: Sql, compare: KeyComparison): Sql {
  if (type.scalar === 'bytea') return sql`(${column} = ${key} and ${sameLength(column, key)})`;
  if (!isText(type)) return sql`${column} = ${key}`;
  const exact = sql`${exactText(column, type, compare)} = ${exactText(key, { scalar: 'text', array: false }, 'exact')}`;
  if (compare !== 'exact' || textForm(column, type) !== null) return exact;
  return sql`(${ownKeyEquals(column, type, key) ?? sql`${column} = ${key}`} and ${exact})`;
}

/** Equality by the collation of the column. */
export function ownKeyEquals(column: Sql, type: ValueType, key: Sql): Sql | null {
  if (type.scalar === 'bytea') return sql`(${column} = ${key} and ${sameLength(column, key)})`;
  if (!isText(type) || textForm(column, type) !== null) return null;
  return isCodePage(type)
    ? sql`${column} = ${inCodePage(key, type)}`
    : sql`${column} = ${key}${collated(type)}`;
}

/** See Dialect.keyText. */
export function keyText(column: Sql, type: ValueType, compare: KeyComparison) {
  if (type.scalar === 'bytea') return { expression: sql`convert(varchar(max), ${column}, 2)`, type: hexType };
  return isText(type) ? { expression: exactText(column, type, compare), type: markedType } : null;
}

const name = (text: string) => sql.name(text, '"', '"');

/** A table of keys: OPENJSON over one text, so that their number changes neither the text nor the count of parameters. */
export function keyRows(keys: Param, alias: Sql): Sql {
  const { keyTypes: types = [] } = keys;
  const rows = sql.bind(keys, (values) => encodeKeyRows(values, types));
  const columns = [sql`i int '$.i'`];
  const selected = [sql`i as ${name('i')}`];
  types.forEach((type, at) => {
    const key = name(`k${at}`);
    columns.push(sql`${key} ${wireType(type)} '$.k${sql.integer(at)}'`);
    selected.push(sql`${castTo(key, type)} as ${key}`);
  });
  if (keys.shape === 'ranks') {
    columns.push(sql`r bigint '$.r'`);
    selected.push(sql`r as ${name('r')}`);
  }
  return sql`(select ${sql.join(selected)} from openjson(${rows}) with (${sql.join(columns)})) ${alias}`;
}

/** The tuple is among the keys: UNKNOWN, as in SQL, where a NULL keeps it from being known. */
export function inKeys(columns: readonly Sql[], keys: Param): Sql {
  const { keyTypes: types = [], compare } = keys;
  const alias = name('foz_keys');
  const equals = columns.map((column, at) => {
    const type = types[at]!;
    const key = sql`${alias}.${name(`k${at}`)}`;
    if (compare !== undefined) return keyEquals(column, type, key, compare);
    return ownKeyEquals(column, type, key) ?? sql`${column} = ${key}`;
  });
  const rows = keyRows(keys, alias);
  if (columns.length === 1 && !isText(types[0]!) && types[0]!.scalar !== 'bytea')
    return sql`${columns[0]!} in (select ${alias}.${name('k0')} from ${rows})`;
  const maybe = equals.map((equal, at) => sql`(${columns[at]!} is null or ${equal})`);
  const absent = sql.join(
    columns.map((column) => sql`${column} is null`),
    sql` or `,
  );
  const found = sql`exists (select 1 from ${rows} where ${sql.join(equals, sql` and `)})`;
  const open = sql`exists (select 1 from ${rows} where ${sql.join(maybe, sql` and `)})`;
  return sql`(${found} or ((${absent}) and ${open} and null = 1))`;
}
