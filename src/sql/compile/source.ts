import type { Column, Relationship, Table } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import type { Bound, Hop, OrderTerm, Predicate } from '../../plan/index.ts';
import { isAlways } from '../../plan/index.ts';
import { type Sql, sql } from '../sql.ts';
import type { Scope } from './scope.ts';
import { compileWhere, joinCondition, related } from './where.ts';

/** The rows of a table that a select or an aggregate ranges over. */
export interface RowSet {
  readonly table: Table;
  readonly where: Predicate;
  readonly orderBy: readonly OrderTerm[];
  readonly distinctOn: readonly Column[];
  readonly limit: Bound | null;
  readonly offset: Bound | null;
}

/** FROM of one select: the base row and the to-one rows joined to it, each relationship path once. */
export class From {
  readonly row: Sql;
  readonly #scope: Scope;
  readonly #joins: Sql[] = [];
  readonly #joined = new Map<string, Sql>();

  constructor(scope: Scope, row: Sql) {
    this.#scope = scope;
    this.row = row;
  }

  /** Alias of the to-one row behind `relationship`, seen from alias `from`. The rule of the role is part of the join. */
  join(from: Sql, path: string, relationship: Relationship, where: Predicate): { alias: Sql; path: string } {
    const key = `${path}.${relationship.name}`;
    const known = this.#joined.get(key);
    if (known !== undefined) return { alias: known, path: key };
    const scope = this.#scope;
    const alias = scope.alias();
    const table = scope.dialect.table(relationship.to);
    this.#joins.push(
      sql` left join ${table} ${alias} on ${onClause(scope, relationship, where, from, alias)}`,
    );
    this.#joined.set(key, alias);
    return { alias, path: key };
  }

  /** Adds any further row source (keys, ranks). */
  add(join: Sql): void {
    this.#joins.push(join);
  }

  /** Alias at the end of a path of object relationships. */
  follow(path: readonly Hop[]): Sql {
    let at = { alias: this.row, path: '' };
    for (const hop of path) at = this.join(at.alias, at.path, hop.relationship, hop.where);
    return at.alias;
  }

  get joins(): Sql {
    return sql.join(this.#joins, sql.empty);
  }
}

/** Whether a to-one row can be joined: the columns of the relationship must identify it. */
export function joinable(relationship: Relationship): boolean {
  return !relationship.remote && (relationship.unique || relationship.to.primaryKey !== null);
}

function onClause(scope: Scope, relationship: Relationship, where: Predicate, from: Sql, to: Sql): Sql {
  if (relationship.unique && (isExact(scope, relationship) || relationship.to.primaryKey === null))
    return matches(scope, relationship, where, from, to);
  const key = relationship.to.primaryKey;
  if (key === null) {
    throw new FozError(
      'not-supported',
      `${relationship.from.id}.${relationship.name} may lead to several rows of ${relationship.to.id}, which has no key: declare one`,
    );
  }
  const inner = scope.alias();
  const columns = (alias: Sql) => sql.join(key.columns.map((column) => scope.column(alias, column)));
  const first = sql`select ${columns(inner)} from ${scope.dialect.table(relationship.to)} ${inner} where ${matches(scope, relationship, where, from, inner)} order by ${columns(inner)} ${scope.dialect.limit(sql`1`, null)}`;
  if (key.columns.length === 1) return sql`${columns(to)} = (${first})`;
  if (scope.dialect.tuples !== false) return sql`(${columns(to)}) = (${first})`;
  const found = scope.alias();
  const same = key.columns.map(
    (column) => sql`${found}.${scope.dialect.name(column.name)} = ${scope.column(to, column)}`,
  );
  return sql`exists (select 1 from (${first}) ${found} where ${sql.join(same, sql` and `)})`;
}

const typed = ({ type }: Column) => ({ expression: sql.empty, type });

/** Whether the relationship compares its columns as the database does, so that a unique key finds one row. */
function isExact({ dialect }: Scope, { mapping }: Relationship): boolean {
  return mapping.every(({ from, to }) => (dialect.joinEquals?.(typed(to), typed(from)) ?? null) === null);
}

function matches(scope: Scope, relationship: Relationship, where: Predicate, from: Sql, to: Sql): Sql {
  const join = joinCondition(scope, relationship, from, to);
  return isAlways(where) ? join : sql`${join} and ${compileWhere(scope, where, to)}`;
}

/** The ORDER BY list; joins what it needs. */
export function orderList(scope: Scope, from: From, terms: readonly OrderTerm[]): readonly Sql[] {
  const sorted = new Set<string>();
  // A column that stands there once more sorts nothing, and SQL Server refuses it.
  const effective = terms.filter((term) => {
    if (term.kind !== 'column') return true;
    const place = JSON.stringify([
      ...term.path.map(({ relationship }) => relationship.name),
      term.column.name,
    ]);
    return !sorted.has(place) && sorted.add(place).size > 0;
  });
  return effective.map((term) => {
    const value = orderValue(scope, from, term);
    if (term.kind === 'column')
      return scope.dialect.order(value, term, term.column.nullable || term.path.length > 0);
    const nullable =
      term.path.length > 0 ||
      (term.kind === 'measure' ? term.measure.kind !== 'count' : term.absent === 'null');
    if (term.kind === 'measure') return scope.dialect.order(value, term, nullable);
    return scope.dialect.order(value, { descending: false, nulls: term.nulls }, nullable);
  });
}

