import type { AggregateFunction, Bucket, Column, Table, ValueType } from '../../catalog/index.ts';
import type { Direction, OnConflict, Unless } from '../../plan/index.ts';
import { type Sql, sql } from '../../sql/index.ts';
import { bindValue, flat } from './values.ts';
import type { DialectVariant } from './variant.ts';

/** A quoted identifier. */
export const name = (text: string): Sql => sql.name(text, '`', '`');

/** A quoted, qualified table name. */
export function table({ namespace, name: own }: Table): Sql {
  return namespace === null ? name(own) : sql`${name(namespace)}.${name(own)}`;
}

/** By itself the server puts NULL before everything else. */
export function order(expression: Sql, { descending, nulls }: Direction, nullable: boolean): Sql {
  const directed = descending ? sql`${expression} desc` : expression;
  if (!nullable || (nulls === 'first') === !descending) return directed;
  return sql`${expression} is null${nulls === 'first' ? sql` desc` : sql.empty}, ${directed}`;
}

/** There is no offset without a limit. */
export function limit(count: Sql | null, skip: Sql | null): Sql {
  const rows = sql`limit ${count ?? sql`18446744073709551615`}`;
  return skip === null ? rows : sql`${rows} offset ${skip}`;
}

/** Computed with 64-bit floating point numbers; over exact ones the server would cut averages at four digits more. */
const floating = (fn: Sql) => (expression: Sql) => sql`${fn}(${expression} + 0e0)`;
const plain = (fn: Sql) => (expression: Sql) => sql`${fn}(${expression})`;

const spelledAggregates = {
  sum: (expression, type) =>
    type.scalar === 'real' || type.scalar === 'float'
      ? sql`sum(${expression} + 0e0)`
      : sql`sum(${expression})`,
  avg: floating(sql`avg`),
  min: plain(sql`min`),
  max: plain(sql`max`),
  stddev: floating(sql`stddev_samp`),
  stddev_pop: floating(sql`stddev_pop`),
  stddev_samp: floating(sql`stddev_samp`),
  variance: floating(sql`var_samp`),
  var_pop: floating(sql`var_pop`),
  var_samp: floating(sql`var_samp`),
} as const satisfies Record<AggregateFunction, (expression: Sql, type: ValueType) => Sql>;

/** The functions that both engines have: all. */
export const aggregateFunctions: ReadonlySet<AggregateFunction> = new Set(
  Object.keys(spelledAggregates) as AggregateFunction[],
);

export function aggregate(fn: AggregateFunction, expression: Sql, type: ValueType): Sql {
  return spelledAggregates[fn](expression, type);
}

/** The server leaves out tuples with a NULL by itself. */
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

/** An upsert: whichever key is there already decides. With nothing to update, the row stays as it is. */
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

/** Sentinels for LAST_INSERT_ID(), by which `unless` reports a conflict. No AUTO_INCREMENT key gets this large. */
export const metBy: Readonly<Record<string, 'key' | 'moved' | 'other'>> = {
  '9151314442816847871': 'key',
  '9151314442816847872': 'moved',
  '9151314442816847873': 'other',
};

const variable = (column: Column): Sql => sql`@${name(`foz_${column.ordinal}`)}`;

/** The session variable in which `unless` stores a column of the conflicting row, as \`flat\` spells it. */
export const noted = variable;

/**
 * An upsert that changes nothing. The server itself finds the conflicting row, after triggers, defaults and collations have applied to the
 * given values. It takes a write lock on that row at once, so concurrent inserts of one key wait for each other instead of running into a
 * deadlock. The columns of the row are stored in session variables.
 */
export function unless(variant: DialectVariant, { key, given, noted: kept }: Unless, target: Table): Sql {
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
  const byKey =
    given === null ? sql`9151314442816847871` : sql`if(${asGiven}, 9151314442816847871, 9151314442816847872)`;
  const told = sql`last_insert_id(if(${same}, ${byKey}, 9151314442816847873))`;
  const keeps = kept.map(
    (column) => sql` + length(${variable(column)} := ${flat(variant, own(column), column.type)})`,
  );
  const unchanged = own(target.columns.find(({ generated }) => !generated)!);
  return sql`${variant.insertedAs}on duplicate key update ${unchanged} = if(${told}${sql.join(keeps, sql.empty)} = 0, ${unchanged}, ${unchanged})`;
}
