import {
  type AggregateFunction,
  type Bucket,
  familyOf,
  type Operator,
  operatorSupport,
  operators,
  type ValueType,
} from '../../catalog/index.ts';
import { FozError, jsonText } from '../../core/index.ts';
import type { Capabilities, Param } from '../../plan/index.ts';
import {
  ansi,
  ansiAggregates,
  countDistinctOr,
  limitOffset,
  type NestingDialect,
  type Sql,
  sql,
} from '../../sql/index.ts';
import { canHold } from './can-hold.ts';
import { bindValue, compareValue } from './compare.ts';
import { encodeList, encodings } from './encode.ts';
import { hasForms } from './forms.ts';
import { imageRows } from './images.ts';
import { inKeys, inOwnKeys, isHex, keyEquals, keyRows, keyText } from './keys.ts';
import { canonicalForm, canonicalText, differentForms, isMixed, joinForms, uuidForms } from './mixed.ts';
import {
  bytesDocument,
  flatValue,
  jsonValue,
  momentValue,
  opaqueText,
  readableDocument,
  storedForms,
  textOfValue,
  truth,
} from './values.ts';

const absent: ReadonlySet<Operator> = new Set(['_similar', '_nsimilar', '_search']);
const present = (Object.keys(operators) as Operator[]).filter((operator) => !absent.has(operator));

const capabilities: Capabilities = {
  operators: operatorSupport(present),
  aggregates: ansiAggregates,
  nesting: 'json',
  combinedRoots: true,
  returning: { insert: true, update: true, delete: true },
  conflictTarget: true,
  conflictWhere: true,
  upsertReportsChanged: false,
  upsertReturnsTwice: true,
  insertReportsConflict: false,
  arrays: false,
  jsonWrite: true,
  jsonPath: true,
  defaultKeyword: false,
  mostParameters: 32_766,
  mostRows: null,
  listsByCapacity: false,
  parameterSets: false,
};

const standard = ansi({ nulls: 'first', limit: limitOffset(sql`-1`) });

/** The dialect of SQLite (3.44 and later), with the functions that the engine process adds. */
export const sqliteDialect: NestingDialect = {
  ...standard,
  engine: 'sqlite',
  capabilities,
  placeholder: () => '?',

  flat: flatValue,
  textOf: textOfValue,

  bind: bindValue,
  encode: (value, type) => encodings[type.scalar](value, type),

  compare: compareValue,
  inList: (expression, type, param) => amongList(expression, type, param, false),
  inKeys: (expressions, param) => {
    const { compare, keyTypes = [] } = param;
    if (compare !== undefined) return inKeys(expressions, param, compare);
    if (expressions.length === 1) return amongList(expressions[0]!, keyTypes[0]!, param, true);
    return inOwnKeys(expressions, param);
  },
  keyRows,
  imageRows,
  keyEquals,
  keyText,
  canHold,

  json: {
    value: jsonValue,
    object: jsonObject,
    array: (rows) => sql`(select ifnull('['||group_concat(j, ',')||']', '[]') from ${rows})`,
  },
  jsonPath: (expression, _, path) => jsonAt(readableDocument(expression), path),

  shownAs: (column, type, beside) => {
    if (type.scalar === 'boolean') return truth(column);
    if (isMixed(type)) return canonicalForm(column, type);
    return hasForms(type.scalar) && differentForms(type, beside) ? canonicalForm(column, type) : null;
  },
  joinEquals: joinForms,
  ownKeyEquals: (column, type, key) => (isMixed(type) ? keyEquals(column, type, key, undefined) : null),
  // Over rows of an ordered sub-select, SQLite 3.53 assumes that they already have any requested order of the key.
  groupKeyInOrder: (key) => sql`+${key}`,
  // SQLite 3.53 runs EXISTS as a join, so that OFFSET skips rows of the join. A limit in the sub-select prevents that.
  existsBeforeOffset: sql` limit 1`,
  lateral: false,
  abortsOnConflict: sql` or abort`,

  aggregate,
  countDistinct: countDistinctOr((tuple, present) => {
    const quoted = sql.join(
      tuple.map((expression) => sql`quote(${expression})`),
      sql`||','||`,
    );
    return sql`count(distinct case when ${present} then ${quoted} end)`;
  }),
  bucket,

  jsonWrite,
};

/** `x in (list)`. Values that may be stored in several forms are compared in canonical form. */
function amongList(x: Sql, type: ValueType, param: Param, keys: boolean): Sql {
  if (isMixed(type)) return amongMixed(x, type, param, keys);
  const list = listed(param, type, keys);
  if (type.scalar === 'boolean') return sql`${truth(x)} in ${list}`;
  if (type.scalar !== 'opaque') return sql`${x} in ${list}`;
  const forms = storedForms(sql`value`).map((form) => sql`select ${form} from ${list}`);
  return sql`(${x} in (${sql.join(forms, sql` union all `)}) and ${opaqueText(x)} in ${list})`;
}

/** As `amongList`, for a column that stores its values in several forms. */
function amongMixed(x: Sql, type: ValueType, param: Param, keys: boolean): Sql {
  const list = sql.bind(param, (given) => {
    const values = (given ?? []) as readonly unknown[];
    const flat = keys ? values.map((tuple) => (tuple as readonly unknown[])[0]) : values;
    const present = flat.filter((value) => value !== null && value !== undefined);
    return JSON.stringify(present.map((value) => canonicalText(value, type)));
  });
  const found = sql`${canonicalForm(x, type)} in (select value from json_each(${list}))`;
  if (type.nativeType !== 'uuid forms') return found;
  const forms = uuidForms(sql`value`).map((form) => sql`select ${form} from json_each(${list})`);
  return sql`(${x} in (${sql.join(forms, sql` union all `)}) and ${found})`;
}

