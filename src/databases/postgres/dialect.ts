import type { Bucket, ValueType } from '../../catalog/index.ts';
import type { Capabilities, Labels, Param } from '../../plan/index.ts';
import {
  ansi,
  ansiAggregates,
  caseOf,
  countDistinctOr,
  type Dialect,
  limitOffset,
  type NestingDialect,
  type OwnAggregates,
  type Sql,
  sql,
} from '../../sql/index.ts';
import { canHold } from './can-hold.ts';
import { compare, compareColumns, comparisons, inList } from './compare.ts';
import { atPath } from './documents.ts';
import { imageRows } from './images.ts';
import { jsonArray, jsonObject } from './json.ts';
import { inKeys, keyArrays, keyEquals, keyText } from './keys.ts';
import { flat, jsonValue, textOf } from './scalars.ts';
import { castType, comparedBySelf } from './types.ts';
import { arrayText, bindRanks, bindTexts, bindValue, encode } from './values.ts';
import { mostValues } from './wire.ts';
import { jsonWrite } from './writes.ts';

const standard = ansi({ nulls: 'last', limit: limitOffset(null) });
const { name } = standard;

const capabilities: Capabilities = {
  operators: comparisons,
  aggregates: ansiAggregates,
  nesting: 'json',
  combinedRoots: true,
  returning: { insert: true, update: true, delete: true },
  conflictTarget: true,
  conflictWhere: true,
  upsertReportsChanged: true,
  upsertReturnsTwice: false,
  insertReportsConflict: false,
  arrays: true,
  jsonWrite: true,
  jsonPath: true,
  defaultKeyword: true,
  mostParameters: mostValues,
  mostRows: null,
  listsByCapacity: false,
  parameterSets: true,
};

/** The dialect of PostgreSQL. `engine`: the name of a variant with the same dialect. */
export function postgresDialect(engine: string): NestingDialect {
  return {
    ...standard,
    engine,
    capabilities,
    placeholder: (position) => `$${position}`,
    flat,
    textOf,
    labelled,
    bind: (param) => bindValue(param, param.type),
    parameterSets,
    encode,
    compare,
    compareColumns,
    ownKeyEquals: (column, type, key) => sql`${comparedBySelf(column, type)} = ${key}`,
    inList,
    inKeys,
    keyRows,
    imageRows,
    keyEquals,
    keyText,
    canHold,
    json: { value: jsonValue, object: jsonObject, array: jsonArray },
    jsonPath: (expression, type, path) => atPath(expression, type, bindTexts(constantPath(path))),
    aggregate: (fn, expression, type) =>
      ownAggregates[fn]?.(expression, type) ?? standard.aggregate(fn, expression, type),
    countDistinct: countDistinctOr(
      (tuple, present) => sql`count(distinct (${sql.join(tuple)})) filter (where ${present})`,
    ),
    bucket,
    // An upsert locks the row that it changes, which sets xmax on its new version. A new row has no xmax.
    changedRow: sql`case when xmax::text = '0' then 0 else 1 end`,
    jsonWrite,
  };
}

/** An enum column with renamed labels. The new names need not be labels of the enum, so the result is text. */
function labelled(expression: Sql, type: ValueType, labels: Labels): Sql {
  const bind = (param: Param) => bindValue(param, param.type);
  if (type.respelled !== undefined && !type.array)
    return caseOf({ bind: (param) => bindValue(param, type) }, expression, labels);
  const named = (value: Sql) => caseOf({ bind }, sql`${value}::text`, labels);
  if (!type.array) return named(expression);
  const elements = sql`select ${named(sql`e.v`)} from unnest(${expression}) with ordinality as e(v, i) order by e.i`;
  return sql`case when ${expression} is not null then array(${elements}) end`;
}

const text: ValueType = { scalar: 'text', array: false };

/** A row per set, from one array per placeholder. `offset 0` keeps the planner from moving the casts into the query, where they would run for each row. */
const parameterSets: NonNullable<Dialect['parameterSets']> = (slots, alias) => {
  const names = slots.map((_, at) => name(`p${at}`));
  const arrays = slots.map((slot) => sql`${sql.bindSets(slot, (values) => arrayText(values, text))}::text[]`);
  const typed = slots.map(({ cast }, at) => sql`${names[at]!}::${cast} as ${names[at]!}`);
  return sql`(select ${sql.join([...typed, sql`"i" - 1 as "i"`])} from unnest(${sql.join(arrays)}) with ordinality as foz_sets(${sql.join([...names, sql`"i"`])}) offset 0) ${alias}`;
};

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

/** Computes with floats: over exact numbers a deviation would have no more digits than its variance. */
const floating = (fn: Sql) => (expression: Sql) => sql`${fn}(${expression}::float8)`;

const ownAggregates: OwnAggregates = {
  sum: (expression, type) =>
    type.scalar === 'real' ? sql`sum(${expression}::float8)` : sql`sum(${expression})`,
  avg: (expression) => sql`avg(${expression})::float8`,
  stddev: floating(sql`stddev`),
  stddev_pop: floating(sql`stddev_pop`),
  stddev_samp: floating(sql`stddev_samp`),
  variance: floating(sql`variance`),
  var_pop: floating(sql`var_pop`),
  var_samp: floating(sql`var_samp`),
};

function bucket(unit: Bucket, expression: Sql, type: ValueType): Sql {
  const truncated = sql`date_trunc(${sql.text(unit)}, ${expression})`;
  return type.scalar === 'date' ? sql`${truncated}::${castType(type)}` : truncated;
}
