import type { Column } from '../../catalog/index.ts';
import { unreachable } from '../../core/index.ts';
import type {
  Aggregate,
  AggregatePart,
  Fetch,
  GroupBy,
  HopShape,
  Out,
  Param,
  Select,
} from '../../plan/index.ts';
import { type Sql, sql } from '../sql.ts';
import type { Draft } from './draft.ts';
import { groupClauses } from './groups.ts';
import { labelled } from './labels.ts';
import { aggregateItems, rowFields } from './rows.ts';
import { type Scope, SelectList } from './scope.ts';
import { baseRows, From, limitClause, orderClause, orderList, rowNumber } from './source.ts';

interface Family {
  readonly columns: readonly Column[];
  readonly keys: Param;
}

/** The keys of all parents as a row source, its index column, and the join condition between a row and its parent. */
function parents(scope: Scope, { columns, keys }: Family, row: Sql) {
  const alias = scope.alias();
  const on = columns.map((column, index) =>
    scope.keyEquals(row, column, keys, sql`${alias}.${scope.dialect.name(`k${index}`)}`),
  );
  return {
    source: scope.dialect.keyRows(keys, alias),
    index: sql`${alias}.${scope.dialect.name('i')}`,
    on: sql.join(on, sql` and `),
  };
}

/** Children of many parents in one statement; column 0 is the parent's index. */
export function childRows(scope: Scope, fetch: Extract<Fetch, { kind: 'children' }>): Draft {
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

function allChildren(scope: Scope, family: Family, select: Select): Draft {
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
  const order = orderClause(orderList(scope, from, select.orderBy));
  return {
    text: sql`select ${list.render(scope)} from ${base.from}${from.joins}${base.where}${order}`,
    out,
    parent: 0,
  };
}

function lateralChildren(scope: Scope, family: Family, select: Select): Draft {
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
function unionChildren(scope: Scope, family: Family, select: Select): Draft {
  let out: readonly Out[] = [];
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
function numberedChildren(scope: Scope, family: Family, select: Select): Draft {
  const { dialect } = scope;
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
  const terms = orderClause(orderList(scope, from, select.orderBy));
  const number = sql`row_number() over (partition by ${base.outerColumn!}${terms})`;
  const numbered = scope.alias();
  const position = sql`${numbered}.${dialect.name(rowNumber)}`;
  const columns = list.columns.map((_, index) => sql`${numbered}.${dialect.name(`c${index}`)}`);
  return {
    text: sql`select ${sql.join(columns)} from (select ${list.render(scope)}, ${number} as ${dialect.name(rowNumber)} from ${base.from}${from.joins}${base.where}) ${numbered} where ${page(scope, select, position)} order by ${position}`,
    out,
    parent: 0,
  };
}

/** The condition that a row number (counted from 1) lies within offset and limit. */
function page(scope: Scope, { limit, offset }: Pick<Select, 'limit' | 'offset'>, position: Sql): Sql {
  const spell = (bound: number | Param) =>
    typeof bound === 'number' ? sql.integer(bound) : scope.dialect.bind(bound);
  const after = offset === null ? sql`0` : spell(offset);
  const from = sql`${position} > ${after}`;
  return limit === null
    ? from
    : sql`${from} and ${position} <= ${offset === null ? sql.empty : sql`${spell(offset)} + `}${spell(limit)}`;
}

function shift(out: Out, by: number): Out {
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

/** The row source for aggregates of children: one page of rows per parent, with the parent's index. */
function childSource(scope: Scope, family: Family, aggregate: Aggregate) {
  const row = scope.alias();
  const parent = parents(scope, family, row);
  const paged = aggregate.limit !== null || aggregate.offset !== null;
  const set = paged
    ? aggregate
    : { ...aggregate, orderBy: aggregate.distinctOn.length === 0 ? [] : aggregate.orderBy };
  const base = baseRows(scope, set, {
    condition: parent.on,
    row,
    outer: { from: parent.source, column: parent.index },
  });
  if (!paged) return { source: sql`${base.from}${base.where}`, index: base.outerColumn!, row };
  const { dialect } = scope;
  const from = new From(scope, row);
  const terms = orderClause(orderList(scope, from, aggregate.orderBy));
  const number = sql`row_number() over (partition by ${base.outerColumn!}${terms})`;
  const outer = scope.alias();
  const columns = aggregate.table.columns.map((column) => scope.column(row, column));
  const inner = sql`select ${base.outerColumn!} as ${dialect.name('foz_parent')}, ${sql.join(columns)}, ${number} as ${dialect.name(rowNumber)} from ${base.from}${from.joins}${base.where}`;
  return {
    source: sql`(${inner}) ${outer} where ${page(scope, aggregate, sql`${outer}.${dialect.name(rowNumber)}`)}`,
    index: sql`${outer}.${dialect.name('foz_parent')}`,
    row: outer,
  };
}

/** One aggregate row per parent. Nodes and groups are fetched by separate statements. */
export function childAggregate(scope: Scope, fetch: Extract<Fetch, { kind: 'children aggregate' }>): Draft {
  const { aggregate } = fetch;
  const { source, index, row } = childSource(scope, fetch, aggregate);
  const list = new SelectList();
  list.add(index);
  const counts = new Set<number>();
  const from = { aggregate, family: fetch, row, counts };
  const out = aggregate.parts.map((part) => childPart(scope, list, part, from));
  const absent = list.columns.map((_, position) => (counts.has(position) ? 0 : null));
  return { text: sql`select ${list.render(scope)} from ${source} group by ${index}`, out, parent: 0, absent };
}

/** One aggregate per parent, while its select list is built. */
interface AggregateDraft {
  readonly aggregate: Aggregate;
  readonly family: Family;
  readonly row: Sql;
  /** Positions of counts in the select list: for a parent without rows they are 0. */
  readonly counts: Set<number>;
}

function childPart(
  scope: Scope,
  list: SelectList,
  part: AggregatePart,
  { aggregate, family, row, counts }: AggregateDraft,
): Out {
  switch (part.kind) {
    case 'constant':
      return part;
    case 'aggregate':
      return {
        kind: 'object',
        key: part.key,
        present: null,
        out: aggregateItems(scope, list, part.items, row, aggregate.table.source.numbers, counts),
      };
    case 'nodes':
      return sameParent(part.key, family, { kind: 'array', select: part.select });
    case 'group_by':
      return sameParent(part.key, family, { kind: 'groups', aggregate, group: part.group });
    default:
      return unreachable(part);
  }
}

/** A hop to more rows of the same parent. It uses the key of the parent. */
function sameParent(key: string, family: Family, child: HopShape['child']): Out {
  const { compare } = family.keys;
  return {
    kind: 'hop',
    key,
    hop: { relationship: null, columns: family.columns, compare, keys: null, child },
  };
}

/** Groups per parent; column 0 is the parent's index. */
export function childGroups(scope: Scope, fetch: Extract<Fetch, { kind: 'children groups' }>): Draft {
  const { group, aggregate } = fetch;
  const { source, index, row } = childSource(scope, fetch, aggregate);
  const { dialect } = scope;
  const list = new SelectList();
  list.add(index);
  const clauses = groupClauses(scope, group, row, [index]);
  const out = groupOut(scope, list, group, clauses.keys, row, aggregate.table.source.numbers);
  if (group.limit === null && group.offset === null) {
    const grouped = sql` from ${source}${clauses.tail}`;
    return { text: sql`select ${list.render(scope)}${grouped}${orderClause(clauses.order)}`, out, parent: 0 };
  }
  // Beside a window function and a distinct count MariaDB (10.11) ignores HAVING: groups that pass are numbered apart from those that do not.
  const passes = clauses.condition === null ? null : sql`case when ${clauses.condition} then 1 else 0 end`;
  const kept = passes === null ? null : list.add(passes, 'having');
  const parts = passes === null ? [index] : [index, passes];
  const number = sql`row_number() over (partition by ${sql.join(parts)}${orderClause(clauses.order)})`;
  const numbered = scope.alias();
  const position = sql`${numbered}.${dialect.name(rowNumber)}`;
  const columns = list.columns.map((_, at) => sql`${numbered}.${dialect.name(`c${at}`)}`);
  return {
    text: sql`select ${sql.join(columns)} from (select ${list.render(scope)}, ${number} as ${dialect.name(rowNumber)} from ${source}${clauses.grouping}) ${numbered} where ${kept === null ? sql.empty : sql`${columns[kept]!} = 1 and `}${page(scope, group, position)} order by ${position}`,
    out,
    parent: 0,
  };
}

/** Selects the parts of one group. */
export function groupOut(
  scope: Scope,
  list: SelectList,
  group: GroupBy,
  keys: readonly Sql[],
  row: Sql,
  numbers: 'string' | 'number',
): Out[] {
  return group.parts.map((part): Out => {
    switch (part.kind) {
      case 'constant':
        return part;
      case 'aggregate':
        return {
          kind: 'object',
          key: part.key,
          present: null,
          out: aggregateItems(scope, list, part.items, row, numbers, new Set()),
        };
      case 'group_key':
        return {
          kind: 'object',
          key: part.key,
          present: null,
          out: part.entries.map((entry): Out => {
            const { type } = group.keys[entry.index]!.column;
            const named = labelled(scope, keys[entry.index]!, type, entry.labels);
            const index = list.add(scope.dialect.flat(named.expression, named.type), `key|${entry.index}`);
            return { kind: 'value', key: entry.key, index, codec: scope.codec(named.type, numbers) };
          }),
        };
      default:
        return unreachable(part);
    }
  });
}
