import type { Column, Relationship } from '../../catalog/index.ts';
import { unreachable } from '../../core/index.ts';
import type { Aggregate, AggregateItem, Field, HopShape, OutputField, Select } from '../../plan/index.ts';
import type { Sql } from '../sql.ts';
import { labelled } from './labels.ts';
import { nestedAggregate, nestedList } from './nested.ts';
import type { Scope, SelectList } from './scope.ts';
import { type From, joinable } from './source.ts';
import { compileCount } from './where.ts';

/** Selects the fields of one row as plain columns: to-one rows joined in, to-many rows as JSON text or left to a hop. */
export function rowFields(
  scope: Scope,
  list: SelectList,
  from: From,
  select: Select,
  row: Sql,
  path: string,
): OutputField[] {
  const { numbers } = select.table.source;
  return select.fields.map((field): OutputField => {
    switch (field.kind) {
      case 'column':
        return columnField(scope, list, field, row, path, numbers);
      case 'constant':
        return field;
      case 'node_id':
        return nodeIdField(scope, list, field, row, path);
      case 'object':
        return objectField(scope, list, from, field, row, path);
      case 'array':
        if (!nests(scope, field.relationship, field.select)) {
          const child = { kind: 'array', select: field.select } as const;
          return hopField(scope, list, { row, path }, { ...field, child });
        }
        return jsonField(
          list,
          field.key,
          scope.jsonText(nestedList(scope, field.select, field.relationship, row)),
          '[]',
        );
      case 'aggregate':
        if (!nestsAggregate(scope, field.relationship, field.aggregate)) {
          const child = { kind: 'aggregate', aggregate: field.aggregate } as const;
          return hopField(scope, list, { row, path }, { ...field, child });
        }
        return jsonField(
          list,
          field.key,
          scope.jsonText(nestedAggregate(scope, field.aggregate, field.relationship, row)),
          'null',
        );
      default:
        return unreachable(field);
    }
  });
}

function columnField(
  scope: Scope,
  list: SelectList,
  field: Extract<Field, { kind: 'column' }>,
  row: Sql,
  path: string,
  numbers: 'string' | 'number',
): OutputField {
  const { column, jsonPath, key, labels } = field;
  const expression = scope.column(row, column);
  if (jsonPath !== null) {
    const value = scope.dialect.jsonPath(expression, column.type, jsonPath);
    const index = list.add(
      scope.dialect.flat(value, column.type),
      `${path}|${column.name}|${JSON.stringify(jsonPath)}`,
    );
    return { kind: 'value', key, index, codec: scope.codec(column.type, numbers) };
  }
  if (labels || (labels === null && column.type.respelled !== undefined)) {
    const named = labelled(scope, expression, column.type, labels);
    const index = list.add(scope.dialect.flat(named.expression, named.type), `${path}|${column.name}|labels`);
    return { kind: 'value', key, index, codec: scope.codec(named.type, numbers) };
  }
  return {
    kind: 'value',
    key,
    index: flatColumn(scope, list, row, path, column),
    codec: scope.codec(column.type, numbers),
  };
}

function nodeIdField(
  scope: Scope,
  list: SelectList,
  { key, mark, columns }: Extract<Field, { kind: 'node_id' }>,
  row: Sql,
  path: string,
): OutputField {
  const values = columns.map((column) => ({
    index: flatColumn(scope, list, row, path, column),
    codec: scope.codec(column.type, 'string'),
  }));
  return { kind: 'node_id', key, mark, values };
}

/** Index of a column in the select list, where each column stands once. A masked column and the unmasked key column are different entries. */
export function flatColumn(scope: Scope, list: SelectList, row: Sql, path: string, column: Column): number {
  const name = column.mask === null ? column.name : `${column.name}|masked`;
  return list.add(scope.dialect.flat(scope.column(row, column), column.type), `${path}|${name}`);
}

