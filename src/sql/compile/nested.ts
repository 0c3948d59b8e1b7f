import type { Relationship, ValueType } from '../../catalog/index.ts';
import { unreachable } from '../../core/index.ts';
import type { Aggregate, AggregateItem, Field, GroupBy, Select } from '../../plan/index.ts';
import { type Sql, sql } from '../sql.ts';
import { groupClauses } from './groups.ts';
import { labelled } from './labels.ts';
import type { Scope } from './scope.ts';
import { baseRows, From, limitClause, limitedOrder, orderList } from './source.ts';
import { compileCount, joinCondition } from './where.ts';

type Entry = { readonly key: string; readonly value: Sql };
type Numbers = 'string' | 'number';
const textType: ValueType = { scalar: 'text', array: false };
/** Databases count in 64 bits. In JSON a count is a number. */
const countType: ValueType = { scalar: 'bigint', array: false };

/** A scalar sub-select: the related rows of `parent` as one JSON array. */
export function nestedList(
  scope: Scope,
  select: Select,
  relationship: Relationship | null,
  parent: Sql,
): Sql {
  return scope.json.array(jsonRows(scope, select, relationship, parent));
}

/** A scalar sub-select: the only row as a JSON object, or NULL. */
export function nestedOne(scope: Scope, select: Select): Sql {
  return jsonRows(scope, select, null, sql.empty);
}

/** `(select <object> as j from ... order by ... limit ...)` */
function jsonRows(scope: Scope, select: Select, relationship: Relationship | null, parent: Sql): Sql {
  const row = scope.alias();
  const condition = relationship === null ? null : joinCondition(scope, relationship, parent, row);
  const base = baseRows(scope, select, { condition, row });
  const from = new From(scope, row);
  const object = scope.json.object(rowEntries(scope, from, select, row, ''));
  const limit = limitClause(scope, select.limit, select.offset);
  const order = limitedOrder(scope, orderList(scope, from, select.orderBy), limit);
  return sql`(select ${object} as ${scope.dialect.name('j')} from ${base.from}${from.joins}${base.where}${order}${limit})`;
}

function rowEntries(scope: Scope, from: From, select: Select, row: Sql, path: string): Entry[] {
  return select.fields.map((field) => ({
    key: field.key,
    value: fieldValue(scope, from, select, field, row, path),
  }));
}

function fieldValue(scope: Scope, from: From, select: Select, field: Field, row: Sql, path: string): Sql {
  const { dialect, json } = scope;
  const { numbers } = select.table.source;
  switch (field.kind) {
    case 'column': {
      const expression = scope.column(row, field.column);
      if (field.jsonPath === null) {
        const named = labelled(scope, expression, field.column.type, field.labels);
        return json.value(named.expression, named.type, numbers);
      }
      const { type } = field.column;
      return json.value(dialect.jsonPath(expression, type, field.jsonPath), type, numbers);
    }
    case 'constant':
      return constant(scope, field.json);
    case 'node_id':
      throw new TypeError('a row with a global id is not written by the database');
    case 'object': {
      const joined = from.join(row, path, field.relationship, field.select.where);
      const object = json.object(rowEntries(scope, from, field.select, joined.alias, joined.path));
      const present = scope.column(joined.alias, field.relationship.mapping[0]!.to);
      return sql`case when ${present} is not null then ${object} end`;
    }
    case 'array':
      return nestedList(scope, field.select, field.relationship, row);
    case 'aggregate':
      return nestedAggregate(scope, field.aggregate, field.relationship, row);
    default:
      return unreachable(field);
  }
}

/** JSON constants of a plan are strings (`__typename`) or null. */
function constant(scope: Scope, json: string): Sql {
  if (json === 'null') return sql`null`;
  return scope.json.value(sql.text(JSON.parse(json) as string), textType, 'string');
}

/** A scalar sub-select: the aggregate of the related rows of `parent` (of all rows without a relationship) as one JSON object. */
export function nestedAggregate(
  scope: Scope,
  aggregate: Aggregate,
  relationship: Relationship | null,
  parent: Sql,
): Sql {
  const { json } = scope;
  const row = scope.alias();
  const { numbers } = aggregate.table.source;
  const entries = aggregate.parts.map((part): Entry => {
    switch (part.kind) {
      case 'aggregate':
        return { key: part.key, value: json.object(itemEntries(scope, part.items, row, numbers)) };
      case 'nodes':
        return { key: part.key, value: nestedList(scope, part.select, relationship, parent) };
      case 'group_by':
        return { key: part.key, value: nestedGroups(scope, aggregate, part.group, relationship, parent) };
      case 'constant':
        return { key: part.key, value: constant(scope, part.json) };
      default:
        return unreachable(part);
    }
  });
  const object = json.object(entries);
  if (!measures(aggregate)) return sql`(select ${object})`;
  return sql`(select ${object} from ${aggregateRows(scope, aggregate, relationship, parent, row)})`;
}

