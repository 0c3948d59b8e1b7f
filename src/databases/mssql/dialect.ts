import type { ValueType } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import { ansiAggregates, type Dialect, type Sql, sql } from '../../sql/index.ts';
import { canHold } from './can-hold.ts';
import { aggregate, bucket, countDistinct, order, standard } from './clauses.ts';
import { isCoarse, shownMoment } from './coarse.ts';
import { compare, comparisons, inList } from './compare.ts';
import { encode } from './encode.ts';
import { inKeys, keyEquals, keyRows, keyText, ownKeyEquals } from './keys.ts';
import { collated, isCodePage, nativeOf, textForm } from './types.ts';
import { bindValue, flat, textOf } from './values.ts';
import { changedRow, savepoint, writes } from './writes.ts';

/** COLLATE would convert a text of a code page to that of the named collation. */
const unicode = (text: Sql, type: ValueType) =>
  isCodePage(type) ? sql`cast(${text} as nvarchar(max))` : text;

/**
 * The dialect of SQL Server (2017 and later) and Azure SQL. Nested rows are fetched by a statement per level: no server was there to measure
 * FOR JSON against it.
 */
export const mssqlDialect: Dialect = {
  ...standard,
  engine: 'mssql',
  capabilities: {
    operators: comparisons,
    aggregates: ansiAggregates,
    nesting: 'batched',
    combinedRoots: false,
    returning: { insert: true, update: true, delete: true },
    conflictTarget: true,
    conflictWhere: true,
    upsertReportsChanged: true,
    upsertReturnsTwice: true,
    insertReportsConflict: false,
    arrays: false,
    jsonWrite: false,
    jsonPath: false,
    defaultKeyword: false,
    // 2,100 in all ("Maximum capacity specifications"), two of which are the text and the declarations that sp_executesql takes.
    mostParameters: 2098,
    // "Table value constructor", error 10738.
    mostRows: 1000,
    listsByCapacity: false,
    parameterSets: false,
  },
  placeholder: (position) => `@p${position}`,
  flat,
  textOf: (type) => textOf(type),
  bind: bindValue,
  encode,
  compare,
  inList,
  inKeys,
  keyRows,
  keyEquals,
  ownKeyEquals,
  keyText,
  canHold,
  compareColumns: (left, operator, right) => {
    const [from, to] = [nativeOf(left.type), nativeOf(right.type)];
    if (from.name !== to.name && (isCoarse(left.type) || isCoarse(right.type)))
      return sql`${shownMoment(left.expression, left.type)} ${operator} ${shownMoment(right.expression, right.type)}`;
    // Texts of two collations are compared by that of the left column; otherwise the server refuses (error 468).
    return from.collation === to.collation || to.collation === null
      ? null
      : sql`${left.expression} ${operator} ${unicode(right.expression, right.type)}${collated(left.type)}`;
  },
  jsonPath: () => {
    throw new FozError('not-supported', 'Paths into JSON values are not read on SQL Server.');
  },
  order,
  shownAs: textForm,
  bindCount: bindValue,
  anyOrder: sql`(select null)`,
  tuples: false,
  lateral: false,
  count: sql`count_big`,
  queriesInAggregates: false,
  aggregate,
  countDistinct,
  bucket,
  writes,
  changedRow,
  savepoint,
  onConflict: () => {
    throw new FozError('unexpected', 'Upserts on SQL Server are spelled whole.');
  },
  jsonWrite: () => {
    throw new FozError('not-supported', 'JSON values are not changed in place on SQL Server.');
  },
};
