import type { AggregateFunction, ValueType } from '../catalog/index.ts';
import type { Direction } from '../plan/index.ts';
import type { Dialect } from './dialect.ts';
import { type Sql, sql } from './sql.ts';

/** The points that the standard leaves open, or that engines which follow it spell differently. */
export interface AnsiFacts {
  /** Default: the double quotes of the standard. */
  readonly quotes?: readonly ['`', '`'] | readonly ['[', ']'];
  /** Position of NULL in an ascending order without NULLS FIRST or NULLS LAST. The standard leaves it open. */
  readonly nulls: 'first' | 'last';
  /** Default: OFFSET ... FETCH, as in the standard. */
  readonly limit?: Dialect['limit'];
}

type AnsiMember =
  | 'name'
  | 'table'
  | 'order'
  | 'limit'
  | 'lateral'
  | 'limitedUnion'
  | 'aggregate'
  | 'countDistinct'
  | 'onConflict'
  | 'defaultValues';

/**
 * The members of a dialect that engines share, in the standard's spelling or in the one that most of them agree on. An engine's dialect
 * spreads them and then adds what it spells differently: `{ ...ansi(facts), aggregate, ... }`.
 */
export function ansi({ quotes, nulls, limit = offsetFetch }: AnsiFacts): Pick<Dialect, AnsiMember> {
  const [open, close] = quotes ?? (['"', '"'] as const);
  const name = (text: string) => sql.name(text, open, close);
  return {
    name,
    table: (table) =>
      table.namespace === null ? name(table.name) : sql`${name(table.namespace)}.${name(table.name)}`,
    order: (expression, direction, nullable) => {
      const directed = directedBy(expression, direction);
      if (isByItself(direction, nullable, nulls)) return directed;
      return direction.nulls === 'first' ? sql`${directed} nulls first` : sql`${directed} nulls last`;
    },
    limit,
    lateral: true,
    limitedUnion: false,
    aggregate: (fn, expression) => sql`${functions[fn]}(${expression})`,
    countDistinct: ([expression]) => sql`count(distinct ${expression!})`,
    onConflict: onConflictWith(name),
    defaultValues: sql`default values`,
  };
}

/** `x`, or `x desc`. */
export function directedBy(expression: Sql, { descending }: Direction): Sql {
  return descending ? sql`${expression} desc` : expression;
}

/** Whether the engine's default order already puts NULL at the requested end. `nulls`: its position in an ascending order. */
export function isByItself(
  { descending, nulls: wanted }: Direction,
  nullable: boolean,
  nulls: 'first' | 'last',
): boolean {
  return !nullable || (wanted === nulls) !== descending;
}

function offsetFetch(count: Sql | null, skip: Sql | null): Sql {
  const offset = sql`offset ${skip ?? sql`0`} rows`;
  return count === null ? offset : sql`${offset} fetch next ${count} rows only`;
}

/** LIMIT ... OFFSET. `all`: the limit to write where only an offset is given; `null`: the engine needs none. */
export function limitOffset(all: Sql | null): Dialect['limit'] {
  return (count, skip) => {
    const rows = count ?? all;
    const clauses = [
      ...(rows === null ? [] : [sql`limit ${rows}`]),
      ...(skip === null ? [] : [sql`offset ${skip}`]),
    ];
    return sql.join(clauses, sql` `);
  };
}

/** The standard has deviations of a sample and of a population. A function that names neither is the one of a sample. */
const functions: Readonly<Record<AggregateFunction, Sql>> = {
  sum: sql`sum`,
  avg: sql`avg`,
  min: sql`min`,
  max: sql`max`,
  stddev: sql`stddev_samp`,
  stddev_pop: sql`stddev_pop`,
  stddev_samp: sql`stddev_samp`,
  variance: sql`var_samp`,
  var_pop: sql`var_pop`,
  var_samp: sql`var_samp`,
};

/** The aggregate functions with a spelling in `functions`. */
export const ansiAggregates: ReadonlySet<AggregateFunction> = new Set(
  Object.keys(functions) as AggregateFunction[],
);

/** An engine's own spelling of aggregate functions, where it differs from the standard. */
export type OwnAggregates = Readonly<
  Partial<Record<AggregateFunction, (expression: Sql, type: ValueType) => Sql>>
>;

/**
 * `count(distinct ...)`. The standard counts one expression. `several` spells the count of tuples; a tuple with a NULL is not counted.
 * `present` is the condition that none is NULL.
 */
export function countDistinctOr(
  several: (expressions: readonly Sql[], present: Sql) => Sql,
): Dialect['countDistinct'] {
  return (expressions) => {
    if (expressions.length === 1) return sql`count(distinct ${expressions[0]!})`;
    const present = sql.join(
      expressions.map((expression) => sql`${expression} is not null`),
      sql` and `,
    );
    return several(expressions, present);
  };
}

/** `on conflict (...) do ...` of PostgreSQL and SQLite. The conflict target is a list of columns, so a unique index works, too. */
function onConflictWith(name: Dialect['name']): Dialect['onConflict'] {
  return ({ key, update }, _table, where, presets = []) => {
    const target =
      key === null ? sql.empty : sql` (${sql.join(key.columns.map((column) => name(column.name)))})`;
    if (update.length + presets.length === 0) return sql`on conflict${target} do nothing`;
    const given = update.map((column) => sql`${name(column.name)} = excluded.${name(column.name)}`);
    const condition = where === null ? sql.empty : sql` where ${where}`;
    return sql`on conflict${target} do update set ${sql.join([...given, ...presets])}${condition}`;
  };
}
