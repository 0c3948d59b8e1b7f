import { type Operator, operatorSupport, type ValueType } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import type { Param } from '../../plan/index.ts';
import { type Sql, sql } from '../../sql/index.ts';
import { isCoarse } from './coarse.ts';
import { encode, encodeList } from './encode.ts';
import { type ComparisonSign, coarseRelation, givenMoment, signOf } from './moments.ts';
import { collated, exactCollation, isCodePage, isPadded, nativeOf, textForm } from './types.ts';
import { bindValue, bound, castTo, wireType } from './values.ts';

type Compared = Exclude<Operator, '_is_null' | '_between' | '_in' | '_nin'>;
type Spelling = (column: Sql, type: ValueType, param: Param) => Sql;

/** A Unicode text in the code page of a column; characters that the code page lacks become other ones. */
export function inCodePage(text: Sql, type: ValueType): Sql {
  const wide = nativeOf(type).size === 'max' ? sql`varchar(max)` : sql`varchar(8000)`;
  return sql`cast(${text}${collated(type)} as ${wide})`;
}

/**
 * A relation of a column and a value. For a column in a code page the value is converted, so that an index serves. Equality has a second
 * condition, which tells characters apart that the code page lacks. Others have none: collations whose name begins with SQL_ sort texts of a
 * code page by other rules than Unicode texts, and ORDER BY goes by the former ("Collation and Unicode support").
 */
const relation =
  (sign: ComparisonSign): Spelling =>
  (column, type, param) => {
    if (isCoarse(type)) return coarseRelation(column, type, sign, param);
    const operator = signOf(sign);
    const value = bindValue(param, type);
    const form = textForm(column, type);
    if (form !== null) return sql`${form} ${operator} ${value}`;
    if (type.scalar === 'bytea' && sign === equals)
      return sql`${column} = ${value} and ${sameLength(column, value)}`;
    if (!isCodePage(type)) return sql`${column} ${operator} ${value}`;
    const converted = sql`${column} ${operator} ${inCodePage(value, type)}`;
    return sign === equals ? sql`${converted} and ${column} = ${value}` : converted;
  };

const equals = '=';

/** Bytes are compared as if zeros followed the shorter ones, so that `0x` equals `0x00`. */
export function sameLength(left: Sql, right: Sql): Sql {
  return sql`datalength(${left}) = datalength(${right})`;
}

/** The opposite of equality where that is more than `=`. */
const unequal: Spelling = (column, type, param) => {
  const value = bindValue(param, type);
  if (type.scalar === 'bytea' || isCodePage(type) || isCoarse(type))
    return sql`not (${relation(equals)(column, type, param)})`;
  return sql`${textForm(column, type) ?? column} <> ${value}`;
};

/** CASE has a value where a comparison with NULL has none. */
const distinct: Spelling = (column, type, param) => {
  const equal = relation(equals)(column, type, param);
  const value = isCoarse(type) ? givenMoment(param, type) : bindValue(param, type);
  const bothNull = sql`${column} is null and ${value} is null`;
  return sql`case when (${equal}) or (${bothNull}) then 0 else 1 end = 1`;
};

/**
 * Text in a collation that compares character by character. COLLATE converts a text of a code page to that of the named collation
 * ("Collation precedence"), so such a text becomes Unicode first. LIKE counts the blanks of padded texts.
 */
const exact = (column: Sql, type: ValueType) => {
  const unicode = isCodePage(type) ? sql`cast(${column} as nvarchar(max))` : column;
  const text = textForm(column, type) ?? (isPadded(type) ? sql`rtrim(${unicode})` : unicode);
  return sql`${text}${exactCollation}`;
};

/**
 * Whether LIKE in the collation of the column finds at least what the exact comparison finds. In collations of languages that read two letters
 * as one, as `aa` in Danish, it does not; nor for padded texts.
 */
function findsCandidates(type: ValueType): boolean {
  return !isPadded(type) && /^(?:SQL_)?Latin1_General|_BIN2?(?:_|$)/i.test(nativeOf(type).collation ?? '');
}

