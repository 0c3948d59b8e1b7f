import {
  type AggregateFunction,
  aggregates,
  type Bucket,
  familyOf,
  type ValueType,
} from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import type { Capabilities, Direction, OnConflict, Param } from '../../plan/index.ts';
import { type Dialect, type Sql, sql } from '../../sql/index.ts';
import { comparisonsOf, exact, inPlaces, memberPath, type Spelling } from './compare.ts';
import { flat, textOf } from './scalars.ts';
import { bindDocument, bindText, bindTuple, bindValue, encode } from './values.ts';

const name = (text: string) => sql.name(text, '`', '`');

/** What MySQL and MariaDB do not have in common. */
export interface Difference {
  readonly engine: string;
  readonly lateral: boolean;
  readonly limitedUnion: boolean;
  readonly returning: Capabilities['returning'];
  readonly regex: (negated: boolean, insensitive: boolean) => Spelling;
  readonly jsonEquals: Spelling;
}

export const mysqlDifference: Difference = {
  engine: 'mysql',
  lateral: true,
  limitedUnion: false,
  returning: { insert: false, update: false, delete: false },
  regex: (negated, insensitive) => (expression, _type, param) => {
    const flags = insensitive ? sql`'i'` : sql`'c'`;
    const match = sql`regexp_like(${exact(expression)}, ${bindText(param)}, ${flags})`;
    return negated ? sql`not ${match}` : match;
  },
  jsonEquals: (expression, _type, param) => sql`(${expression} = cast(${bindValue(param)} as json))`,
};

/** How MySQL, or a variant of it, spells things. Rows do not nest: each level is a statement of its own. */
export function mysqlDialect(difference: Difference): Dialect {
  const { operators, compare } = comparisonsOf(difference);
  const capabilities: Capabilities = {
    operators,
    aggregates: new Set(Object.keys(aggregates) as AggregateFunction[]),
    nesting: 'batched',
    combinedRoots: false,
    returning: difference.returning,
    conflictTarget: false,
    conflictWhere: false,
    arrays: false,
    jsonWrite: false,
    jsonPath: true,
    defaultKeyword: true,
    listsByCapacity: true,
  };
  return {
    engine: difference.engine,
    capabilities,
    placeholder: () => '?',
    name,
    table: (table) =>
      table.namespace === null ? name(table.name) : sql`${name(table.namespace)}.${name(table.name)}`,
    flat,
    textOf,
    json: notNested,
    bind: bindValue,
    bindCount: (param) => sql.bind(param, String),
    encode,
    compare,
    inList: (expression, type, param) => {
      if (param.capacity !== undefined) return inPlaces(expression, type, param, param.capacity);
      return sql`${expression} in (select ${name('k0')} from ${keyTable(param, [type])})`;
    },
    inKeys,
    keyRows: (param, alias) => keyRows(param, alias),
    jsonObject: notNested,
    jsonArray: notNested,
    jsonText: notNested,
    jsonPath: (expression, _type, path) =>
      sql`json_extract(${expression}, ${bindText(constantText(pathText(path)))})`,
    order,
    limit,
    lateral: difference.lateral,
    limitedUnion: difference.limitedUnion,
    aggregate,
    countDistinct: (expressions) => sql`count(distinct ${sql.join(expressions)})`,
    bucket,
    onConflict,
    jsonWrite: () => {
      throw new FozError('not-supported', 'This database cannot change parts of a JSON value.');
    },
    defaultValues: sql`() values ()`,
  };
}

function notNested(): Sql {
  throw new FozError('unexpected', 'rows do not nest on this engine');
}

function constantText(value: string): Param {
  return {
    type: { scalar: 'text', array: false },
    shape: 'value',
    source: { kind: 'constant', value },
    path: '$',
  };
}

function pathText(path: readonly string[]): string {
  return path.reduce(
    (text, step) => text + (/^\d+$/.test(step) ? `[${step}]` : memberPath(step).slice(1)),
    '$',
  );
}

/** Column type of a key inside JSON_TABLE, so that it compares with the column as a value of the column's own type. */
function keyType(type: ValueType): Sql {
  switch (familyOf(type.scalar)) {
    case 'boolean':
      return sql`tinyint`;
    case 'integer':
      return sql`bigint`;
    case 'decimal':
      return sql`decimal(65,30)`;
    case 'float':
      return sql`double`;
    case 'date':
      return sql`date`;
    case 'time':
      return sql`time(6)`;
    case 'timestamp':
      return sql`datetime(6)`;
    default: {
      const collation = type.nativeType ?? 'utf8mb4_bin';
      return sql`varchar(1024) character set ${sql.nativeType(collation.split('_')[0]!)} collate ${sql.nativeType(collation)}`;
    }
  }
}

