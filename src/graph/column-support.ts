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

/**
 * Whether a column has an enum type in the graph. Enums without values, and columns that may hold other texts too,
 * are plain text.
 */
export function hasEnum(column: Column): boolean {
  return column.enumType !== null && column.enumType.values.length > 0;
}

/** The scalar of a column in the graph: `enum` for a text column whose values are those of an enum. */
export function shownScalar(column: Column): Scalar {
  return hasEnum(column) ? 'enum' : column.type.scalar;
}

const lists = new WeakMap<GraphCapabilities, Map<string, readonly Operator[]>>();

/** The operators that an engine supports for columns of a type, in the order of the API. */
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

/** The operators that make sense for a type, whichever engine it is on. */
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

/** Whether rows can be ordered by the column: its values must have an order. */
export function isOrderable(column: Column): boolean {
  const { array, scalar, compares } = column.type;
  return !array && (ordered.has(scalar) || compares === 'order');
}

/** Whether `if_match` can compare the column. */
export function isEquatable(column: Column): boolean {
  return !column.type.array && equated.has(column.type.scalar) && column.type.compares !== 'none';
}

/** Whether the column can be a key of `group_by`. */
export function isGroupable(column: Column): boolean {
  const family = familyOf(column.type.scalar);
  return family !== 'json' && family !== 'geometry' && sortsItself(column.type);
}

/** The columns that an aggregate function can be computed over; empty where the engine lacks the function. */
export function aggregatedColumns(
  table: Table,
  capabilities: GraphCapabilities,
  fn: AggregateFunction,
): Column[] {
  if (!capabilities.aggregates.has(fn)) return [];
  return table.columns.filter((column) => canAggregate(column, fn));
}

/** Whether `aggregatedColumns` returns any column. */
export function hasAggregated(table: Table, capabilities: GraphCapabilities, fn: AggregateFunction): boolean {
  return capabilities.aggregates.has(fn) && table.columns.some((column) => canAggregate(column, fn));
}

/** Whether an aggregate function can be computed over a column. */
export function canAggregate(column: Column, fn: AggregateFunction): boolean {
  return !column.type.array && aggregated.get(fn)!.has(shownScalar(column));
}

/** The scalar of an aggregate of a column; `null`: GraphQL's own Float. */
export function aggregatedScalar(column: Column, fn: AggregateFunction): Scalar | null {
  return aggregates[fn].result === 'float' ? null : aggregateType(fn, column.type).scalar;
}

/** Whether `group_by` can truncate the column. */
export function hasBuckets(column: Column): boolean {
  const { scalar, array } = column.type;
  return !array && (scalar === 'date' || scalar === 'timestamp' || scalar === 'timestamptz');
}

/** Columns that a client may provide on insert. */
export function insertColumns(table: Table): Column[] {
  return (table.access?.insertColumns ?? table.columns).filter(isWritable);
}

/** Columns that a client may update. */
export function updateColumns(table: Table): Column[] {
  return (table.access?.updateColumns ?? table.columns).filter(isWritable);
}

/** Columns that an upsert may change in an existing row: those that may be both inserted and updated. */
export function upsertColumns(table: Table): Column[] {
  if (table.access === null) return updateColumns(table);
  const given = new Set(insertColumns(table).map(({ name }) => name));
  return updateColumns(table).filter(({ name }) => given.has(name));
}

/** Whether rows can be read. */
export function canSelect(table: Table): boolean {
  return table.access?.select ?? true;
}

/** Whether rows can be aggregated. */
export function canAggregateRows(table: Table): boolean {
  return table.access?.aggregate ?? true;
}

/** Whether the client may read every column of the key. Only then can it look rows up by it. */
export function seesKey(table: Table, key: Key): boolean {
  return table.access === null || key.columns.every((column) => table.columns.includes(column));
}

/** Keys that a client can name as the conflict target of an upsert: it may read or write all of their columns. */
export function namedKeys(table: Table): readonly Key[] {
  const { access } = table;
  if (access === null) return table.keys;
  const known = new Set([...table.columns, ...access.insertColumns].map(({ name }) => name));
  return table.keys.filter((key) => key.columns.every(({ name }) => known.has(name)));
}

