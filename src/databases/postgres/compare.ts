import { familyOf, type Operator, operatorSupport, type ValueType } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import type { Param } from '../../plan/index.ts';
import { type Sql, sql, type TypedColumn } from '../../sql/index.ts';
import { arrayFrom, presentOf, usualIndexes } from './arrays.ts';
import { asJsonb } from './documents.ts';
import { castType, comparedBySelf, isHstore, isPadded } from './types.ts';
import { arrayText, bindList, bindText, bindTexts, bindValue, bound } from './values.ts';

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
  if (type.scalar === 'json' && !type.array) return { expression: asJsonb(expression, type), type: jsonb };
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

/**
 * Equality of two values. PostgreSQL's `=` distinguishes arrays whose first indexes differ; a field shows them alike. In its order they are
 * neighbours, so the two bounds (B-tree) or `@>` on the elements (GIN) can use an index. The last condition, on the array renumbered from 1,
 * decides.
 */
const equal: Spelling = (expression, type, param) => {
  if (!type.array) return relation(sql`=`)(expression, type, param);
  const left = comparable(expression, type);
  const among = (change: (values: readonly unknown[]) => string) =>
    bound(param, castType(left.type), (value) => change(value as readonly unknown[]));
  const low = among((values) => arrayFrom('lowest', values, left.type));
  const high = among((values) => arrayFrom('highest', values, left.type));
  const elements = among((values) => arrayText(presentOf(values), left.type));
  const x = left.expression;
  return sql`${x} >= ${low} and ${x} <= ${high} and ${x} @> ${elements} and ${usualIndexes(x, left.type)} = ${bindValue(param, left.type)}`;
};

const different =
  (operator: Sql): Spelling =>
  (expression, type, param) => {
    if (!type.array) return relation(operator)(expression, type, param);
    const left = comparable(expression, type);
    return sql`${usualIndexes(left.expression, left.type)} ${operator} ${bindValue(param, left.type)}`;
  };

const ordering =
  (operator: Sql, ofHstore: Sql): Spelling =>
  (expression, type, param) =>
    relation(isHstore(type) && !type.array ? ofHstore : operator)(expression, type, param);

/**
 * Pattern operators. Blank-padded text is matched without its padding. PostgreSQL has no patterns for collations that take different texts
 * for equal; such texts are matched by their characters.
 */
const matching =
  (operator: Sql, change?: (text: string) => string): Spelling =>
  (expression, type, param) =>
    sql`${matched(expression, type)} ${operator} ${bindText(param, change)}`;

function matched(expression: Sql, type: ValueType): Sql {
  if (isPadded(type)) return sql`${expression}::text`;
  return type.lenient && type.collation !== undefined ? sql`${expression} collate "default"` : expression;
}

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
    return sql`${asJsonb(expression, type)} ${operator} ${bindValue(param, jsonb)}`;
  };

const contains: Spelling = (expression, type, param) =>
  !type.array && familyOf(type.scalar) === 'text'
    ? matching(sql`like`, within)(expression, type, param)
    : containment(sql`@>`)(expression, type, param);

const spellings = {
  _eq: equal,
  _neq: different(sql`<>`),
  _gt: ordering(sql`>`, sql`#>#`),
  _gte: ordering(sql`>=`, sql`#>=#`),
  _lt: ordering(sql`<`, sql`#<#`),
  _lte: ordering(sql`<=`, sql`#<=#`),
  _is_distinct_from: different(sql`is distinct from`),
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
  _has_key: (expression, type, param) => sql`${asJsonb(expression, type)} ? ${bindText(param)}`,
  _has_keys_any: (expression, type, param) => sql`${asJsonb(expression, type)} ?| ${bindTexts(param)}`,
  _has_keys_all: (expression, type, param) => sql`${asJsonb(expression, type)} ?& ${bindTexts(param)}`,
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
  const [a, b] = [comparedWith(left, right.type), comparedWith(right, left.type)];
  if (one === undefined || other === undefined || one === other) return sql`${a} ${operator} ${b}`;
  return right.type.lenient && !left.type.lenient
    ? sql`${a} collate ${sql.nativeType(other)} ${operator} ${b}`
    : sql`${a} ${operator} ${b} collate ${sql.nativeType(one)}`;
}

/**
 * A column as it is compared with one of the type `other`. Beside a 64-bit float, a 32-bit one is the number that its digits say: 0.1 and not
 * 0.10000000149.
 */
function comparedWith({ expression, type }: TypedColumn, other: ValueType): Sql {
  const isNarrow = type.scalar === 'real' && other.scalar === 'float' && !type.array && !other.array;
  return isNarrow ? sql`${expression}::text::float8` : comparedBySelf(expression, type);
}
