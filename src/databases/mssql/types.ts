import type { ValueType } from '../../catalog/index.ts';
import { type Sql, sql } from '../../sql/index.ts';

/** A type of the server, as introspection spells it in `ValueType.nativeType`: `nvarchar(80) collate Latin1_General_CI_AS`. */
interface Native {
  readonly name: string;
  /** `80`, `max`, `12,2`; `null`: none. */
  readonly size: string | null;
  readonly collation: string | null;
}

const known = new WeakMap<ValueType, Native>();

/** The native type of a column; its name is empty where the catalog has none. */
export function nativeOf(type: ValueType): Native {
  let native = known.get(type);
  if (native === undefined) {
    const found = /^(\w+)(?:\(([\d,]+|max)\))?(?: collate (\w+))?$/.exec(type.nativeType ?? '');
    native = { name: found?.[1] ?? '', size: found?.[2] ?? null, collation: found?.[3] ?? null };
    known.set(type, native);
  }
  return native;
}

/** Whether the column holds texts in a code page. Compared with a Unicode text, it would be converted, and no index would serve. */
export function isCodePage(type: ValueType): boolean {
  const { name } = nativeOf(type);
  return name === 'varchar' || name === 'char';
}

/** Whether the server fills texts of the column up with blanks, which its users did not write. */
export function isPadded(type: ValueType): boolean {
  const { name } = nativeOf(type);
  return name === 'char' || name === 'nchar';
}

/** ` collate Latin1_General_CI_AS`, the collation of the column; nothing where it has none. */
export function collated(type: ValueType): Sql {
  const { collation } = nativeOf(type);
  return collation === null ? sql.empty : sql.nativeType(` collate ${collation}`);
}

/** Compares texts character by character. The database compares texts of two collations only where one of them is named. */
export const exactCollation = sql` collate Latin1_General_100_BIN2`;

/** The most digits of a decimal. */
const mostDigits = 38;

/** Digits before and after the point of a decimal column. */
export function digitsOf(type: ValueType): { readonly whole: number; readonly scale: number } {
  const { name, size } = nativeOf(type);
  if (name === 'money') return { whole: 15, scale: 4 };
  if (name === 'smallmoney') return { whole: 6, scale: 4 };
  const [precision, scale] = (size ?? '').split(',').map(Number);
  if (!precision) return { whole: mostDigits - 10, scale: type.scale ?? 10 };
  return { whole: precision - (scale ?? 0), scale: scale ?? 0 };
}

/** The decimal type that holds every value of the column, and as many more digits after the point as there can be. */
export function comparedDecimal(type: ValueType): Sql {
  const { whole } = digitsOf(type);
  return sql`decimal(38, ${sql.integer(mostDigits - whole)})`;
}

/** "CAST and CONVERT": the default styles of these base types leave out seconds, digits and decimals, and read bytes as characters. */
function variantText(x: Sql): Sql {
  const base = sql`cast(sql_variant_property(${x}, 'BaseType') as nvarchar(128))`;
  return sql`case when ${base} in (N'datetime', N'smalldatetime') then convert(nvarchar(max), cast(${x} as datetime), 121) when ${base} in (N'float', N'real') then convert(nvarchar(max), cast(${x} as float), 3) when ${base} in (N'money', N'smallmoney') then convert(nvarchar(max), cast(${x} as money), 2) when ${base} in (N'binary', N'varbinary') then convert(nvarchar(max), cast(${x} as varbinary(8000)), 2) else cast(cast(${x} as nvarchar(4000)) as nvarchar(max)) end`;
}

/**
 * Types that the server neither compares nor sorts (errors 402 and 306), each with the function that turns it into text. The functions of
 * CLR types are spelled as methods.
 */
const asText: Readonly<Record<string, (x: Sql) => Sql>> = {
  text: (x) => sql`cast(${x} as nvarchar(max))`,
  ntext: (x) => sql`cast(${x} as nvarchar(max))`,
  xml: (x) => sql`cast(${x} as nvarchar(max))`,
  sql_variant: variantText,
  vector: (x) => sql`cast(${x} as nvarchar(max))`,
  json: (x) => sql`cast(${x} as nvarchar(max))`,
  hierarchyid: (x) => sql`${x}.ToString()`,
  geometry: (x) => sql`${x}.STAsText()`,
  geography: (x) => sql`${x}.STAsText()`,
};

/** A column of a type that cannot be compared as a text; `null`: the column can be compared. */
export function textForm(column: Sql, type: ValueType): Sql | null {
  return asText[nativeOf(type).name]?.(column) ?? null;
}
