import { unreachable } from '../../core/index.ts';
import type { Fetch, OutputField, Select } from '../../plan/index.ts';
import { sql } from '../sql.ts';
import type { CompiledFetch } from './compiled-fetch.ts';
import { type Family, page, parents } from './family.ts';
import { rowFields } from './rows.ts';
import { type Scope, SelectList } from './scope.ts';
import { baseRows, From, limitClause, orderClause, orderList, rowNumber, someOrder } from './source.ts';

/** Children of many parents in one statement; column 0 is the parent's index. */
export function childRows(scope: Scope, fetch: Extract<Fetch, { kind: 'children' }>): CompiledFetch {
  const { select } = fetch;
  if (select.limit === null && select.offset === null) return allChildren(scope, fetch, select);
  if (scope.dialect.lateral && select.distinctOn.length === 0) return lateralChildren(scope, fetch, select);
  if (
    scope.dialect.limitedUnion &&
    fetch.keys.capacity !== undefined &&
    fetch.keys.capacity <= 256 &&
    select.distinctOn.length === 0
  ) {
    return unionChildren(scope, fetch, select);
  }
  return numberedChildren(scope, fetch, select);
}

/** The parts of a select that joins all children with their parents; column 0 is the parent's index. */
function joined(scope: Scope, family: Family, select: Select) {
  const row = scope.alias();
  const parent = parents(scope, family, row);
  const base = baseRows(scope, select, {
    condition: parent.on,
    row,
    outer: { from: parent.source, column: parent.index },
  });
  const from = new From(scope, row);
  const list = new SelectList();
  list.add(base.outerColumn!);
  const out = rowFields(scope, list, from, select, row, '');
  const order = orderList(scope, from, select.orderBy);
  return { base, from, list, out, order };
}

function allChildren(scope: Scope, family: Family, select: Select): CompiledFetch {
  const { base, from, list, out, order } = joined(scope, family, select);
  return {
    text: sql`select ${list.render(scope)} from ${base.from}${from.joins}${base.where}${orderClause(order)}`,
    out,
    parent: 0,
  };
}

function lateralChildren(scope: Scope, family: Family, select: Select): CompiledFetch {
  const { dialect } = scope;
  const row = scope.alias();
  const parent = parents(scope, family, row);
  const base = baseRows(scope, select, { condition: parent.on, row });
  const from = new From(scope, row);
  const list = new SelectList();
  const out = rowFields(scope, list, from, select, row, '');
  const terms = orderList(scope, from, select.orderBy);
  const limit = limitClause(scope, select.limit, select.offset);
  const child = scope.alias();
  const inner = sql`select ${list.render(scope)} from ${base.from}${from.joins}${base.where}${orderClause(terms)}${limit}`;
  const columns = list.columns.map((_, index) => sql`${child}.${dialect.name(`c${index}`)}`);
  return {
    text: sql`select ${sql.join([parent.index, ...columns])} from ${parent.source} cross join lateral (${inner}) ${child}`,
    out: out.map((entry) => shift(entry, 1)),
    parent: 0,
  };
}

/** One limited select per parent, all in one statement. */
function unionChildren(scope: Scope, family: Family, select: Select): CompiledFetch {
  let out: readonly OutputField[] = [];
  const branches = Array.from({ length: family.keys.capacity! }, (_, tuple) => {
    const row = scope.alias();
    const on = family.columns.map((column, index) =>
      scope.keyEquals(row, column, family.keys, scope.keyElement(family.keys, tuple, index)),
    );
    const base = baseRows(scope, select, { condition: sql.join(on, sql` and `), row });
    const from = new From(scope, row);
    const list = new SelectList();
    list.add(sql.integer(tuple));
    out = rowFields(scope, list, from, select, row, '');
    const order = orderClause(orderList(scope, from, select.orderBy));
    return sql`(select ${list.render(scope)} from ${base.from}${from.joins}${base.where}${order}${limitClause(scope, select.limit, select.offset)})`;
  });
  return { text: sql.join(branches, sql` union all `), out, parent: 0 };
}

/** Numbers the rows of each parent with a window function and selects a page of them. Works on every engine. */
function numberedChildren(scope: Scope, family: Family, select: Select): CompiledFetch {
  const { dialect } = scope;
  const { base, from, list, out, order } = joined(scope, family, select);
  const number = sql`row_number() over (partition by ${base.outerColumn!}${someOrder(scope, order)})`;
  const numbered = scope.alias();
  const position = sql`${numbered}.${dialect.name(rowNumber)}`;
  const columns = list.columns.map((_, index) => sql`${numbered}.${dialect.name(`c${index}`)}`);
  return {
    text: sql`select ${sql.join(columns)} from (select ${list.render(scope)}, ${number} as ${dialect.name(rowNumber)} from ${base.from}${from.joins}${base.where}) ${numbered} where ${page(scope, select, position)} order by ${position}`,
    out,
    parent: 0,
  };
}

function shift(out: OutputField, by: number): OutputField {
  switch (out.kind) {
    case 'value':
    case 'json':
      return { ...out, index: out.index + by };
    case 'node_id':
      return { ...out, values: out.values.map((value) => ({ ...value, index: value.index + by })) };
    case 'object':
      return {
        ...out,
        present: out.present === null ? null : out.present + by,
        out: out.out.map((entry) => shift(entry, by)),
      };
    case 'hop':
      return {
        ...out,
        hop: { ...out.hop, keys: out.hop.keys?.map((key) => ({ ...key, index: key.index + by })) ?? null },
      };
    case 'constant':
    case 'rows':
      return out;
    default:
      return unreachable(out);
  }
}
