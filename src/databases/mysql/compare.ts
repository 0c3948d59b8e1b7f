import { familyOf, type Operator, operatorSupport, type ValueType } from '../../catalog/index.ts';
import { ExactNumber, FozError } from '../../core/index.ts';
import type { Param } from '../../plan/index.ts';
import { type Sql, sql } from '../../sql/index.ts';
import { isNoDay as hasNoDay } from './can-hold.ts';
import { encode } from './encode.ts';
import { exactLiteral, textLiteral } from './literal.ts';
import { isTruth, isYear, labelsOf, truthOf } from './types.ts';
import { bindValue, bound, labelNumber } from './values.ts';
import type { DialectVariant } from './variant.ts';

type Compared = Exclude<Operator, '_is_null' | '_between' | '_in' | '_nin'>;
type Spelling = (variant: DialectVariant, expression: Sql, type: ValueType, param: Param) => Sql;

/** The right side of an operator: the value with the type of the column, not the type of the operand. */
const operand = (variant: DialectVariant, type: ValueType, param: Param) =>
  type.scalar === 'enum' || type.scalar === 'opaque'
    ? bound(param, (value) => encode(value, type))
    : bindValue(variant, param, type);

const relation =
  (operator: Sql): Spelling =>
  (variant, expression, type, param) =>
    isNoDay(type, param)
      ? sql`${expression} + 0 ${operator} ${bound(param, digitsOf)}`
      : sql`${expression} ${operator} ${operand(variant, type, param)}`;

/** Whether a date of a cursor or a global id is stored in the column but has no literal, such as `0000-00-00`. */
function isNoDay(type: ValueType, { source }: Param): boolean {
  const family = familyOf(type.scalar);
  if (source.kind !== 'constant' || (family !== 'date' && family !== 'timestamp')) return false;
  const text = String(source.value);
  return hasNoDay(text.slice(0, 10));
}

/** `2024-00-00T01:02:03.5` as the number that the server makes of it: 20240000010203.5. */
const digitsOf = (value: unknown) =>
  exactLiteral(String(value).replace('+00:00', '').replaceAll(/[-T:]/g, ''));

/** Range comparisons. Labels of a native enum are ordered as in its declaration. */
const ordering =
  (operator: Sql): Spelling =>
  (variant, expression, type, param) =>
    type.scalar === 'enum' && labelsOf(type) !== null
      ? sql`${expression} ${operator} ${labelNumber(param, type)}`
      : relation(operator)(variant, expression, type, param);

const years = { first: 1901, last: 2155 } as const;

/**
 * Range comparisons of a `year`, which holds 0 and the years from 1901 to 2155. The servers give wrong rows for bounds that it cannot hold,
 * and take 1 to 99 for years of a century, so that such a bound is moved to the next year that it holds.
 */
const fromYear = (year: number) => (year > 0 && year < years.first ? years.first : year);
const toYear = (year: number) => (year > 0 && year < years.first ? 0 : Math.min(year, years.last));
const yearBounds: Readonly<Partial<Record<Compared, (column: Sql, param: Param) => Sql>>> = {
  _gt: (column, param) =>
    sql`${column} >= ${bound(param, (value) => exactLiteral(fromYear(Number(value) + 1)))}`,
  _gte: (column, param) =>
    sql`${column} >= ${bound(param, (value) => exactLiteral(fromYear(Number(value))))}`,
  _lt: (column, param) =>
    sql`${column} <= ${bound(param, (value) => exactLiteral(toYear(Number(value) - 1)))}`,
  _lte: (column, param) => sql`${column} <= ${bound(param, (value) => exactLiteral(toYear(Number(value))))}`,
};

const isJson = (type: ValueType) => familyOf(type.scalar) === 'json';

/** A text that may be a date, a time or bytes within a document of MySQL, as fields show it. */
const nativeText =
  /^(?:\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d\.\d{6})?|-?\d{2,3}:\d\d:\d\d\.\d{6}|base64:type\d+:.*)$/s;

function hasNativeText(value: unknown): boolean {
  if (typeof value === 'string') return nativeText.test(value);
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some(hasNativeText);
}

