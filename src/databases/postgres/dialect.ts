import { type AggregateFunction, aggregates, type Bucket, type ValueType } from '../../catalog/index.ts';
import type { Capabilities, Direction, Labels, Param } from '../../plan/index.ts';
import { caseOf, type Dialect, type Sql, sql } from '../../sql/index.ts';
import { compare, comparisons, inList } from './compare.ts';
import { holds } from './holds.ts';
import { jsonArray, jsonObject } from './json.ts';
import { inKeys, keyArrays, keyEquals, keyText } from './keys.ts';
import { flat, jsonValue, textOf } from './scalars.ts';
import { bindRanks, bindTexts, bindValue, encode } from './values.ts';
import { jsonWrite, onConflict } from './writes.ts';

const name = (text: string) => sql.name(text, '"', '"');

const capabilities: Capabilities = {
  operators: comparisons,
  aggregates: new Set(Object.keys(aggregates) as AggregateFunction[]),
  nesting: 'json',
  combinedRoots: true,
  returning: { insert: true, update: true, delete: true },
  conflictTarget: true,
  conflictWhere: true,
  upsertTells: true,
  insertUnless: false,
  arrays: true,
  jsonWrite: true,
  jsonPath: true,
  defaultKeyword: true,
  listsByCapacity: false,
};

/** How PostgreSQL spells things; `engine` names a variant that speaks the same language. */
export function postgresDialect(engine: string): Dialect {
  return {
    engine,
    capabilities,
    placeholder: (position) => `$${position}`,
    name,
    table: (table) =>
      table.namespace === null ? name(table.name) : sql`${name(table.namespace)}.${name(table.name)}`,
    flat,
    textOf,
    labelled,
    json: jsonValue,
    bind: (param) => bindValue(param, param.type),
    encode,
    compare,
    inList,
    inKeys,
    keyRows,
    keyEquals,
    keyText,
    holds,
    jsonObject,
    jsonArray,
    jsonText: (expression) => expression,
    jsonPath: (expression, _, path) => sql`(${expression} #> ${bindTexts(constantPath(path))})`,
    order,
    limit,
    lateral: true,
    limitedUnion: false,
    aggregate,
    countDistinct,
    bucket,
    onConflict,
    // The row that an upsert changes was locked by it before, so that its new version is marked by the transaction; a new row is not.
    changedRow: sql`case when xmax::text = '0' then 0 else 1 end`,
    jsonWrite,
    defaultValues: sql`default values`,
  };
}

/** A name need not be a label of the enum, so that the comparison is one of texts. */
function labelled(expression: Sql, type: ValueType, labels: Labels): Sql {
  const bind = (param: Param) => bindValue(param, param.type);
  const named = (value: Sql) => caseOf({ bind }, sql`${value}::text`, labels);
  if (!type.array) return named(expression);
  const elements = sql`select ${named(sql`e.v`)} from unnest(${expression}) with ordinality as e(v, i) order by e.i`;
  return sql`case when ${expression} is not null then array(${elements}) end`;
}

function constantPath(path: readonly string[]): Param {
  return {
    type: { scalar: 'text', array: true },
    shape: 'value',
    source: { kind: 'constant', value: path },
    path: '$',
  };
}

function keyRows(keys: Param, alias: Sql): Sql {
  const arrays = [...keyArrays(keys)];
  const columns = arrays.map((_, index) => name(`k${index}`));
  if (keys.shape === 'ranks') {
    arrays.push(bindRanks(keys));
    columns.push(name('r'));
  }
  const all = sql.join(columns);
  return sql`(select ${all}, "i" - 1 as "i" from unnest(${sql.join(arrays)}) with ordinality as foz_keys(${all}, "i")) ${alias}`;
}

function order(expression: Sql, { descending, nulls }: Direction, nullable: boolean): Sql {
  const directed = descending ? sql`${expression} desc` : expression;
  if (!nullable || (nulls === 'first') === descending) return directed;
  return nulls === 'first' ? sql`${directed} nulls first` : sql`${directed} nulls last`;
}

function limit(count: Sql | null, skip: Sql | null): Sql {
  const clauses = [
    ...(count === null ? [] : [sql`limit ${count}`]),
    ...(skip === null ? [] : [sql`offset ${skip}`]),
  ];
  return sql.join(clauses, sql` `);
}

/** Over exact numbers a root would have no more digits than the variance below it. */
const floating = (fn: Sql) => (expression: Sql) => sql`${fn}(${expression}::float8)`;

const spelledAggregates = {
  sum: (expression, type) =>
    type.scalar === 'real' ? sql`sum(${expression}::float8)` : sql`sum(${expression})`,
  avg: (expression) => sql`avg(${expression})::float8`,
  min: (expression) => sql`min(${expression})`,
  max: (expression) => sql`max(${expression})`,
  stddev: floating(sql`stddev`),
  stddev_pop: floating(sql`stddev_pop`),
  stddev_samp: floating(sql`stddev_samp`),
  variance: floating(sql`variance`),
  var_pop: floating(sql`var_pop`),
  var_samp: floating(sql`var_samp`),
} as const satisfies Record<AggregateFunction, (expression: Sql, type: ValueType) => Sql>;

function aggregate(fn: AggregateFunction, expression: Sql, type: ValueType): Sql {
  return spelledAggregates[fn](expression, type);
}

/** Tuples with a NULL do not count, as on every engine. */
function countDistinct(expressions: readonly Sql[]): Sql {
  if (expressions.length === 1) return sql`count(distinct ${expressions[0]!})`;
  const present = sql.join(
    expressions.map((expression) => sql`${expression} is not null`),
    sql` and `,
  );
  return sql`count(distinct (${sql.join(expressions)})) filter (where ${present})`;
}

function bucket(unit: Bucket, expression: Sql, type: ValueType): Sql {
  const truncated = sql`date_trunc(${sql.text(unit)}, ${expression})`;
  return type.scalar === 'date' ? sql`${truncated}::date` : truncated;
}
