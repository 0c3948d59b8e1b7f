import {
  type AggregateFunction,
  aggregates,
  aggregateType,
  appliesTo,
  type Column,
  familyOf,
  isSupported,
  type Key,
  type NativeComparison,
  type Operator,
  operators,
  type RootFieldKind,
  type Scalar,
  scalars,
  sortsItself,
  type Table,
} from '../catalog/index.ts';
import type { GraphCapabilities } from './capabilities.ts';

/** Enum columns of an enum without values, and columns that hold any text of their own, are plain text in the graph. */
export function hasEnum(column: Column): boolean {
  return column.enumType !== null && column.enumType.values.length > 0;
}

/** What a column is in the graph: a text whose values are an enum is one. */
export function shownScalar(column: Column): Scalar {
  return hasEnum(column) ? 'enum' : column.type.scalar;
}

const lists = new WeakMap<GraphCapabilities, Map<string, readonly Operator[]>>();

/** The operators that an engine offers for columns of a type, in the order of the API. */
export function operatorsFor(
  capabilities: GraphCapabilities,
  scalar: Scalar,
  array: boolean,
  compares?: NativeComparison,
): readonly Operator[] {
  let known = lists.get(capabilities);
  if (known === undefined) {
    known = new Map();
    lists.set(capabilities, known);
  }
  const key = `${scalar}${array ? '[]' : ''}${compares ?? ''}`;
  let list = known.get(key);
  if (list === undefined) {
    list = allOperators(scalar, array, compares).filter((operator) =>
      isSupported(capabilities.operators, operator, { scalar, array }),
    );
    known.set(key, list);
  }
  return list;
}

/** The operators that make sense for a type, on whatever engine. */
export function allOperators(
  scalar: Scalar,
  array: boolean,
  compares?: NativeComparison,
): readonly Operator[] {
  return (Object.keys(operators) as Operator[]).filter((operator) =>
    appliesTo(operator, { scalar, array, compares }),
  );
}

const scalarsOf = (families: readonly string[]): ReadonlySet<Scalar> =>
  new Set((Object.keys(scalars) as Scalar[]).filter((scalar) => families.includes(familyOf(scalar))));

const ordered = scalarsOf(operators._gt.families);
const equated = scalarsOf(operators._in.families);
const aggregated = new Map(
  Object.entries(aggregates).map(([fn, { families }]) => [fn, scalarsOf(families)] as const),
);

/** Columns that rows can be ordered by: those whose values have an order of their own. */
export function isOrderable(column: Column): boolean {
  const { array, scalar, compares } = column.type;
  return !array && (ordered.has(scalar) || compares === 'order');
}

/** Columns that `if_match` can compare. */
export function isEquatable(column: Column): boolean {
  return !column.type.array && equated.has(column.type.scalar) && column.type.compares !== 'none';
}

