import type { AggregateFunction, Bucket, ValueType } from '../../catalog/index.ts';
import type { Direction } from '../../plan/index.ts';
import {
  ansi,
  countDistinctOr,
  directedBy,
  isByItself,
  type OwnAggregates,
  Sql,
  sql,
} from '../../sql/index.ts';
import { nativeOf } from './types.ts';

/** The members that SQL Server shares with the standard. The client sets QUOTED_IDENTIFIER, so that names stand in double quotes. */
export const standard = ansi({ nulls: 'first', limit });

/** An ORDER BY term. The server has no NULLS FIRST and NULLS LAST, so NULL is sorted by a term of its own. */
export function order(expression: Sql, direction: Direction, nullable: boolean): Sql {
  const directed = directedBy(expression, direction);
  if (isByItself(direction, nullable, 'first')) return directed;
  const [present, absent] = direction.nulls === 'first' ? [sql`1`, sql`0`] : [sql`0`, sql`1`];
  return sql`case when ${expression} is null then ${absent} else ${present} end, ${directed}`;
}

/** More rows than any table has. */
const beyond = sql`9223372036854775807`;

/**
 * OFFSET and FETCH. FETCH takes no 0 ("ORDER BY clause", error 10744): a limit of 0 skips all rows instead.
 */
function limit(count: Sql | null, skip: Sql | null): Sql {
  const offset = skip === null ? sql`0` : parenthesised(skip);
  if (count === null) return sql`offset ${offset} rows`;
  const digits = literal(count);
  if (digits === '0') return sql`offset ${beyond} rows fetch next 1 rows only`;
  if (digits !== null) return sql`offset ${offset} rows fetch next ${count} rows only`;
  return sql`offset (case when ${count} < 1 then ${beyond} else ${offset} end) rows fetch next (case when ${count} < 1 then 1 else ${count} end) rows only`;
}

/** The text of an expression without placeholders; `null`: it has some. */
function literal(expression: Sql): string | null {
  const pieces = Sql.pieces(expression);
  return pieces.length === 1 && typeof pieces[0] === 'string' ? pieces[0] : null;
}

const parenthesised = (expression: Sql) => (literal(expression) === null ? sql`(${expression})` : expression);

const double = (expression: Sql) => sql`cast(${expression} as float)`;

/** "SUM" and "AVG": the result has the type of the argument, so that sums overflow and averages are cut. */
const summed: Readonly<Partial<Record<ValueType['scalar'], Sql>>> = {
  smallint: sql`bigint`,
  int: sql`bigint`,
  bigint: sql`decimal(38, 0)`,
  real: sql`float`,
};

const ofDoubles = (fn: Sql) => (expression: Sql) => sql`${fn}(${double(expression)})`;

const ownAggregates: OwnAggregates = {
  sum: (expression, type) => {
    const wide = nativeOf(type).name.endsWith('money') ? sql`decimal(19, 4)` : summed[type.scalar];
    return wide === undefined ? sql`sum(${expression})` : sql`sum(cast(${expression} as ${wide}))`;
  },
  avg: ofDoubles(sql`avg`),
  stddev: ofDoubles(sql`stdev`),
  stddev_samp: ofDoubles(sql`stdev`),
  stddev_pop: ofDoubles(sql`stdevp`),
  variance: ofDoubles(sql`var`),
  var_samp: ofDoubles(sql`var`),
  var_pop: ofDoubles(sql`varp`),
};

export function aggregate(fn: AggregateFunction, expression: Sql, type: ValueType): Sql {
  return ownAggregates[fn]?.(expression, type) ?? standard.aggregate(fn, expression, type);
}

/** A value as a part of a text that tells tuples apart: the commas in it are escaped, and blanks at its end do not count, as for `=`. */
const part = (expression: Sql) =>
  sql`replace(replace(rtrim(cast(${expression} as nvarchar(max))), N'|', N'||'), N',', N'|,')`;

/** `count(distinct ...)` takes one expression. */
export const countDistinct = countDistinctOr((expressions, present) => {
  const tuple = sql.join(expressions.map(part), sql` + N',' + `);
  return sql`count_big(distinct case when ${present} then ${tuple} end)`;
});

const starts = {
  year: (x) => sql`datefromparts(year(${x}), 1, 1)`,
  quarter: (x) => sql`datefromparts(year(${x}), (month(${x}) - 1) / 3 * 3 + 1, 1)`,
  month: (x) => sql`datefromparts(year(${x}), month(${x}), 1)`,
  // The first of January of the year 1 was a Monday.
  week: (x) =>
    sql`dateadd(day, 0 - (datediff(day, cast('0001-01-01' as date), ${x}) % 7), cast(${x} as date))`,
  day: (x) => sql`cast(${x} as date)`,
  hour: (x) => sql`dateadd(hour, datepart(hour, ${x}), cast(cast(${x} as date) as datetime2(0)))`,
  minute: (x) =>
    sql`dateadd(minute, datepart(hour, ${x}) * 60 + datepart(minute, ${x}), cast(cast(${x} as date) as datetime2(0)))`,
} as const satisfies Record<Bucket, (x: Sql) => Sql>;

/** The first moment of the year, quarter, ... in UTC; weeks start on Monday. DATETRUNC came with SQL Server 2022 only. */
export function bucket(unit: Bucket, expression: Sql, type: ValueType): Sql {
  if (type.scalar === 'date')
    return unit === 'hour' || unit === 'minute' ? expression : starts[unit](expression);
  if (type.scalar !== 'timestamptz') return sql`cast(${starts[unit](expression)} as datetime2(0))`;
  const start = starts[unit](sql`switchoffset(${expression}, '+00:00')`);
  return sql`todatetimeoffset(cast(${start} as datetime2(0)), '+00:00')`;
}
