import type { AggregateFunction, Bucket, Column, Table, ValueType } from '../../catalog/index.ts';
import type { ConflictReport, Direction, OnConflict } from '../../plan/index.ts';
import {
  ansi,
  directedBy,
  isByItself,
  limitOffset,
  type OwnAggregates,
  type Sql,
  sql,
} from '../../sql/index.ts';
import { conflictReport } from './conflict-report.ts';
import { bindValue, flat } from './values.ts';
import type { DialectVariant } from './variant.ts';

/** The members that MySQL shares with the standard. It has no OFFSET without LIMIT. */
export const standard = ansi({
  quotes: ['`', '`'],
  nulls: 'first',
  limit: limitOffset(sql`18446744073709551615`),
});
export const { name, table } = standard;

/** An ORDER BY term. MySQL has no NULLS FIRST and NULLS LAST, so NULL is sorted by a term of its own. */
export function order(expression: Sql, direction: Direction, nullable: boolean): Sql {
  const directed = directedBy(expression, direction);
  if (isByItself(direction, nullable, 'first')) return directed;
  return sql`${expression} is null${direction.nulls === 'first' ? sql` desc` : sql.empty}, ${directed}`;
}

/** Computes with 64-bit floating point numbers. Over exact numbers the server would cut averages after four more digits. */
const floating = (fn: AggregateFunction) => (expression: Sql, type: ValueType) =>
  standard.aggregate(fn, sql`${expression} + 0e0`, type);

const ownAggregates: OwnAggregates = {
  sum: (expression, type) =>
    type.scalar === 'real' || type.scalar === 'float'
      ? sql`sum(${expression} + 0e0)`
      : sql`sum(${expression})`,
  avg: floating('avg'),
  stddev: floating('stddev'),
  stddev_pop: floating('stddev_pop'),
  stddev_samp: floating('stddev_samp'),
  variance: floating('variance'),
  var_pop: floating('var_pop'),
  var_samp: floating('var_samp'),
};

export function aggregate(fn: AggregateFunction, expression: Sql, type: ValueType): Sql {
  return ownAggregates[fn]?.(expression, type) ?? standard.aggregate(fn, expression, type);
}

/** `count(distinct a, b)`. The server itself does not count tuples with a NULL. */
export function countDistinct(expressions: readonly Sql[]): Sql {
  return sql`count(distinct ${sql.join(expressions)})`;
}

const starts = {
  year: (x) => sql`makedate(year(${x}), 1)`,
  quarter: (x) => sql`(makedate(year(${x}), 1) + interval quarter(${x}) - 1 quarter)`,
  month: (x) => sql`(date(${x}) - interval dayofmonth(${x}) - 1 day)`,
  week: (x) => sql`(date(${x}) - interval weekday(${x}) day)`,
  day: (x) => sql`date(${x})`,
  hour: (x) => sql`(cast(date(${x}) as datetime) + interval hour(${x}) hour)`,
  minute: (x) => sql`(cast(date(${x}) as datetime) + interval hour(${x}) * 60 + minute(${x}) minute)`,
} as const satisfies Record<Bucket, (x: Sql) => Sql>;

/** The first moment of the year, quarter, ...; weeks start on Monday. */
export function bucket(unit: Bucket, expression: Sql, type: ValueType): Sql {
  if (type.scalar === 'date')
    return unit === 'hour' || unit === 'minute' ? expression : starts[unit](expression);
  return unit === 'hour' || unit === 'minute'
    ? starts[unit](expression)
    : sql`cast(${starts[unit](expression)} as datetime)`;
}

/** An upsert. MySQL has no conflict target: any key can conflict. With nothing to update, the row stays unchanged. */
export function onConflict(
  variant: DialectVariant,
  { key, update }: OnConflict,
  target: Table,
  presets: readonly Sql[] = [],
): Sql {
  const given = update.map((column) => sql`${name(column.name)} = ${variant.inserted(name(column.name))}`);
  const set = [...given, ...presets];
  if (set.length === 0) {
    const column = key?.columns[0] ?? target.primaryKey?.columns[0] ?? target.columns[0]!;
    const same = sql`${table(target)}.${name(column.name)}`;
    set.push(sql`${same} = ${same}`);
  }
  return sql`${variant.insertedAs}on duplicate key update ${sql.join(set)}`;
}

const variable = (column: Column): Sql => sql`@${name(`foz_${column.ordinal}`)}`;

/** The session variable in which `reportConflict` stores a column of the conflicting row, as \`flat\` spells it. */
export const reportedColumn = variable;

/**
 * An upsert that changes nothing. The server itself finds the conflicting row, after triggers, defaults and collations have applied to the
 * given values. It takes a write lock on that row at once, so concurrent inserts of one key wait for each other instead of running into a
 * deadlock. The columns of the row are stored in session variables.
 */
export function reportConflict(
  variant: DialectVariant,
  { key, given, columns }: ConflictReport,
  target: Table,
): Sql {
  const own = (column: Column) => sql`${table(target)}.${name(column.name)}`;
  const same = sql.join(
    key.map((column) => sql`${own(column)} <=> ${variant.inserted(name(column.name))}`),
    sql` and `,
  );
  const asGiven = sql.join(
    (given ?? []).map(
      (value, at) => sql`${variant.inserted(name(key[at]!.name))} <=> ${bindValue(variant, value)}`,
    ),
    sql` and `,
  );
  const outcome = conflictReport(same, given === null ? null : asGiven);
  const assignments = columns.map(
    (column) => sql` + length(${variable(column)} := ${flat(variant, own(column), column.type)})`,
  );
  const unchanged = own(target.columns.find(({ generated }) => !generated)!);
  return sql`${variant.insertedAs}on duplicate key update ${unchanged} = if(${outcome}${sql.join(assignments, sql.empty)} = 0, ${unchanged}, ${unchanged})`;
}
