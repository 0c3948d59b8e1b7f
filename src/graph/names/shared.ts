import { type Naming, type Operator, operators, type Scalar, scalars } from '../../catalog/index.ts';
import { scalarName } from '../scalars/types.ts';
import { word } from './conventions.ts';
import { capitalise, pascalCase } from './identifier.ts';
import { nodeTypeName } from './node.ts';

/** Names of types that belong to no table, in snake case. */
const sharedWords = ['order_by', 'cursor_ordering', 'time_bucket', 'change_op'] as const;
export type SharedWord = (typeof sharedWords)[number];

/** `order_by` or `OrderBy`. */
export function sharedName(naming: Naming, name: SharedWord): string {
  return naming === 'hasura-default' ? name : pascalCase(name);
}

/** The type of page information; it has this name in both conventions. */
export const pageInfoName = 'PageInfo';

/** `query_root`, as Hasura calls it in both conventions. */
export function rootTypeName(operation: 'query' | 'mutation' | 'subscription'): string {
  return `${operation}_root`;
}

/** The type of a namespace field: `shop_query`. */
export function namespaceTypeName(
  namespace: string,
  operation: 'query' | 'mutation' | 'subscription',
): string {
  return `${namespace}_${operation}`;
}

const groups: Readonly<Record<string, readonly Operator[]>> = {
  order: ['_gt', '_gte', '_lt', '_lte', '_between'],
  likes: ['_like', '_nlike', '_ilike', '_nilike'],
  regexes: ['_regex', '_nregex', '_iregex', '_niregex'],
  similars: ['_similar', '_nsimilar'],
  affixes: ['_contains', '_icontains', '_starts_with', '_istarts_with', '_ends_with', '_iends_with'],
  containment: ['_contains', '_contained_in'],
  keys: ['_has_key', '_has_keys_any', '_has_keys_all'],
  search: ['_search'],
};
const core: ReadonlySet<Operator> = new Set(
  (Object.keys(operators) as Operator[]).filter((operator) => operators[operator].families.length > 5),
);

/**
 * The words that name a comparison type by its operators: none for all that its scalar can have, `core` for those
 * that most scalars share, otherwise `without` and the missing ones (complete groups by their name). The words
 * depend on the operators alone, so that attaching another source renames nothing.
 */
export function classWords(all: readonly Operator[], offered: readonly Operator[]): string[] {
  const missing = new Set(all.filter((operator) => !offered.includes(operator)));
  if (missing.size === 0) return [];
  const common = all.filter((operator) => core.has(operator));
  if (common.length === offered.length && common.every((operator) => offered.includes(operator)))
    return ['core'];
  const words = ['without'];
  for (const [name, members] of Object.entries(groups)) {
    if (members.every((operator) => missing.has(operator))) {
      words.push(name);
      for (const operator of members) missing.delete(operator);
    }
  }
  return [...words, ...[...missing].map((operator) => operator.slice(1))];
}

/** `String_comparison_exp`, `String_core_comparison_exp`, `Int_array_comparison_exp`, in graphql-default `StringComparisonExp`. */
export function comparisonName(
  naming: Naming,
  scalar: Scalar,
  array: boolean,
  words: readonly string[],
): string {
  const plain = scalars[scalar].name === 'String' && scalar !== 'text' ? scalar : scalarName(naming, scalar);
  return joined(naming, plain, [...(array ? ['array'] : []), ...words, 'comparison_exp']);
}

/** The comparison type of a native enum. */
export function enumComparisonName(naming: Naming, enumName: string, array: boolean): string {
  return joined(naming, enumName, array ? ['array', 'comparison_exp'] : ['comparison_exp']);
}

/** Comparisons of an aggregate in `having`: `numeric_having_exp`. */
export function havingName(naming: Naming, typeName: string): string {
  return joined(naming, typeName, ['having_exp']);
}

function joined(naming: Naming, first: string, rest: readonly string[]): string {
  if (naming === 'hasura-default') return [first, ...rest].join('_');
  return capitalise(first) + rest.map(pascalCase).join('');
}

const reserved = new Set<string>([
  'Int',
  'Float',
  'String',
  'Boolean',
  'ID',
  pageInfoName,
  nodeTypeName,
  ...(['query', 'mutation', 'subscription'] as const).map(rootTypeName),
  ...sharedWords.flatMap((name) => [sharedName('hasura-default', name), sharedName('graphql-default', name)]),
  ...Object.values(scalars).flatMap(({ name, graphqlDefault }) => [name, graphqlDefault]),
]);
const reservedEnding = /(?:_comparison_exp|_having_exp|ComparisonExp|HavingExp)$/;

/** Whether the type name is one of Foz's own, in either convention. */
export function isReservedType(name: string): boolean {
  return reserved.has(name) || reservedEnding.test(name);
}

const scalarNames = Object.values(scalars).flatMap(({ name, graphqlDefault }) => [name, graphqlDefault]);
const reservedStart = new RegExp(`^(?:${scalarNames.join('|')})_?(?:array|core|without)`, 'i');

/** Whether the comparison type of an enum of this name could be confused with that of a scalar. */
export function isReservedEnum(name: string): boolean {
  return isReservedType(name) || reservedStart.test(name);
}

/** The name with a suffix, for a table or an enum whose own name is reserved. */
export function renamed(naming: Naming, name: string, what: 'table' | 'enum'): string {
  return naming === 'hasura-default' ? `${name}_${what}` : name + capitalise(what);
}

/** The only field of an otherwise empty root type, since GraphQL has no empty types. */
export const emptyRootField = word('hasura-default', 'no_tables');