/** A wildcard between brackets stands for itself ("LIKE", using wildcard characters as literals). */
const literally = (value: string) => value.replaceAll(/[%_[]/g, '[$&]');
const within = (value: string) => `%${literally(value)}%`;
const start = (value: string) => `${literally(value)}%`;
const end = (value: string) => `%${literally(value)}`;

/** A pattern with `%`, `_` and the backslash as escape character in the server's spelling. */
function translated(pattern: string): string {
  return pattern.replaceAll(/\\(.?)|\[/gsu, (found, escaped?: string) => {
    if (found === '[') return '[[]';
    if (escaped === undefined || escaped === '')
      throw new FozError('data-exception', 'A pattern must not end with the escape character.');
    return literally(escaped);
  });
}

const pattern = (param: Param, change: (text: string) => string) =>
  bound(param, (value) => change(encode(value, { scalar: 'text', array: false })));

/** `first` finds candidates by the index, in the collation of the column. The exact comparison then decides. */
const like =
  (
    change: (text: string) => string,
    options: { readonly not?: boolean; readonly first?: boolean } = {},
  ): Spelling =>
  (column, type, param) => {
    const text = pattern(param, change);
    const decided = sql`${exact(column, type)} ${options.not ? sql`not like` : sql`like`} ${text}`;
    return options.first && textForm(column, type) === null && findsCandidates(type)
      ? sql`${column} like ${text} and ${decided}`
      : decided;
  };

const ilike =
  (change: (text: string) => string, not = false): Spelling =>
  (column, type, param) =>
    sql`lower(${exact(column, type)}) ${not ? sql`not like` : sql`like`} lower(${pattern(param, change)}${exactCollation})`;

const spellings = {
  _eq: relation(equals),
  _neq: unequal,
  _gt: relation('>'),
  _gte: relation('>='),
  _lt: relation('<'),
  _lte: relation('<='),
  _is_distinct_from: distinct,
  _like: like(translated, { first: true }),
  _nlike: like(translated, { not: true }),
  _ilike: ilike(translated),
  _nilike: ilike(translated, true),
  _contains: like(within),
  _icontains: ilike(within),
  _starts_with: like(start, { first: true }),
  _istarts_with: ilike(start),
  _ends_with: like(end),
  _iends_with: ilike(end),
} as const satisfies Partial<Record<Compared, Spelling>>;

/** Regular expressions came with SQL Server 2025 only, and documents are not compared by meaning. */
export const comparisons = operatorSupport(
  [...(Object.keys(spellings) as Compared[]), '_is_null', '_between', '_in', '_nin'],
  { _eq: ['json'], _neq: ['json'], _contains: ['json'] },
);

/** A column operator as a condition; parenthesised, so that it may stand anywhere. */
export function compare(column: Sql, type: ValueType, operator: Compared, param: Param): Sql {
  const spelling: Spelling | undefined = (spellings as Partial<Record<Compared, Spelling>>)[operator];
  if (spelling === undefined)
    throw new FozError('not-supported', `SQL Server has no operator ${operator} (${param.path})`);
  return sql`(${spelling(column, type, param)})`;
}

/** `expression in (list)`. The list is one parameter however long it is: the server takes 2,100 of them ("Maximum capacity specifications"). */
export function inList(column: Sql, type: ValueType, param: Param): Sql {
  const wire = wireType(type);
  const { size } = nativeOf(type);
  const most = size !== null && /^\d+$/.test(size) && Number(size) <= 4000 ? 4000 : null;
  const list = sql.bind(param, (values) => encodeList(values, type, most));
  const from = sql`openjson(${list}) with (v ${wire} '$')`;
  const element = sql`v`;
  const form = textForm(column, type);
  if (form !== null) return sql`${form} in (select ${element} from ${from})`;
  if (type.scalar === 'bytea') {
    const bytes = castTo(element, type);
    const found = sql`exists (select 1 from ${from} where ${column} = ${bytes} and ${sameLength(column, bytes)})`;
    return sql`(${column} in (select ${bytes} from ${from}) and (${column} is null or ${found}))`;
  }
  if (!isCodePage(type))
    return sql`${column} in (select ${castTo(element, type)}${collated(type)} from ${from})`;
  return sql`(${column} in (select ${inCodePage(element, type)} from ${from}) and ${column} in (select ${element}${collated(type)} from ${from}))`;
}
