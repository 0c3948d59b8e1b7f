import type { Column, KeyComparison } from '../../catalog/index.ts';
import type { Fetch, Measure, OutputField } from '../../plan/index.ts';
import { isAlways } from '../../plan/index.ts';
import { type Sql, sql } from '../sql.ts';
import type { CompiledFetch } from './compiled-fetch.ts';
import { type Scope, SelectList } from './scope.ts';
import { From, limitedOrder, orderClause, orderValue } from './source.ts';
import { comparisons, compileCount, compileMeasure, compileWhere } from './where.ts';

/** Distinct key tuples of the rows that pass, for a filter in another source that refers to this one. */
export function compileKeys(scope: Scope, fetch: Extract<Fetch, { kind: 'keys' }>): CompiledFetch {
  const row = scope.alias();
  const list = new SelectList();
  const keys = fetch.columns.map((column) => keyColumn(scope, row, column, fetch.compare));
  const out = keys.map(({ flat, type }, index): OutputField => {
    const at = list.add(flat);
    return { kind: 'value', key: `k${index}`, index: at, codec: scope.codec(type, 'string') };
  });
  const conditions = fetch.columns
    .filter((column) => column.nullable)
    .map((column) => sql`${scope.column(row, column)} is not null`);
  if (!isAlways(fetch.where)) conditions.push(compileWhere(scope, fetch.where, row));
  const where = conditions.length === 0 ? sql.empty : sql` where ${sql.join(conditions, sql` and `)}`;
  const from = sql`${scope.dialect.table(fetch.table)} ${row}`;
  const limit = sql` ${scope.dialect.limit(sql.integer(fetch.limit), null)}`;
  if (fetch.having === null)
    return {
      text: sql`select distinct ${list.render(scope)} from ${from}${where}${distinctOrder(scope, list)}${limit}`,
      out,
    };
  const columns = keys.map(({ expression }) => expression);
  const { measure, op, value } = fetch.having;
  const having = sql`${compileMeasure(scope, measure, row)} ${comparisons[op]} ${scope.dialect.bind(value)}`;
  return {
    text: sql`select ${list.render(scope)} from ${from}${scope.computedFor(row)}${where} group by ${sql.join(columns)} having ${having}${limitedOrder(scope, [], limit)}${limit}`,
    out,
  };
}

/** Distinct rows can only be sorted by what is selected. */
function distinctOrder({ dialect }: Scope, list: SelectList): Sql {
  return dialect.anyOrder === undefined ? sql.empty : orderClause(list.columns.slice(0, 1));
}

/** A column of a key: the expression to group by, and the expression to select. */
function keyColumn(scope: Scope, row: Sql, column: Column, compare: KeyComparison | undefined) {
  const plain = scope.column(row, column);
  const exact = compare === undefined ? null : scope.dialect.keyText(plain, column.type, compare);
  const { expression, type } = exact ?? { expression: plain, type: column.type };
  return { expression, type, flat: scope.dialect.flat(expression, type) };
}

/** The rank of each key tuple, for an order in another source that refers to this one. NULL sorts as NULL, not as a rank. */
export function compileRanks(scope: Scope, fetch: Extract<Fetch, { kind: 'ranks' }>): CompiledFetch {
  const { dialect } = scope;
  const row = scope.alias();
  const keys = scope.alias();
  const value = dialect.name('v');
  const index = dialect.name('i');
  const ranked = scope.alias();
  const source = dialect.keyRows(fetch.keys, keys);
  const conditions = fetch.columns.map((column, at) =>
    scope.keyEquals(row, column, fetch.keys, sql`${keys}.${dialect.name(`k${at}`)}`),
  );
  if (!isAlways(fetch.where)) conditions.push(compileWhere(scope, fetch.where, row));
  const on = sql.join(conditions, sql` and `);
  const table = sql`${dialect.table(fetch.table)} ${row}`;
  const out: OutputField[] = [
    { kind: 'value', key: 'i', index: 0, codec: { text: undefined, form: 'bare' } },
    { kind: 'value', key: 'r', index: 1, codec: { text: undefined, form: 'bare' } },
  ];
  if (fetch.by.kind === 'measure' && fetch.by.measure.kind === 'count') {
    // A count needs no rank: it sorts as itself. Rows without related rows have no count and sort below.
    const counted = compileCount(
      scope,
      countedColumns(fetch, fetch.by.measure),
      fetch.by.measure.distinct,
      row,
    );
    const position = fetch.by.descending ? sql`0 - ${counted}` : counted;
    return {
      text: sql`select ${keys}.${index}, ${position} from ${source} left join ${table} on ${on}${scope.computedFor(row)} group by ${keys}.${index}`,
      out,
    };
  }
  if (fetch.by.kind === 'measure') {
    const measure = compileMeasure(scope, fetch.by.measure, row);
    const measured = sql`select ${keys}.${index} as ${index}, ${measure} as ${value} from ${source} left join ${table} on ${on}${scope.computedFor(row)} group by ${keys}.${index}`;
    const order = orderClause([dialect.order(sql`${ranked}.${value}`, fetch.by, true)]);
    const rank = sql`case when ${ranked}.${value} is null then null else dense_rank() over (${order}) end`;
    return { text: sql`select ${ranked}.${index}, ${rank} from (${measured}) ${ranked}`, out };
  }
  const { term } = fetch.by;
  const from = new From(scope, row);
  const sorted = orderValue(scope, from, term);
  // A rank from a third source already includes the direction.
  const direction = term.kind === 'rank' ? { descending: false, nulls: term.nulls } : term;
  const rank = sql`case when ${sorted} is null then null else dense_rank() over (order by ${dialect.order(sorted, direction, true)}) end`;
  return {
    text: sql`select ${keys}.${index}, ${rank} from ${source} join ${table} on ${on}${from.joins}`,
    out,
  };
}

/** The columns to count. A plain count takes the key columns, which are NULL where an outer join found no row. */
function countedColumns(
  { columns }: Extract<Fetch, { kind: 'ranks' }>,
  measure: Extract<Measure, { kind: 'count' }>,
): readonly Column[] {
  return measure.columns.length > 0 ? measure.columns : columns.slice(0, 1);
}
