import type { Operator, ValueType } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import type { Param } from '../../plan/index.ts';
import { type Sql, sql } from '../../sql/index.ts';
import { bindElements, bindText, bindValue } from './values.ts';

export type Compared = Exclude<Operator, '_is_null' | '_between' | '_in' | '_nin'>;
export type Spelling = (expression: Sql, type: ValueType, param: Param) => Sql;

/** Case and accents count, whatever the column's own collation says. */
export const exact = (expression: Sql) => sql`convert(${expression} using utf8mb4) collate utf8mb4_bin`;
const folded = (expression: Sql) => sql`lower(convert(${expression} using utf8mb4)) collate utf8mb4_bin`;

const relation =
  (operator: Sql): Spelling =>
  (expression, _type, param) =>
    sql`${expression} ${operator} ${bindValue(param)}`;

const matching =
  (operator: Sql, change?: (text: string) => string): Spelling =>
  (expression, _type, param) =>
    sql`${exact(expression)} ${operator} ${bindText(param, change)}`;

const foldedMatching =
  (operator: Sql, change?: (text: string) => string): Spelling =>
  (expression, _type, param) =>
    sql`${folded(expression)} ${operator} lower(${bindText(param, change)})`;

const literal = (value: string) => value.replaceAll(/[\\%_]/g, '\\$&');
const within = (value: string) => `%${literal(value)}%`;
const start = (value: string) => `${literal(value)}%`;
const end = (value: string) => `%${literal(value)}`;

/** `$."key"` */
export const memberPath = (key: string) => `$.${JSON.stringify(key)}`;

const anyPath =
  (kind: Sql): Spelling =>
  (expression, _type, param) => {
    const capacity = param.capacity ?? 0;
    if (capacity === 0) return sql`1 = ${kind === one ? sql`0` : sql`1`}`;
    const paths = Array.from({ length: capacity }, (_, index) =>
      sql.bind(param, (value) => {
        const keys = value as readonly string[];
        return memberPath(keys[Math.min(index, keys.length - 1)]!);
      }),
    );
    return sql`json_contains_path(${expression}, ${kind}, ${sql.join(paths)})`;
  };
const one = sql`'one'`;
const every = sql`'all'`;

/** How the two engines compare; what differs comes from `engine`. */
export function comparisonsOf(engine: {
  readonly regex: (negated: boolean, insensitive: boolean) => Spelling;
  readonly jsonEquals: Spelling;
}) {
  const equal: Spelling = (expression, type, param) =>
    type.scalar === 'json' || type.scalar === 'jsonb'
      ? engine.jsonEquals(expression, type, param)
      : relation(sql`=`)(expression, type, param);
  const spellings: Readonly<Partial<Record<Compared, Spelling>>> = {
    _eq: equal,
    _neq: (expression, type, param) =>
      type.scalar === 'json' || type.scalar === 'jsonb'
        ? sql`not ${engine.jsonEquals(expression, type, param)}`
        : relation(sql`<>`)(expression, type, param),
    _gt: relation(sql`>`),
    _gte: relation(sql`>=`),
    _lt: relation(sql`<`),
    _lte: relation(sql`<=`),
    _is_distinct_from: (expression, _type, param) => sql`not (${expression} <=> ${bindValue(param)})`,
    _like: matching(sql`like`),
    _nlike: matching(sql`not like`),
    _ilike: foldedMatching(sql`like`),
    _nilike: foldedMatching(sql`not like`),
    _regex: engine.regex(false, false),
    _nregex: engine.regex(true, false),
    _iregex: engine.regex(false, true),
    _niregex: engine.regex(true, true),
    _contains: (expression, type, param) =>
      type.scalar === 'json' || type.scalar === 'jsonb'
        ? sql`json_contains(${expression}, ${bindValue(param)})`
        : matching(sql`like`, within)(expression, type, param),
    _icontains: foldedMatching(sql`like`, within),
    _starts_with: matching(sql`like`, start),
    _istarts_with: foldedMatching(sql`like`, start),
    _ends_with: matching(sql`like`, end),
    _iends_with: foldedMatching(sql`like`, end),
    _contained_in: (expression, _type, param) => sql`json_contains(${bindValue(param)}, ${expression})`,
    _has_key: (expression, _type, param) =>
      sql`json_contains_path(${expression}, 'one', ${bindText(param, memberPath)})`,
    _has_keys_any: anyPath(one),
    _has_keys_all: anyPath(every),
  };
  return {
    operators: new Set<Operator>([
      ...(Object.keys(spellings) as Compared[]),
      '_is_null',
      '_between',
      '_in',
      '_nin',
    ]) as ReadonlySet<Operator>,
    compare(expression: Sql, type: ValueType, operator: Compared, param: Param): Sql {
      const spelling = spellings[operator];
      if (spelling === undefined)
        throw new FozError('not-supported', `This database has no operator ${operator} (${param.path}).`);
      // Types that are only known as text are compared as text.
      const left = type.scalar === 'opaque' ? sql`cast(${expression} as char)` : expression;
      return sql`(${spelling(left, type, param)})`;
    },
  };
}

/** `expression in (?, ?, ...)`; false for an empty list. */
export function inPlaces(expression: Sql, type: ValueType, param: Param, capacity: number): Sql {
  if (capacity === 0) return sql`1 = 0`;
  return sql`${expression} in (${sql.join(bindElements(param, type, capacity))})`;
}
