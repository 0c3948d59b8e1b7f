import {
  type AggregateFunction,
  aggregates,
  aggregateType,
  type Column,
  familyOf,
  type Operator,
  operators,
  type RootFieldKind,
  type Scalar,
  type Table,
} from '../catalog/index.ts';
import type { GraphCapabilities } from './capabilities.ts';

/** Enum columns of an enum without values, and columns that hold any text of their own, are plain text in the graph. */
export function hasEnum(column: Column): boolean {
  return column.enumType !== null && column.enumType.values.length > 0;
}

const lists = new WeakMap<GraphCapabilities, Map<string, readonly Operator[]>>();

/** The operators that an engine offers for columns of a type, in the order of the API. */
export function operatorsFor(
  capabilities: GraphCapabilities,
  scalar: Scalar,
  array: boolean,
): readonly Operator[] {
  let known = lists.get(capabilities);
  if (known === undefined) {
    known = new Map();
    lists.set(capabilities, known);
  }
  const key = array ? `${scalar}[]` : scalar;
  let list = known.get(key);
  if (list === undefined) {
    list = allOperators(scalar, array).filter((operator) => capabilities.operators.has(operator));
    known.set(key, list);
  }
  return list;
}

/** The operators that make sense for a type, on whatever engine. */
export function allOperators(scalar: Scalar, array: boolean): readonly Operator[] {
  const family = familyOf(scalar);
  return (Object.keys(operators) as Operator[]).filter((operator) => {
    const { on, families } = operators[operator];
    if (!array) return on !== 'array' && (families as readonly string[]).includes(family);
    if (family === 'geometry' || family === 'json') return operator === '_is_null';
    return on !== 'value' || operator === '_is_null';
  });
}

/** Columns that rows can be ordered by: those whose values have an order of their own. */
export function isOrderable(column: Column): boolean {
  return (
    !column.type.array && (operators._gt.families as readonly string[]).includes(familyOf(column.type.scalar))
  );
}

/** Columns that `if_match` can compare. */
export function isEquatable(column: Column): boolean {
  const { families } = operators._in;
  return !column.type.array && (families as readonly string[]).includes(familyOf(column.type.scalar));
}

/** Columns that `group_by` can have as keys. */
export function isGroupable(column: Column): boolean {
  const family = familyOf(column.type.scalar);
  return family !== 'json' && family !== 'geometry';
}

/** Columns that an aggregate function takes, on engines that have it. */
export function aggregatedColumns(
  table: Table,
  capabilities: GraphCapabilities,
  fn: AggregateFunction,
): Column[] {
  if (!capabilities.aggregates.has(fn)) return [];
  return table.columns.filter((column) => canAggregate(column, fn));
}

/** Whether an aggregate function can be computed over a column. */
export function canAggregate(column: Column, fn: AggregateFunction): boolean {
  if (column.type.array) return false;
  return (aggregates[fn].families as readonly string[]).includes(familyOf(column.type.scalar));
}

/** The scalar of an aggregate of a column, `null` where it is GraphQL's own Float. */
export function aggregatedScalar(column: Column, fn: AggregateFunction): Scalar | null {
  return aggregates[fn].result === 'float' ? null : aggregateType(fn, column.type).scalar;
}

/** Columns that group_by can truncate. */
export function hasBuckets(column: Column): boolean {
  const { scalar, array } = column.type;
  return !array && (scalar === 'date' || scalar === 'timestamp' || scalar === 'timestamptz');
}

/** Columns that a client may write. */
export function writableColumns(table: Table): Column[] {
  return table.columns.filter(isWritable);
}

function isWritable(column: Column): boolean {
  return !column.generated && column.identity !== 'always';
}

/** Columns for `_inc` and `_mul`. */
export function numericColumns(table: Table): Column[] {
  return table.columns.filter((column) => isWritable(column) && canAggregate(column, 'sum'));
}

/** Columns for `_append`, `_delete_key`, ... */
export function jsonColumns(table: Table): Column[] {
  return table.columns.filter(
    (column) => isWritable(column) && !column.type.array && familyOf(column.type.scalar) === 'json',
  );
}

/** A table without a column that can be written has no insert: an input of nothing cannot be said in GraphQL. */
export function canInsert(table: Table): boolean {
  return table.insertable && table.columns.some(isWritable);
}

/** As `canInsert`. */
export function canUpdate(table: Table): boolean {
  return table.updatable && table.columns.some(isWritable);
}

/** Tables whose keys the database itself guards can be upserted. */
export function canUpsert(table: Table): boolean {
  const real = table.kind === 'table' || table.kind === 'partitioned table';
  return canInsert(table) && real && table.keys.length > 0;
}

/** Whether a table can have root fields of a kind; `subscriptions`: the graph has them. */
export function offersRoot(table: Table, kind: RootFieldKind, subscriptions: boolean): boolean {
  switch (kind) {
    case 'select':
    case 'select_aggregate':
      return true;
    case 'select_by_pk':
    case 'select_connection':
      return table.primaryKey !== null;
    case 'select_stream':
      return subscriptions && table.columns.some(isOrderable);
    case 'insert':
    case 'insert_one':
      return canInsert(table);
    case 'update':
    case 'update_many':
      return canUpdate(table);
    case 'update_by_pk':
      return canUpdate(table) && table.primaryKey !== null;
    case 'delete':
      return table.deletable;
    case 'delete_by_pk':
      return table.deletable && table.primaryKey !== null;
  }
}
