import type { Table } from '../../catalog/index.ts';
import type { Capabilities } from '../../plan/index.ts';
import { ansiAggregates, type Dialect, type Sql, sql } from '../../sql/index.ts';
import { canHold } from './can-hold.ts';
import {
  aggregate,
  bucket,
  countDistinct,
  name,
  onConflict,
  order,
  reportConflict,
  reportedColumn,
  standard,
  table,
} from './clauses.ts';
import { compare, comparisons } from './compare.ts';
import { encode } from './encode.ts';
import { imagePlace, imageRows } from './images.ts';
import { jsonPath, jsonWrite } from './json.ts';
import { inKeys, keyEquals, keyRows, keyText } from './keys.ts';
import { isTruth, labelsOf, truthOf } from './types.ts';
import { bindValue, flat, inList, textOf } from './values.ts';
import type { DialectVariant } from './variant.ts';

function capabilitiesOf({ returning, listsByCapacity }: DialectVariant): Capabilities {
  return {
    operators: comparisons,
    aggregates: ansiAggregates,
    nesting: 'batched',
    combinedRoots: false,
    returning,
    conflictTarget: false,
    conflictWhere: false,
    upsertReportsChanged: false,
    upsertReturnsTwice: false,
    insertReportsConflict: true,
    arrays: false,
    jsonWrite: true,
    jsonPath: true,
    defaultKeyword: true,
    mostParameters: null,
    mostRows: null,
    listsByCapacity,
    parameterSets: false,
  };
}

/**
 * The dialect of MySQL and MariaDB. Rows are not nested as JSON: flat rows and a statement per level are faster, and keep the order of
 * keys. The driver replaces placeholders by literals.
 */
export function mysqlDialect(variant: DialectVariant): Dialect {
  return {
    ...standard,
    engine: variant.engine,
    capabilities: capabilitiesOf(variant),
    placeholder: () => '?',
    flat: (expression, type) => flat(variant, expression, type),
    textOf: (type) => textOf(type),
    bind: (param) => bindValue(variant, param),
    encode,
    compare: (expression, type, operator, param) => compare(variant, expression, type, operator, param),
    inList,
    inKeys: (expressions, param) => inKeys(variant, expressions, param),
    keyRows: (keys, alias) => keyRows(variant, keys, alias),
    imageRows: (images, alias) => imageRows(variant, images, alias),
    imagePlace,
    keyEquals: (column, type, key, compare) => keyEquals(variant, column, type, key, compare),
    keyText: (column, type, compare) => keyText(variant, column, type, compare),
    canHold,
    jsonPath: (expression, _, path) => jsonPath(expression, path),
    order,
    shownAs: (column, type) => (isTruth(type) ? truthOf(column) : null),
    placeOf: (column, type) =>
      type.scalar === 'enum' && labelsOf(type) !== null ? sql`${column} + 0` : column,
    lateral: variant.lateral,
    limitedUnion: variant.limitedUnion,
    aggregate,
    countDistinct,
    bucket,
    onConflict: (conflict, target, _, presets) => onConflict(variant, conflict, target, presets),
    // With NO_AUTO_VALUE_ON_ZERO, DEFAULT stores 0 in an AUTO_INCREMENT column. Only NULL generates a key.
    defaultCell: ({ identity }) => (identity === null ? sql`default` : sql`null`),
    reportConflict: (given, target) => reportConflict(variant, given, target),
    reportedColumn,
    jsonWrite: (kind, expression, _, param) => jsonWrite(variant, kind, expression, param),
    ...(variant.readsBesideWrite ? {} : { rowsBesideWrite }),
    defaultValues: sql`() values ()`,
  };
}

/** MySQL refuses to read the table that a statement changes, except from a derived table. The limit keeps it from being merged. */
function rowsBesideWrite(own: Table): Sql {
  return sql`(select * from ${table(own)} limit 18446744073709551615)`;
}

const inserted = name('foz_new');

/** The parts of the dialect that MariaDB does not share. */
export const mysqlVariant: DialectVariant = {
  engine: 'mysql',
  keepsNumbers: false,
  readsBesideWrite: false,
  returning: { insert: false, update: false, delete: false },
  listsByCapacity: false,
  lateral: true,
  limitedUnion: false,
  json: (text) => sql`cast(${text} as json)`,
  jsonEquals: (left, right) => sql`(${left} = ${right})`,
  jsonAsShown: (document, isAsked) =>
    sql`if(${isAsked} = 1, cast(cast(${document} as char) as json), ${document})`,
  geoJson: (expression) =>
    sql`st_asgeojson(if(st_srid(${expression}) in (0, 4326), ${expression}, st_transform(${expression}, 4326)))`,
  geometry: (text, { nativeType }) => {
    const srid = /srid (\d+)$/.exec(nativeType ?? '')?.[1];
    const placed = sql`st_geomfromgeojson(${text})`;
    if (srid === undefined || srid === '4326') return placed;
    if (srid === '0') return sql`st_geomfromgeojson(${text}, 1, 0)`;
    return sql`st_transform(${placed}, ${sql.integer(Number(srid))})`;
  },
  zeroDatesAs: 'number',
  exactCollation: sql`utf8mb4_0900_bin`,
  vectorText: (expression) => sql`vector_to_string(${expression})`,
  vector: (text) => sql`string_to_vector(${text})`,
  insertedAs: sql`as ${inserted} `,
  inserted: (column) => sql`${inserted}.${column}`,
};