/** `(select value from json_each(?))`: one text however long the list is, and the index of the column stays usable. */
function listed(param: Param, type: ValueType, keys = false): Sql {
  const stored: ValueType = { ...type, array: false };
  const list = sql.bind(param, (value) => {
    if (value === null) return '[]';
    const values = keys ? (value as readonly (readonly unknown[])[]).map((tuple) => tuple[0]) : value;
    return encodeList(values, stored);
  });
  return isHex(stored)
    ? sql`(select unhex(value) from json_each(${list}))`
    : sql`(select value from json_each(${list}))`;
}

/** Entries of one call of `concat`. SQLite allows 1000 arguments. */
const entriesPerCall = 300;

function jsonObject(entries: readonly { readonly key: string; readonly value: Sql }[]): Sql {
  if (entries.length === 0) return sql`'{}'`;
  const calls: Sql[] = [];
  for (let start = 0; start < entries.length; start += entriesPerCall) {
    const parts = entries
      .slice(start, start + entriesPerCall)
      .map(
        ({ key, value }, index) =>
          sql`${sql.jsonKey(key, start + index === 0 ? '{' : ',')}, ifnull(${value}, 'null')`,
      );
    if (start + entriesPerCall >= entries.length) parts.push(sql`'}'`);
    calls.push(sql`concat(${sql.join(parts)})`);
  }
  return calls.length === 1 ? calls[0]! : sql`concat(${sql.join(calls)})`;
}

/** The value at a path. A step of digits may be a key of an object or an index of an array. */
function jsonAt(expression: Sql, path: readonly string[]): Sql {
  return path.reduce((document, step) => {
    const byKey = sql`-> ${constant(`$.${JSON.stringify(step)}`)}`;
    if (!/^-?\d{1,9}$/.test(step)) return sql`${document} ${byKey}`;
    const byIndex = sql`-> ${sql.integer(Number(step))}`;
    return sql`(select coalesce(d ${byKey}, d ${byIndex}) from (select ${document} as d))`;
  }, expression);
}

function constant(value: string): Sql {
  const type: ValueType = { scalar: 'text', array: false };
  return sql.bind({ type, shape: 'value', source: { kind: 'constant', value }, path: '$' });
}

const deviations: Readonly<Partial<Record<AggregateFunction, Sql>>> = {
  stddev: sql`foz_stddev_samp`,
  stddev_samp: sql`foz_stddev_samp`,
  stddev_pop: sql`foz_stddev_pop`,
  variance: sql`foz_var_samp`,
  var_samp: sql`foz_var_samp`,
  var_pop: sql`foz_var_pop`,
};

function aggregate(fn: AggregateFunction, expression: Sql, type: ValueType): Sql {
  const deviation = deviations[fn];
  if (deviation !== undefined) return sql`${deviation}(cast(${expression} as real))`;
  const plain = standard.aggregate(fn, expression, type);
  if (fn !== 'sum' || type.scalar !== 'numeric' || type.scale === undefined || type.scale === null)
    return plain;
  return sql`iif(typeof(${plain}) = 'real', round(${plain}, ${sql.integer(type.scale)}), ${plain})`;
}

const starts = {
  year: (x) => sql`substr(${x}, 1, 4)||'-01-01'`,
  quarter: (x) => sql`substr(${x}, 1, 5)||printf('%02d', (substr(${x}, 6, 2) - 1) / 3 * 3 + 1)||'-01'`,
  month: (x) => sql`substr(${x}, 1, 7)||'-01'`,
  week: (x) => sql`date(substr(${x}, 1, 10), 'weekday 0', '-6 days')`,
  day: (x) => sql`substr(${x}, 1, 10)`,
  hour: (x) => sql`substr(${x}, 1, 13)||':00:00'`,
  minute: (x) => sql`substr(${x}, 1, 16)||':00'`,
} as const satisfies Record<Bucket, (x: Sql) => Sql>;

/** The first moment of the year, quarter, ... as canonical text. */
function bucket(unit: Bucket, expression: Sql, type: ValueType): Sql {
  const withinDay = unit === 'hour' || unit === 'minute';
  if (familyOf(type.scalar) === 'date') return starts[withinDay ? 'day' : unit](sql`(${expression})`);
  const start = starts[unit](sql`(${momentValue(expression)})`);
  const midnight = withinDay ? sql.empty : sql`||'T00:00:00'`;
  const offset = type.scalar === 'timestamptz' ? sql`||'+00:00'` : sql.empty;
  return sql`${start}${midnight}${offset}`;
}

function jsonWrite(
  kind: 'append' | 'prepend' | 'delete_key' | 'delete_elem' | 'delete_at_path',
  expression: Sql,
  _: ValueType,
  param: Param,
): Sql {
  const document = sql`iif(typeof(${expression}) = 'blob', ${bytesDocument(expression)}, ${expression})`;
  const value = (encode: (value: unknown) => unknown) =>
    sql.bind(param, (given) => (given === null ? null : encode(given)));
  switch (kind) {
    case 'append':
      return sql`foz_doc_append(${document}, ${value(jsonText)})`;
    case 'prepend':
      return sql`foz_doc_append(${value(jsonText)}, ${document})`;
    case 'delete_key':
      return sql`foz_doc_delete_key(${document}, ${value(String)})`;
    case 'delete_elem':
      return sql`foz_doc_delete_element(${document}, ${value(Number)})`;
    case 'delete_at_path':
      return sql`foz_doc_delete_path(${document}, ${value((given) => JSON.stringify(pathSteps(given)))})`;
  }
}

function pathSteps(given: unknown): readonly string[] {
  if (!Array.isArray(given)) throw new FozError('data-exception', 'A path into a JSON value is a list.');
  return given.map(String);
}
