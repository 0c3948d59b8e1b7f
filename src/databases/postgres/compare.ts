import { familyOf, type Operator, operatorSupport, type ValueType } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import type { Param } from '../../plan/index.ts';
import { type Sql, sql, type TypedColumn } from '../../sql/index.ts';
import { castType, comparedBySelf, isPadded } from './types.ts';
import { bindList, bindText, bindTexts, bindValue } from './values.ts';

type Compared = Exclude<Operator, '_is_null' | '_between' | '_in' | '_nin'>;
type Spelling = (expression: Sql, type: ValueType, param: Param) => Sql;

const text: ValueType = { scalar: 'text', array: false };
const jsonb: ValueType = { scalar: 'jsonb', array: false };

/**
 * The expression and type to compare by. Types without an `=`, such as `json`, are compared as text. PostgreSQL only compares arrays of the
 * same type, and an array of a domain differs in type from an array of its base type, so arrays are cast. Other casts change nothing.
 */
function comparable(expression: Sql, type: ValueType): { expression: Sql; type: ValueType } {
  const suffix = type.array ? sql`[]` : sql.empty;
  if (type.scalar === 'json')
    return { expression: sql`${expression}::jsonb${suffix}`, type: { ...jsonb, array: type.array } };
  if (type.scalar === 'opaque' && !comparesItself(type))
    return { expression: sql`${expression}::text${suffix}`, type: { ...text, array: type.array } };
  if (type.array) return { expression: sql`${expression}::${castType(type)}`, type };
  return { expression: comparedBySelf(expression, type), type };
}

/** Whether the type has its own `=`. Arrays need elements with an order. */
function comparesItself({ compares, array }: ValueType): boolean {
  return compares === 'order' || (compares === 'equality' && !array);
}

const relation =
  (operator: Sql): Spelling =>
  (expression, type, param) => {
    const left = comparable(expression, type);
    return sql`${left.expression} ${operator} ${bindValue(param, left.type)}`;
  };

/** Pattern operators. Blank-padded text is matched without its padding. */
const matching =
  (operator: Sql, change?: (text: string) => string): Spelling =>
  (expression, type, param) =>
    sql`${isPadded(type) ? sql`${expression}::text` : expression} ${operator} ${bindText(param, change)}`;

/** Throws FozError `data-exception` for a pattern that ends in a backslash. PostgreSQL itself reports it only for rows that match up to there. */
function complete(pattern: string): string {
  if (/(?<!\\)(?:\\\\)*\\$/.test(pattern))
    throw new FozError('data-exception', 'A pattern must not end with the escape character.');
  return pattern;
}

const literal = (value: string) => value.replaceAll(/[\\%_]/g, '\\$&');
const within = (value: string) => `%${literal(value)}%`;
const start = (value: string) => `${literal(value)}%`;
const end = (value: string) => `%${literal(value)}`;

const containment =
  (operator: Sql): Spelling =>
  (expression, type, param) => {
    if (type.array) {
      const left = comparable(expression, type);
      return sql`${left.expression} ${operator} ${bindList(param, left.type)}`;
    }
    return sql`${expression}::jsonb ${operator} ${bindValue(param, jsonb)}`;
  };

const contains: Spelling = (expression, type, param) =>
  !type.array && familyOf(type.scalar) === 'text'
    ? matching(sql`like`, within)(expression, type, param)
    : containment(sql`@>`)(expression, type, param);

const spellings = {
  _eq: relation(sql`=`),
  _neq: relation(sql`<>`),
  _gt: relation(sql`>`),
  _gte: relation(sql`>=`),
  _lt: relation(sql`<`),
  _lte: relation(sql`<=`),
  _is_distinct_from: relation(sql`is distinct from`),
  _like: matching(sql`like`, complete),
  _nlike: matching(sql`not like`, complete),
  _ilike: matching(sql`ilike`, complete),
  _nilike: matching(sql`not ilike`, complete),
  _regex: matching(sql`~`),
  _nregex: matching(sql`!~`),
  _iregex: matching(sql`~*`),
  _niregex: matching(sql`!~*`),
  _similar: matching(sql`similar to`),
  _nsimilar: matching(sql`not similar to`),
  _contains: contains,
  _contained_in: containment(sql`<@`),
  _icontains: matching(sql`ilike`, within),
  _starts_with: matching(sql`like`, start),
  _istarts_with: matching(sql`ilike`, start),
  _ends_with: matching(sql`like`, end),
  _iends_with: matching(sql`ilike`, end),
  _search: (expression, _, param) =>
    sql`to_tsvector('simple', ${expression}) @@ websearch_to_tsquery('simple', ${bindText(param)})`,
  _has_key: (expression, _, param) => sql`${expression}::jsonb ? ${bindText(param)}`,
  _has_keys_any: (expression, _, param) => sql`${expression}::jsonb ?| ${bindTexts(param)}`,
  _has_keys_all: (expression, _, param) => sql`${expression}::jsonb ?& ${bindTexts(param)}`,
} as const satisfies Record<Compared, Spelling>;

/** Supported operators: all. */
export const comparisons = operatorSupport([
  ...(Object.keys(spellings) as Compared[]),
  '_is_null',
  '_between',
  '_in',
  '_nin',
]);

/** A column operator as a condition; parenthesised, so that it may stand anywhere. */
export function compare(expression: Sql, type: ValueType, operator: Compared, param: Param): Sql {
  const spelling: Spelling | undefined = spellings[operator];
  if (spelling === undefined)
    throw new FozError('not-supported', `PostgreSQL has no operator ${operator} (${param.path})`);
  return sql`(${spelling(expression, type, param)})`;
}

/** `expression in (list)`; false for an empty list. */
export function inList(expression: Sql, type: ValueType, param: Param): Sql {
  const left = comparable(expression, type);
  return sql`${left.expression} = any(${bindList(param, left.type)})`;
}

/**
 * Compares two columns. Two collations, neither of them the default, conflict until one is named: the left one, whose index can be used; or
 * the right one where it alone takes different texts for equal, since foreign keys go by it.
 */
export function compareColumns(left: TypedColumn, operator: Sql, right: TypedColumn): Sql {
  const [one, other] = [left.type.collation, right.type.collation];
  const [a, b] = [left, right].map(({ expression, type }) => comparedBySelf(expression, type)) as [Sql, Sql];
  if (one === undefined || other === undefined || one === other) return sql`${a} ${operator} ${b}`;
  return right.type.lenient && !left.type.lenient
    ? sql`${a} collate ${sql.nativeType(other)} ${operator} ${b}`
    : sql`${a} ${operator} ${b} collate ${sql.nativeType(one)}`;
}