/** Whether anything is computed over the rows. False where only `__typename` is selected. */
export function measures(aggregate: Aggregate): boolean {
  return aggregate.parts.some((part) => part.kind === 'aggregate' && part.items.some(isMeasure));
}

function isMeasure(item: AggregateItem): boolean {
  if (item.kind === 'function') return item.columns.some((entry) => entry.kind === 'column');
  return item.kind === 'count';
}

/** The rows an aggregate ranges over: the table itself, or a derived table where distinct, limit or offset come first. */
export function aggregateRows(
  scope: Scope,
  aggregate: Aggregate,
  relationship: Relationship | null,
  parent: Sql,
  row: Sql,
): Sql {
  const paged = aggregate.limit !== null || aggregate.offset !== null;
  const inner = paged ? scope.alias() : row;
  const condition = relationship === null ? null : joinCondition(scope, relationship, parent, inner);
  const base = baseRows(
    scope,
    paged ? aggregate : { ...aggregate, orderBy: aggregate.distinctOn.length === 0 ? [] : aggregate.orderBy },
    {
      condition,
      row: inner,
    },
  );
  if (!paged) return sql`${base.from}${scope.computedFor(row)}${base.where}`;
  const from = new From(scope, inner);
  const terms = orderList(scope, from, aggregate.orderBy);
  const limit = limitClause(scope, aggregate.limit, aggregate.offset);
  const tail = limit.isEmpty ? sql.empty : sql`${limitedOrder(scope, terms, limit)}${limit}`;
  return sql`(select ${inner}.* from ${base.from}${from.joins}${base.where}${tail}) ${row}${scope.computedFor(row)}`;
}

/** Entries of `aggregate { count sum { x } }` as JSON values. */
function itemEntries(scope: Scope, items: readonly AggregateItem[], row: Sql, numbers: Numbers): Entry[] {
  const { dialect, json } = scope;
  return items.map((item): Entry => {
    switch (item.kind) {
      case 'constant':
        return { key: item.key, value: constant(scope, item.json) };
      case 'count':
        return {
          key: item.key,
          value: json.value(compileCount(scope, item.columns, item.distinct, row), countType, 'number'),
        };
      case 'function':
        return {
          key: item.key,
          value: json.object(
            item.columns.map((entry) => ({
              key: entry.key,
              value:
                entry.kind === 'constant'
                  ? constant(scope, entry.json)
                  : json.value(
                      dialect.aggregate(
                        item.fn,
                        scope.aggregatedAsShown(row, entry.column),
                        entry.column.type,
                      ),
                      entry.type,
                      numbers,
                    ),
            })),
          ),
        };
      default:
        return unreachable(item);
    }
  });
}

function nestedGroups(
  scope: Scope,
  aggregate: Aggregate,
  group: GroupBy,
  relationship: Relationship | null,
  parent: Sql,
): Sql {
  const { dialect, json } = scope;
  const row = scope.alias();
  const { numbers } = aggregate.table.source;
  const clauses = groupClauses(scope, group, row);
  const entries = group.parts.map((part): Entry => {
    switch (part.kind) {
      case 'group_key':
        return {
          key: part.key,
          value: json.object(
            part.entries.map((entry) => {
              const { type } = group.keys[entry.index]!.column;
              const named = labelled(scope, clauses.keys[entry.index]!, type, entry.labels);
              return { key: entry.key, value: json.value(named.expression, named.type, numbers) };
            }),
          ),
        };
      case 'aggregate':
        return { key: part.key, value: json.object(itemEntries(scope, part.items, row, numbers)) };
      case 'constant':
        return { key: part.key, value: constant(scope, part.json) };
      default:
        return unreachable(part);
    }
  });
  const rows = aggregateRows(scope, aggregate, relationship, parent, row);
  return json.array(
    sql`(select ${json.object(entries)} as ${dialect.name('j')} from ${rows}${clauses.tail})`,
  );
}