/** The primary key, if rows can be looked up by it. */
export function visiblePrimaryKey(table: Table): Key | null {
  const { primaryKey } = table;
  return primaryKey !== null && canSelect(table) && seesKey(table, primaryKey) ? primaryKey : null;
}

function isWritable(column: Column): boolean {
  return !column.generated && column.identity !== 'always';
}

/** Columns that `_inc` and `_mul` can change. */
export function numericColumns(table: Table): Column[] {
  return updateColumns(table).filter((column) => canAggregate(column, 'sum'));
}

/** JSON columns, which `_append`, `_delete_key`, ... can change. */
export function jsonColumns(table: Table): Column[] {
  return updateColumns(table).filter(
    (column) => !column.type.array && familyOf(column.type.scalar) === 'json',
  );
}

/** Whether rows can be inserted. This takes at least one writable column, since GraphQL has no empty input types. */
export function canInsert(table: Table): boolean {
  return table.insertable && (table.access?.insertColumns ?? table.columns).some(isWritable);
}

/** As `canInsert`. Rows are found by a filter, so they must be readable as well. */
export function canUpdate(table: Table): boolean {
  return (
    table.updatable && canSelect(table) && (table.access?.updateColumns ?? table.columns).some(isWritable)
  );
}

/** Whether rows can be deleted. They are found by a filter, so they must be readable as well. */
export function canDelete(table: Table): boolean {
  return table.deletable && canSelect(table);
}

/** Whether rows can be upserted. The key must be one that the database itself enforces. */
export function canUpsert(table: Table): boolean {
  const real = table.kind === 'table' || table.kind === 'partitioned table';
  const allowed = table.access === null || table.updatable;
  return canInsert(table) && real && allowed && namedKeys(table).length > 0;
}

/** Whether a table can have root fields of a kind in any operation. `subscriptions`: the graph has a subscription type. */
export function offersRoot(table: Table, kind: RootFieldKind, subscriptions: boolean): boolean {
  const allows = () =>
    allowsRoot(table, kind, 'query') || (subscriptions && allowsRoot(table, kind, 'subscription'));
  switch (kind) {
    case 'select':
      return canSelect(table) && allows();
    case 'select_aggregate':
      return canAggregateRows(table) && allows();
    case 'select_by_pk':
      return visiblePrimaryKey(table) !== null && allows();
    case 'select_connection':
      return visiblePrimaryKey(table) !== null && allows();
    case 'select_stream':
      return (
        subscriptions &&
        canSelect(table) &&
        table.columns.some(isOrderable) &&
        allowsRoot(table, kind, 'subscription')
      );
    case 'select_changes':
      return subscriptions && canSelect(table) && allowsRoot(table, kind, 'subscription');
    case 'insert':
      return canInsert(table);
    case 'insert_one':
      return canInsert(table) && canSelect(table);
    case 'update':
    case 'update_many':
      return canUpdate(table);
    case 'update_by_pk':
      return canUpdate(table) && visiblePrimaryKey(table) !== null;
    case 'delete':
      return canDelete(table);
    case 'delete_by_pk':
      return canDelete(table) && visiblePrimaryKey(table) !== null;
  }
}

/** Whether a table can have a lookup by a key other than the primary one. */
export function offersLookup(table: Table, key: Key): boolean {
  const allowed =
    allowsRoot(table, 'select_by_pk', 'query') || allowsRoot(table, 'select_by_pk', 'subscription');
  return canSelect(table) && seesKey(table, key) && allowed;
}

/** Whether the role may use root fields of a kind in an operation. */
export function allowsRoot(
  { access }: Table,
  kind: RootFieldKind,
  operation: 'query' | 'mutation' | 'subscription',
): boolean {
  if (operation === 'mutation') return true;
  const roots = access?.roots[operation] ?? null;
  return roots === null || roots.has(kind);
}