/** A document to be compared with a given value. Where the value holds no such text, the document is compared as it is stored. */
function shownDocument(variant: DialectVariant, expression: Sql, param: Param): Sql {
  const isAsked = bound(param, (value) => exactLiteral(hasNativeText(value) ? 1 : 0));
  return variant.jsonAsShown?.(expression, isAsked) ?? expression;
}

const documentsEqual: Spelling = (variant, expression, type, param) =>
  variant.jsonEquals(shownDocument(variant, expression, param), bindValue(variant, param, type));
const equal: Spelling = (variant, expression, type, param) =>
  isJson(type)
    ? documentsEqual(variant, expression, type, param)
    : relation(sql`=`)(variant, expression, type, param);
const unequal: Spelling = (variant, expression, type, param) =>
  isJson(type)
    ? sql`not ${documentsEqual(variant, expression, type, param)}`
    : relation(sql`<>`)(variant, expression, type, param);

/** Text in a binary collation, which compares character by character. */
const exact = (expression: Sql) => sql`convert(${expression} using utf8mb4) collate utf8mb4_bin`;
const lowered = (expression: Sql) => sql`lower(${exact(expression)})`;

const literally = (value: string) => value.replaceAll(/[|%_]/g, '|$&');
const within = (value: string) => `%${literally(value)}%`;
const start = (value: string) => `${literally(value)}%`;
const end = (value: string) => `%${literally(value)}`;

/** Changes the escape character of a pattern from the backslash to the bar. */
function translated(pattern: string): string {
  return pattern.replaceAll(/\\(.?)|\|/gsu, (found, escaped?: string) => {
    if (found === '|') return '||';
    if (escaped === undefined || escaped === '')
      throw new FozError('data-exception', 'A pattern must not end with the escape character.');
    return literally(escaped);
  });
}

const pattern = (param: Param, change: (text: string) => string) =>
  bound(param, (value) => textLiteral(change(String(value))));
/** A LIKE pattern in the collation of the column. */
const ownPattern = (param: Param, change: (text: string) => string, type: ValueType) =>
  bound(param, (value) => encode(change(String(value)), type));

/** `first` finds candidates by the index, in the collation of the column. The exact comparison then decides. */
const like =
  (
    change: (text: string) => string,
    options: { readonly not?: boolean; readonly first?: boolean } = {},
  ): Spelling =>
  (_, expression, type, param) => {
    const decided = sql`${exact(expression)} ${options.not ? sql`not like` : sql`like`} ${pattern(param, change)} escape '|'`;
    return options.first
      ? sql`${expression} like ${ownPattern(param, change, type)} escape '|' and ${decided}`
      : decided;
  };

const ilike =
  (change: (text: string) => string, not = false): Spelling =>
  (_, expression, __, param) =>
    sql`${lowered(expression)} ${not ? sql`not like` : sql`like`} lower(${pattern(param, change)} collate utf8mb4_bin) escape '|'`;

/** As on PostgreSQL, a dot matches line ends, too. MySQL compiles the pattern even where the text is NULL. */
const regex =
  (flags: string, not = false): Spelling =>
  (_, expression, __, param) => {
    const compiled = pattern(param, (value) => `(?${flags})${value}`);
    return sql`if(${expression} is null, null, ${exact(expression)} ${not ? sql`not regexp` : sql`regexp`} ${compiled})`;
  };

/** The keys of an object, or the document itself: texts in an array count as keys. */
const keysOf = (document: Sql) =>
  sql`coalesce(json_keys(${document}), json_merge_preserve('[]', ${document}))`;
const keyTexts = (variant: DialectVariant, param: Param) =>
  variant.json(bound(param, (value) => textLiteral(JSON.stringify([value].flat().map(String)))));

const overlaps: Spelling = (variant, expression, _, param) =>
  sql`json_overlaps(${keysOf(shownDocument(variant, expression, param))}, ${keyTexts(variant, param)})`;
const hasAll: Spelling = (variant, expression, _, param) =>
  sql`json_contains(${keysOf(shownDocument(variant, expression, param))}, ${keyTexts(variant, param)})`;

/** More digits than these a double may change. */
const safeDigits = 15;

