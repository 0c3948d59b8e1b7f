import { familyOf, type Scalar, type ScalarFamily, type ValueType } from './scalars.ts';

/** The operand of an operator. `same`: a value of the column's type; `list`: a list of such values; `pair`: exactly two. */
export type OperandKind = 'same' | 'list' | 'pair' | 'boolean' | 'text' | 'text list';

interface OperatorFacts {
  readonly operand: OperandKind;
  /** Families the operator makes sense for. An engine may support fewer (Capabilities.operators). */
  readonly families: readonly ScalarFamily[];
  /** Whether the operator applies to single values, to arrays, or to both. */
  readonly on: 'value' | 'array' | 'both';
  /**
   * The database may refuse an operand, such as a broken pattern. Planning then hides rows that the role cannot see from the comparison,
   * since the error would reveal them.
   */
  readonly canFail?: true;
}

const all: readonly ScalarFamily[] = [
  'boolean',
  'integer',
  'decimal',
  'float',
  'text',
  'uuid',
  'date',
  'time',
  'timestamp',
  'interval',
  'bytes',
  'enum',
  'json',
  'opaque',
];
const equatable = all.filter((family) => family !== 'json');
const ordered = equatable.filter((family) => family !== 'bytes' && family !== 'opaque');
const text: readonly ScalarFamily[] = ['text'];
const json: readonly ScalarFamily[] = ['json'];
const op = (
  operand: OperandKind,
  families: readonly ScalarFamily[],
  on: OperatorFacts['on'] = 'value',
): OperatorFacts => ({
  operand,
  families,
  on,
});

/** An operator on texts whose operand is a pattern or a query, which may be invalid. */
const pattern = { ...op('text', text), canFail: true } as const;

/**
 * Every column operator of the API by its GraphQL name, which is the same in both naming conventions. `_contains`
 * differs for text, JSON and arrays.
 */
export const operators = {
  _eq: op('same', [...equatable, 'json'], 'both'),
  _neq: op('same', [...equatable, 'json'], 'both'),
  _gt: op('same', ordered),
  _gte: op('same', ordered),
  _lt: op('same', ordered),
  _lte: op('same', ordered),
  _in: op('list', equatable),
  _nin: op('list', equatable),
  _is_null: op('boolean', [...all, 'geometry'], 'both'),
  _between: op('pair', ordered),
  _is_distinct_from: op('same', equatable),
  _like: op('text', text),
  _nlike: op('text', text),
  _ilike: op('text', text),
  _nilike: op('text', text),
  _regex: pattern,
  _nregex: pattern,
  _iregex: pattern,
  _niregex: pattern,
  _similar: pattern,
  _nsimilar: pattern,
  _contains: op('same', ['text', 'json'], 'both'),
  _icontains: op('text', text),
  _starts_with: op('text', text),
  _istarts_with: op('text', text),
  _ends_with: op('text', text),
  _iends_with: op('text', text),
  _search: pattern,
  _contained_in: op('same', json, 'both'),
  _has_key: op('text', json),
  _has_keys_any: op('text list', json),
  _has_keys_all: op('text list', json),
} as const satisfies Record<string, OperatorFacts>;

export type Operator = keyof typeof operators;

/** The operators that an engine supports, each with the families for which it does not. */
export type OperatorSupport = ReadonlyMap<Operator, ReadonlySet<ScalarFamily>>;

/** Whether a database may refuse an operand of the operator. */
export function mayRefuse(operator: Operator): boolean {
  const { canFail }: OperatorFacts = operators[operator];
  return canFail === true;
}

/** Builds an OperatorSupport. `lacking`: families that an operator does not support, as `{ _contains: ['json'] }`. */
export function operatorSupport(
  names: Iterable<Operator>,
  lacking: Readonly<Partial<Record<Operator, readonly ScalarFamily[]>>> = {},
): OperatorSupport {
  return new Map([...names].map((operator) => [operator, new Set(lacking[operator])]));
}

/** Whether an engine supports an operator for columns of a type. */
export function isSupported(
  support: OperatorSupport,
  operator: Operator,
  { scalar, array }: Pick<ValueType, 'scalar' | 'array'>,
): boolean {
  const lacking = support.get(operator);
  return lacking !== undefined && (array || !lacking.has(familyOf(scalar)));
}

/** Whether values of a type can be grouped and made distinct, which databases do by sorting. */
export function sortsItself({ compares }: ValueType): boolean {
  return compares === undefined || compares === 'order';
}

const byOrder: ReadonlySet<Operator> = new Set<Operator>(['_gt', '_gte', '_lt', '_lte', '_between']);

/** Whether an operator makes sense for a type, whichever engine it is on. */
export function appliesTo(operator: Operator, { scalar, array, compares }: ValueType): boolean {
  if (operator !== '_is_null' && compares === 'none') return false;
  const { on, families }: OperatorFacts = operators[operator];
  const family = familyOf(scalar);
  if (!array)
    return on !== 'array' && (families.includes(family) || (compares === 'order' && byOrder.has(operator)));
  if (operator === '_is_null') return true;
  return on !== 'value' && family !== 'geometry' && family !== 'json';
}

/** Aggregate functions of `<table>_aggregate`, without `count`. `result`: how the result type follows from the column's. */
export const aggregates = {
  sum: { families: ['integer', 'decimal', 'float'], result: 'sum' },
  avg: { families: ['integer', 'decimal', 'float'], result: 'float' },
  min: {
    families: ['integer', 'decimal', 'float', 'text', 'date', 'time', 'timestamp', 'interval'],
    result: 'same',
  },
  max: {
    families: ['integer', 'decimal', 'float', 'text', 'date', 'time', 'timestamp', 'interval'],
    result: 'same',
  },
  stddev: { families: ['integer', 'decimal', 'float'], result: 'float' },
  stddev_pop: { families: ['integer', 'decimal', 'float'], result: 'float' },
  stddev_samp: { families: ['integer', 'decimal', 'float'], result: 'float' },
  variance: { families: ['integer', 'decimal', 'float'], result: 'float' },
  var_pop: { families: ['integer', 'decimal', 'float'], result: 'float' },
  var_samp: { families: ['integer', 'decimal', 'float'], result: 'float' },
} as const satisfies Record<
  string,
  { readonly families: readonly ScalarFamily[]; readonly result: 'sum' | 'float' | 'same' }
>;

export type AggregateFunction = keyof typeof aggregates;

const sums: Readonly<Partial<Record<Scalar, Scalar>>> = {
  smallint: 'bigint',
  int: 'bigint',
  bigint: 'numeric',
  real: 'float',
};

/** The result type of an aggregate. Sums widen, averages and deviations are floats, extremes keep the type. */
export function aggregateType(fn: AggregateFunction, type: ValueType): ValueType {
  const { result } = aggregates[fn];
  if (result === 'same') return type;
  if (result === 'float') return { scalar: 'float', array: false };
  return { scalar: sums[type.scalar] ?? type.scalar, array: false, scale: type.scale };
}

/** Truncations that `group_by` can apply to dates and timestamps. */
export const buckets = ['year', 'quarter', 'month', 'week', 'day', 'hour', 'minute'] as const;
export type Bucket = (typeof buckets)[number];