/** Columns that `group_by` can have as keys. */
export function isGroupable(column: Column): boolean {
  const family = familyOf(column.type.scalar);
  return family !== 'json' && family !== 'geometry' && sortsItself(column.type);
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

/** Whether `aggregatedColumns` has any. */
export function hasAggregated(table: Table, capabilities: GraphCapabilities, fn: AggregateFunction): boolean {
  return capabilities.aggregates.has(fn) && table.columns.some((column) => canAggregate(column, fn));
}

/** Whether an aggregate function can be computed over a column. */
export function canAggregate(column: Column, fn: AggregateFunction): boolean {
  return !column.type.array && aggregated.get(fn)!.has(shownScalar(column));
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

/** Columns that a client may give on insert. */
export function insertColumns(table: Table): Column[] {
  return (table.access?.insertColumns ?? table.columns).filter(isWritable);
}

/** Columns that a client may change. */
export function updateColumns(table: Table): Column[] {
  return (table.access?.updateColumns ?? table.columns).filter(isWritable);
}

/** Columns that an upsert may change in the row that is there: those that it gives, and that may be changed. */
export function upsertColumns(table: Table): Column[] {
  if (table.access === null) return updateColumns(table);
  const given = new Set(insertColumns(table).map(({ name }) => name));
  return updateColumns(table).filter(({ name }) => given.has(name));
}

/** Rows can be read. */
export function canSelect(table: Table): boolean {
  return table.access?.select ?? true;
}

/** Rows can be counted, summed, ... */
export function canAggregateRows(table: Table): boolean {
  return table.access?.aggregate ?? true;
}

/** Whether the client sees every value of the key: only then can it look rows up by it. */
export function seesKey(table: Table, key: Key): boolean {
  return table.access === null || key.columns.every((column) => table.columns.includes(column));
}

/** Keys that a client can name, as the constraint of an upsert: it may read or write all of their columns. */
export function namedKeys(table: Table): readonly Key[] {
  const { access } = table;
  if (access === null) return table.keys;
  const known = new Set([...table.columns, ...access.insertColumns].map(({ name }) => name));
  return table.keys.filter((key) => key.columns.every(({ name }) => known.has(name)));
}

/** The primary key, where rows can be looked up by it. */
export function seenPrimaryKey(table: Table): Key | null {
  const { primaryKey } = table;
  return primaryKey !== null && canSelect(table) && seesKey(table, primaryKey) ? primaryKey : null;
}

function isWritable(column: Column): boolean {
  return !column.generated && column.identity !== 'always';
}

/** Columns for `_inc` and `_mul`. */
export function numericColumns(table: Table): Column[] {
  return updateColumns(table).filter((column) => canAggregate(column, 'sum'));
}

/** Columns for `_append`, `_delete_key`, ... */
export function jsonColumns(table: Table): Column[] {
  return updateColumns(table).filter(
    (column) => !column.type.array && familyOf(column.type.scalar) === 'json',
  );
}

/** A table without a column that can be written has no insert: an input of nothing cannot be said in GraphQL. */
export function canInsert(table: Table): boolean {
  return table.insertable && (table.access?.insertColumns ?? table.columns).some(isWritable);
}

/** As `canInsert`. Which rows are changed is told by what can be read of them. */
export function canUpdate(table: Table): boolean {
  return (
    table.updatable && canSelect(table) && (table.access?.updateColumns ?? table.columns).some(isWritable)
  );
}

/** Rows can be deleted; which ones is told by what can be read of them. */
export function canDelete(table: Table): boolean {
  return table.deletable && canSelect(table);
}

/** Tables whose keys the database itself guards can be upserted. */
export function canUpsert(table: Table): boolean {
  const real = table.kind === 'table' || table.kind === 'partitioned table';
  const allowed = table.access === null || table.updatable;
  return canInsert(table) && real && allowed && namedKeys(table).length > 0;
}

/** Whether a table can have root fields of a kind; `subscriptions`: the graph has them. */
export function offersRoot(table: Table, kind: RootFieldKind, subscriptions: boolean): boolean {
  switch (kind) {
    case 'select':
      return canSelect(table) && allowsRoot(table, kind);
    case 'select_aggregate':
      return canAggregateRows(table) && allowsRoot(table, kind);
    case 'select_by_pk':
      return seenPrimaryKey(table) !== null && allowsRoot(table, kind);
    case 'select_connection':
      return seenPrimaryKey(table) !== null && allowsRoot(table, kind);
    case 'select_stream':
      return subscriptions && canSelect(table) && table.columns.some(isOrderable) && allowsRoot(table, kind);
    case 'insert':
      return canInsert(table);
    case 'insert_one':
      return canInsert(table) && canSelect(table);
    case 'update':
    case 'update_many':
      return canUpdate(table);
    case 'update_by_pk':
      return canUpdate(table) && seenPrimaryKey(table) !== null;
    case 'delete':
      return canDelete(table);
    case 'delete_by_pk':
      return canDelete(table) && seenPrimaryKey(table) !== null;
  }
}

/** Lookups by a key other than the primary one. */
export function offersLookup(table: Table, key: Key): boolean {
  return canSelect(table) && seesKey(table, key) && allowsRoot(table, 'select_by_pk');
}

function allowsRoot(table: Table, kind: RootFieldKind): boolean {
  const roots = table.access?.roots ?? null;
  return roots === null || roots.has(kind);
}