function hasManyDigits(value: unknown): boolean {
  if (value instanceof ExactNumber) return true;
  if (typeof value === 'number') return String(value).replace(/e.*|\D/g, '').length > safeDigits;
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some(hasManyDigits);
}

/** A document that JSON_CONTAINS searches for, or in. Throws FozError `data-exception` for numbers that the server does not distinguish. */
function searched(variant: DialectVariant, param: Param, type: ValueType): Sql {
  if (!variant.keepsNumbers) return bindValue(variant, param, type);
  const checked = (value: unknown) => {
    if (!hasManyDigits(value)) return encode(value, type);
    throw new FozError(
      'data-exception',
      `${variant.engine} searches documents for numbers as doubles, and does not tell numbers of more than ${safeDigits} digits apart: compare the whole document by _eq, or store such numbers as texts.`,
      { path: param.path },
    );
  };
  return variant.json(bound(param, checked));
}

const contains: Spelling = (variant, expression, type, param) =>
  isJson(type)
    ? sql`json_contains(${shownDocument(variant, expression, param)}, ${searched(variant, param, type)})`
    : like(within)(variant, expression, type, param);

/** Equality with a boolean that is stored as a number. An index finds every number; all but 0 are true. */
const truth: Spelling = (_, expression, type, param) => {
  const given = bound(param, (value) => encode(value, type));
  return sql`(${expression} = ${given} or ((${expression} < 0 or ${expression} > 1) and 1 = ${given}))`;
};

function compareTruth(
  variant: DialectVariant,
  expression: Sql,
  operator: Compared,
  param: Param,
  type: ValueType,
) {
  if (operator === '_eq') return truth(variant, expression, type, param);
  if (operator === '_neq') return sql`not ${truth(variant, expression, type, param)}`;
  const spelling: Spelling = (spellings as Partial<Record<Compared, Spelling>>)[operator]!;
  return spelling(variant, truthOf(expression), type, param);
}

const spellings = {
  _eq: equal,
  _neq: unequal,
  _gt: ordering(sql`>`),
  _gte: ordering(sql`>=`),
  _lt: ordering(sql`<`),
  _lte: ordering(sql`<=`),
  _is_distinct_from: (variant, expression, type, param) =>
    sql`not (${relation(sql`<=>`)(variant, expression, type, param)})`,
  _like: like(translated, { first: true }),
  _nlike: like(translated, { not: true }),
  _ilike: ilike(translated),
  _nilike: ilike(translated, true),
  _regex: regex('s'),
  _nregex: regex('s', true),
  _iregex: regex('si'),
  _niregex: regex('si', true),
  _contains: contains,
  _contained_in: (variant, expression, type, param) =>
    sql`json_contains(${searched(variant, param, type)}, ${shownDocument(variant, expression, param)})`,
  _icontains: ilike(within),
  _starts_with: like(start, { first: true }),
  _istarts_with: ilike(start),
  _ends_with: like(end),
  _iends_with: ilike(end),
  _has_key: overlaps,
  _has_keys_any: overlaps,
  _has_keys_all: hasAll,
} as const satisfies Partial<Record<Compared, Spelling>>;

/** Operators that both engines have. Full text search needs an index of its own, and there is no SIMILAR TO. */
export const comparisons = operatorSupport([
  ...(Object.keys(spellings) as Compared[]),
  '_is_null',
  '_between',
  '_in',
  '_nin',
]);

/** A column operator as a condition; parenthesised, so that it may stand anywhere. */
export function compare(
  variant: DialectVariant,
  expression: Sql,
  type: ValueType,
  operator: Compared,
  param: Param,
): Sql {
  const spelling: Spelling | undefined = (spellings as Partial<Record<Compared, Spelling>>)[operator];
  if (spelling === undefined)
    throw new FozError('not-supported', `${variant.engine} has no operator ${operator} (${param.path})`);
  const yearBound = isYear(type) ? yearBounds[operator] : undefined;
  if (yearBound !== undefined) return sql`(${yearBound(expression, param)})`;
  return isTruth(type)
    ? sql`(${compareTruth(variant, expression, operator, param, type)})`
    : sql`(${spelling(variant, expression, type, param)})`;
}