function objectField(
  scope: Scope,
  list: SelectList,
  from: From,
  field: Extract<Field, { kind: 'object' }>,
  row: Sql,
  path: string,
): OutputField {
  const { relationship, select, key } = field;
  if (!joinable(relationship))
    return hopField(scope, list, { row, path }, { key, relationship, child: { kind: 'object', select } });
  const joined = from.join(row, path, relationship, select.where);
  const out = rowFields(scope, list, from, select, joined.alias, joined.path);
  const present = flatColumn(scope, list, joined.alias, joined.path, relationship.mapping[0]!.to);
  return { kind: 'object', key, present, out };
}

/** A field whose rows another statement fetches. `path` leads from the root of the select to `row`. */
function hopField(
  scope: Scope,
  list: SelectList,
  { row, path }: { readonly row: Sql; readonly path: string },
  {
    key,
    relationship,
    child,
  }: {
    readonly key: string;
    readonly relationship: Relationship;
    readonly child: HopShape['child'];
  },
): OutputField {
  const keys = relationship.mapping.map(({ from }) => ({
    index: flatColumn(scope, list, row, path, from),
    codec: scope.codec(from.type, 'string'),
  }));
  return {
    kind: 'hop',
    key,
    hop: {
      relationship,
      columns: relationship.mapping.map(({ to }) => to),
      compare: relationship.compare,
      keys,
      child,
    },
  };
}

function jsonField(list: SelectList, key: string, text: Sql, empty: 'null' | '[]'): OutputField {
  return { kind: 'json', key, index: list.add(text), empty };
}

/** Whether the rows of an array relationship can be built as JSON inside the parent's statement. */
export function nests(scope: Scope, relationship: Relationship, select: Select): boolean {
  return scope.dialect.capabilities.nesting === 'json' && !relationship.remote && !hasHop(select);
}

function nestsAggregate(scope: Scope, relationship: Relationship, aggregate: Aggregate): boolean {
  return scope.dialect.capabilities.nesting === 'json' && !relationship.remote && !aggregateHasHop(aggregate);
}

/** Whether the database cannot build the select as JSON: a relationship below needs its own statement, or Foz writes a node id. */
export function hasHop(select: Select): boolean {
  return select.fields.some((field) => {
    switch (field.kind) {
      case 'object':
        return !joinable(field.relationship) || hasHop(field.select);
      case 'array':
        return field.relationship.remote || hasHop(field.select);
      case 'aggregate':
        return field.relationship.remote || aggregateHasHop(field.aggregate);
      case 'node_id':
        return true;
      default:
        return false;
    }
  });
}

/** As `hasHop`, for the nodes of an aggregate. */
export function aggregateHasHop(aggregate: Aggregate): boolean {
  return aggregate.parts.some((part) => part.kind === 'nodes' && hasHop(part.select));
}

/** Selects `count`, `sum { x }`, ... as plain columns. `counts` collects the indexes that are 0, not NULL, over no rows. */
export function aggregateItems(
  scope: Scope,
  list: SelectList,
  items: readonly AggregateItem[],
  row: Sql,
  numbers: 'string' | 'number',
  counts: Set<number>,
): OutputField[] {
  return items.map((item): OutputField => {
    switch (item.kind) {
      case 'constant':
        return item;
      case 'count': {
        const index = list.add(compileCount(scope, item.columns, item.distinct, row));
        counts.add(index);
        return { kind: 'value', key: item.key, index, codec: { text: undefined, form: 'bare' } };
      }
      case 'function':
        return {
          kind: 'object',
          key: item.key,
          present: null,
          out: item.columns.map((entry): OutputField => {
            if (entry.kind === 'constant') return entry;
            const column = scope.aggregatedAsShown(row, entry.column);
            const value = scope.dialect.aggregate(item.fn, column, entry.column.type);
            const index = list.add(scope.dialect.flat(value, entry.type), `${item.fn}|${entry.column.name}`);
            return { kind: 'value', key: entry.key, index, codec: scope.codec(entry.type, numbers) };
          }),
        };
      default:
        return unreachable(item);
    }
  });
}
