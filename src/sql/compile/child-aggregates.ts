import { unreachable } from '../../core/index.ts';
import type { Aggregate, AggregatePart, Fetch, HopShape, OutputField } from '../../plan/index.ts';
import { type Sql, sql } from '../sql.ts';
import type { CompiledFetch } from './compiled-fetch.ts';
import { type Family, page, parents } from './family.ts';
import { groupOut } from './flat-groups.ts';
import { groupClauses } from './groups.ts';
import { aggregateItems } from './rows.ts';
import { type Scope, SelectList } from './scope.ts';
import { baseRows, From, orderClause, orderList, rowNumber, someOrder } from './source.ts';

/** The row source for aggregates of children: one page of rows per parent, with the parent's index. `source` is called after the aggregates are spelled. */
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
  if (!paged) {
    const source = () => sql`${base.from}${scope.computedFor(row)}${base.where}`;
    return { source, index: base.outerColumn!, row };
  }
  const { dialect } = scope;
  const from = new From(scope, row);
  const terms = someOrder(scope, orderList(scope, from, aggregate.orderBy));
  const number = sql`row_number() over (partition by ${base.outerColumn!}${terms})`;
  const outer = scope.alias();
  const columns = aggregate.table.columns.map((column) => scope.column(row, column));
  const inner = sql`select ${base.outerColumn!} as ${dialect.name('foz_parent')}, ${sql.join(columns)}, ${number} as ${dialect.name(rowNumber)} from ${base.from}${from.joins}${base.where}`;
  return {
    source: () =>
      sql`(${inner}) ${outer}${scope.computedFor(outer)} where ${page(scope, aggregate, sql`${outer}.${dialect.name(rowNumber)}`)}`,
    index: sql`${outer}.${dialect.name('foz_parent')}`,
    row: outer,
  };
}

/** One aggregate row per parent. Nodes and groups are fetched by separate statements. */
export function childAggregate(
  scope: Scope,
  fetch: Extract<Fetch, { kind: 'children aggregate' }>,
): CompiledFetch {
  const { aggregate } = fetch;
  const { source, index, row } = childSource(scope, fetch, aggregate);
  const list = new SelectList();
  list.add(index);
  const counts = new Set<number>();
  const from = { aggregate, family: fetch, row, counts };
  const out = aggregate.parts.map((part) => childPart(scope, list, part, from));
  const absent = list.columns.map((_, position) => (counts.has(position) ? 0 : null));
  return {
    text: sql`select ${list.render(scope)} from ${source()} group by ${index}`,
    out,
    parent: 0,
    absent,
  };
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
): OutputField {
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
function sameParent(key: string, family: Family, child: HopShape['child']): OutputField {
  const { compare } = family.keys;
  return {
    kind: 'hop',
    key,
    hop: { relationship: null, columns: family.columns, compare, keys: null, child },
  };
}

/** Groups per parent; column 0 is the parent's index. */
export function childGroups(scope: Scope, fetch: Extract<Fetch, { kind: 'children groups' }>): CompiledFetch {
  const { group, aggregate } = fetch;
  const { source, index, row } = childSource(scope, fetch, aggregate);
  const { dialect } = scope;
  const list = new SelectList();
  list.add(index);
  const clauses = groupClauses(scope, group, row, [index]);
  const out = groupOut(scope, list, group, clauses.keys, row, aggregate.table.source.numbers);
  if (group.limit === null && group.offset === null) {
    const grouped = sql` from ${source()}${clauses.tail}`;
    return { text: sql`select ${list.render(scope)}${grouped}${orderClause(clauses.order)}`, out, parent: 0 };
  }
  // Beside a window function and a distinct count MariaDB (10.11) ignores HAVING: groups that pass are numbered apart from those that do not.
  const passes = clauses.condition === null ? null : sql`case when ${clauses.condition} then 1 else 0 end`;
  const passesAt = passes === null ? null : list.add(passes, 'having');
  const parts = passes === null ? [index] : [index, passes];
  const number = sql`row_number() over (partition by ${sql.join(parts)}${someOrder(scope, clauses.order)})`;
  const numbered = scope.alias();
  const position = sql`${numbered}.${dialect.name(rowNumber)}`;
  const columns = list.columns.map((_, at) => sql`${numbered}.${dialect.name(`c${at}`)}`);
  return {
    text: sql`select ${sql.join(columns)} from (select ${list.render(scope)}, ${number} as ${dialect.name(rowNumber)} from ${source()}${clauses.grouping}) ${numbered} where ${passesAt === null ? sql.empty : sql`${columns[passesAt]!} = 1 and `}${page(scope, group, position)} order by ${position}`,
    out,
    parent: 0,
  };
}