function keyTable(param: Param, types: readonly ValueType[]): Sql {
  const columns = types.map(
    (type, index) => sql`${name(`k${index}`)} ${keyType(type)} path ${sql.text(`$[${index}]`)}`,
  );
  if (param.shape === 'ranks') columns.push(sql`${name('r')} bigint path ${sql.text(`$[${types.length}]`)}`);
  return sql`json_table(${bindDocument(param, types)}, '$[*]' columns (${name('n')} for ordinality, ${sql.join(columns)})) ${name('foz_keys')}`;
}

function keyRows(param: Param, alias: Sql): Sql {
  const types = param.keyTypes!;
  const columns = types.map((_, index) => name(`k${index}`));
  if (param.shape === 'ranks') columns.push(name('r'));
  return sql`(select ${name('n')} - 1 as ${name('i')}, ${sql.join(columns)} from ${keyTable(param, types)}) ${alias}`;
}

function inKeys(expressions: readonly Sql[], param: Param): Sql {
  const types = param.keyTypes!;
  const left = expressions.length === 1 ? expressions[0]! : sql`(${sql.join(expressions)})`;
  const { capacity } = param;
  if (capacity === 0) return sql`1 = 0`;
  if (capacity === undefined) {
    const columns = sql.join(types.map((_, index) => name(`k${index}`)));
    return sql`${left} in (select ${columns} from ${keyTable(param, types)})`;
  }
  const tuples = Array.from({ length: capacity }, (_, index) => {
    const places = sql.join(bindTuple(param, index));
    return types.length === 1 ? places : sql`(${places})`;
  });
  return sql`${left} in (${sql.join(tuples)})`;
}

/** These engines sort NULL as the smallest value. */
function order(expression: Sql, { descending, nulls }: Direction, nullable: boolean): Sql {
  const directed = descending ? sql`${expression} desc` : expression;
  if (!nullable || (nulls === 'last') === descending) return directed;
  return descending ? sql`${expression} is null desc, ${directed}` : sql`${expression} is null, ${directed}`;
}

function limit(count: Sql | null, skip: Sql | null): Sql {
  const most = count ?? sql`18446744073709551615`;
  return skip === null ? sql`limit ${most}` : sql`limit ${most} offset ${skip}`;
}

const floating = (fn: Sql) => (expression: Sql) => sql`${fn}(cast(${expression} as double))`;

const spelledAggregates = {
  sum: (expression, type) =>
    familyOf(type.scalar) === 'float' ? floating(sql`sum`)(expression) : sql`sum(${expression})`,
  avg: floating(sql`avg`),
  min: (expression) => sql`min(${expression})`,
  max: (expression) => sql`max(${expression})`,
  stddev: floating(sql`stddev_samp`),
  stddev_pop: floating(sql`stddev_pop`),
  stddev_samp: floating(sql`stddev_samp`),
  variance: floating(sql`var_samp`),
  var_pop: floating(sql`var_pop`),
  var_samp: floating(sql`var_samp`),
} as const satisfies Record<AggregateFunction, (expression: Sql, type: ValueType) => Sql>;

function aggregate(fn: AggregateFunction, expression: Sql, type: ValueType): Sql {
  return spelledAggregates[fn](expression, type);
}

const truncations = {
  year: (value) => sql`date_format(${value}, '%Y-01-01')`,
  quarter: (value) => sql`makedate(year(${value}), 1) + interval (quarter(${value}) - 1) quarter`,
  month: (value) => sql`date_format(${value}, '%Y-%m-01')`,
  week: (value) => sql`date_sub(date(${value}), interval weekday(${value}) day)`,
  day: (value) => sql`date(${value})`,
  hour: (value) => sql`date_format(${value}, '%Y-%m-%d %H:00:00')`,
  minute: (value) => sql`date_format(${value}, '%Y-%m-%d %H:%i:00')`,
} as const satisfies Record<Bucket, (value: Sql) => Sql>;

function bucket(unit: Bucket, expression: Sql, type: ValueType): Sql {
  const truncated = truncations[unit](expression);
  return type.scalar === 'date' ? sql`cast(${truncated} as date)` : sql`cast(${truncated} as datetime)`;
}

/** Any key decides. An empty update leaves the row as it is, without hiding other errors as INSERT IGNORE would. */
function onConflict(
  conflict: OnConflict,
  table: { readonly columns: readonly { readonly name: string }[] },
): Sql {
  const columns = conflict.update.map((column) => name(column.name));
  if (columns.length === 0) {
    const kept = name((conflict.key?.columns[0] ?? table.columns[0]!).name);
    return sql`on duplicate key update ${kept} = ${kept}`;
  }
  return sql`on duplicate key update ${sql.join(columns.map((column) => sql`${column} = values(${column})`))}`;
}