/** The expression a term sorts by; joins what it needs. */
export function orderValue(scope: Scope, from: From, term: OrderTerm): Sql {
  const row = from.follow(term.path);
  switch (term.kind) {
    case 'column':
      return scope.ordered(row, term.column);
    case 'measure':
      return ofPartner(
        scope,
        term.path,
        row,
        related(scope, term.relationship, term.where, term.measure, row),
      );
    case 'rank': {
      const ranks = scope.alias();
      const on = term.keys.map((key, index) =>
        scope.keyEquals(row, key, term.ranks, sql`${ranks}.${scope.dialect.name(`k${index}`)}`),
      );
      from.add(sql` left join ${scope.dialect.keyRows(term.ranks, ranks)} on ${sql.join(on, sql` and `)}`);
      const rank = sql`${ranks}.${scope.dialect.name('r')}`;
      if (term.absent === 'null') return rank;
      return ofPartner(scope, term.path, row, sql`coalesce(${rank}, 0)`);
    }
  }
}

/** A value that is never NULL by itself, turned to NULL where the to-one row at the end of a path is missing. */
function ofPartner(scope: Scope, path: readonly Hop[], row: Sql, value: Sql): Sql {
  const last = path.at(-1);
  if (last === undefined) return value;
  const present = scope.column(row, last.relationship.mapping[0]!.to);
  return sql`case when ${present} is not null then ${value} end`;
}

/** ` order by ...`, or nothing. */
export function orderClause(terms: readonly Sql[]): Sql {
  return terms.length === 0 ? sql.empty : sql` order by ${sql.join(terms)}`;
}

/** As `orderClause`, before a limit (`sql.empty`: none), which takes an ORDER BY on some engines. */
export function limitedOrder(scope: Scope, terms: readonly Sql[], limit: Sql): Sql {
  return limit.isEmpty ? orderClause(terms) : someOrder(scope, terms);
}

/** As `orderClause`, where some engines take no select and no window without an ORDER BY. */
export function someOrder({ dialect }: Scope, terms: readonly Sql[]): Sql {
  return orderClause(terms.length === 0 && dialect.anyOrder !== undefined ? [dialect.anyOrder] : terms);
}

/** ` limit ...`, or nothing. */
export function limitClause(scope: Scope, limit: Bound | null, offset: Bound | null): Sql {
  if (limit === null && (offset === null || offset === 0)) return sql.empty;
  const spell = (bound: Bound | null) =>
    bound === null || bound === 0
      ? null
      : typeof bound === 'number'
        ? sql.integer(bound)
        : (scope.dialect.bindCount?.(bound) ?? scope.dialect.bind(bound));
  return sql` ${scope.dialect.limit(limit === 0 ? sql`0` : spell(limit), spell(offset))}`;
}

/** Name of the row number that picks distinct rows and pages per parent. */
export const rowNumber = 'foz_row_number';

/**
 * The row source, and the filter that remains outside of it. With `distinctOn`, a derived table numbers the rows of each distinct tuple.
 * `partition` adds columns of `outer` (keys of many parents) to the tuple.
 */
export function baseRows(
  scope: Scope,
  set: RowSet,
  extra: {
    readonly condition: Sql | null;
    readonly row: Sql;
    readonly outer?: { readonly from: Sql; readonly column: Sql };
  },
): { readonly from: Sql; readonly where: Sql; readonly outerColumn: Sql | null } {
  const conditions: Sql[] = [];
  if (set.distinctOn.length === 0) {
    if (extra.condition !== null) conditions.push(extra.condition);
    if (!isAlways(set.where)) conditions.push(ownWhere(scope, set, extra.row));
    const table = sql`${scope.dialect.table(set.table)} ${extra.row}`;
    return {
      from:
        extra.outer === undefined
          ? table
          : sql`${extra.outer.from} join ${table} on ${conditions.length === 0 ? sql`1 = 1` : sql.join(conditions, sql` and `)}`,
      where:
        extra.outer !== undefined || conditions.length === 0
          ? sql.empty
          : sql` where ${sql.join(conditions, sql` and `)}`,
      outerColumn: extra.outer?.column ?? null,
    };
  }
  return distinctRows(scope, set, extra);
}

function ownWhere(scope: Scope, { where, offset }: RowSet, row: Sql): Sql {
  return scope.before(offset !== null, () => compileWhere(scope, where, row));
}

function distinctRows(
  scope: Scope,
  set: RowSet,
  extra: {
    readonly condition: Sql | null;
    readonly row: Sql;
    readonly outer?: { readonly from: Sql; readonly column: Sql };
  },
) {
  const { dialect } = scope;
  const inner = new From(scope, extra.row);
  const order = orderList(scope, inner, set.orderBy);
  const partition = set.distinctOn.map((column) => scope.shown(extra.row, column));
  if (extra.outer !== undefined) partition.unshift(extra.outer.column);
  const conditions: Sql[] = [];
  if (extra.condition !== null) conditions.push(extra.condition);
  if (!isAlways(set.where)) conditions.push(ownWhere(scope, set, extra.row));
  const where = conditions.length === 0 ? sql.empty : sql` where ${sql.join(conditions, sql` and `)}`;
  const number = sql`row_number() over (partition by ${sql.join(partition)}${someOrder(scope, order)})`;
  const source = extra.outer === undefined ? sql.empty : sql`${extra.outer.from} cross join `;
  const tupleIndex =
    extra.outer === undefined ? sql.empty : sql`, ${extra.outer.column} as ${dialect.name('foz_parent')}`;
  const derived = sql`(select ${extra.row}.*, ${number} as ${dialect.name(rowNumber)}${tupleIndex} from ${source}${dialect.table(set.table)} ${extra.row}${inner.joins}${where}) ${extra.row}`;
  return {
    from: derived,
    where: sql` where ${extra.row}.${dialect.name(rowNumber)} = 1`,
    outerColumn: extra.outer === undefined ? null : sql`${extra.row}.${dialect.name('foz_parent')}`,
  };
}
