import type { AggregateFunction, Bucket, ValueType } from '../../catalog/index.ts';
import type { Direction } from '../../plan/index.ts';
import { ansi, type Dialect, directedBy, isByItself, type OwnAggregates, Sql, sql } from '../../sql/index.ts';
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

/** More rows than any table has. A literal of so many digits would be a decimal, and OFFSET wants a whole number (error 10743). */
const beyond = sql`(cast(9223372036854775807 as bigint))`;

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

/**
 * A value as a text that differs where the value does. The default styles leave out seconds of `datetime`, and digits of `float` and `money`
 * ("CAST and CONVERT").
 */
function exactly(x: Sql, type: ValueType): Sql {
  switch (type.scalar) {
    case 'date':
    case 'time':
    case 'timestamp':
      return sql`convert(nvarchar(40), ${x}, 121)`;
    case 'timestamptz':
      return sql`convert(nvarchar(40), switchoffset(${x}, '+00:00'), 121)`;
    case 'real':
    case 'float':
      return sql`convert(nvarchar(40), ${x}, 3)`;
    case 'numeric':
      return nativeOf(type).name.endsWith('money')
        ? sql`convert(nvarchar(40), cast(${x} as decimal(19, 4)))`
        : sql`convert(nvarchar(41), ${x})`;
    case 'bytea':
      return sql`convert(nvarchar(max), ${x}, 2)`;
    default:
      return sql`cast(${x} as nvarchar(max))`;
  }
}

/** Scalars whose columns have a collation, or would have none as a text of another type. */
const collatable: ReadonlySet<string> = new Set(['text', 'enum', 'opaque', 'json', 'jsonb', 'geometry']);

/**
 * A tuple as one text. The commas in a part are escaped, and blanks at the end of a text do not count, as for `=`. Texts of two collations
 * cannot be joined (error 468), so all have the first one then.
 */
function tuple(expressions: readonly Sql[], types: readonly ValueType[]): Sql {
  const collations = types
    .filter(({ scalar }) => collatable.has(scalar))
    .map((type) => nativeOf(type).collation);
  const differ = collations.some((collation) => collation !== collations[0]);
  const first = collations.find((collation) => collation !== null) ?? 'database_default';
  const parts = expressions.map((x, at) => {
    const type = types[at]!;
    if (!collatable.has(type.scalar)) return exactly(x, type);
    const common = differ ? sql.nativeType(` collate ${first}`) : sql.empty;
    return sql`replace(replace(rtrim(${exactly(x, type)}${common}), N'|', N'||'), N',', N'|,')`;
  });
  return sql.join(parts, sql` + N',' + `);
}

/** `count(distinct ...)` takes one expression, and COUNT has 32 bits only. */
export const countDistinct: Dialect['countDistinct'] = (expressions, types) => {
  if (expressions.length === 1) return sql`count_big(distinct ${expressions[0]!})`;
  const present = sql.join(
    expressions.map((expression) => sql`${expression} is not null`),
    sql` and `,
  );
  return sql`count_big(distinct case when ${present} then ${tuple(expressions, types)} end)`;
};

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
