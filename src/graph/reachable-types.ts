import { GraphQLID, GraphQLInt, type GraphQLNamedType, GraphQLString } from 'graphql';
import {
  type AggregateFunction,
  aggregates,
  type Column,
  type EnumType,
  type Table,
} from '../catalog/index.ts';
import { canAggregate, canAggregateRows, hasBuckets, hasEnum } from './column-support.ts';
import type { Graph } from './graph.ts';
import { type TypeKind, typeKinds } from './names/conventions.ts';
import { nodeTypeName } from './names/node.ts';
import { havingName, pageInfoName, sharedName } from './names/shared.ts';
import { scalarName, scalarType } from './scalars/types.ts';
import { nodeType } from './types/node.ts';
import { pageInfo } from './types/objects.ts';
import {
  aggregateType,
  bucketType,
  changeOpType,
  comparisonNameOf,
  comparisonType,
  countComparison,
  countComparisonName,
  cursorOrderType,
  havingType,
  leafName,
  leafType,
  orderType,
} from './types/values.ts';
import { nestedInserts } from './types/writes.ts';

type MakeType = () => GraphQLNamedType;

const functions = Object.keys(aggregates) as readonly AggregateFunction[];

/** The types that fields and arguments refer to. It finds a type by its name before any of these fields is created. */
export class ReachableTypes {
  readonly #graph: Graph;
  #incoming: Incoming | undefined;
  #shared: Map<string, MakeType> | undefined;

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  /** Whether the table has the type, and some field or argument refers to it. */
  hasTableType(table: Table, kind: TypeKind): boolean {
    if (!this.#graph.has(table, kind)) return false;
    switch (kind) {
      case 'aggregate_bool_exp':
      case 'aggregate_bool_exp_count':
        return this.#incomingTables().filtered.has(table);
      case 'aggregate_order_by':
        return this.#incomingTables().ordered.has(table);
      case 'obj_rel_insert_input':
        return this.#incomingTables().insertedOne.has(table);
      case 'arr_rel_insert_input':
        return this.#incomingTables().insertedMany.has(table);
      default:
        return true;
    }
  }

  /** Types that belong to no table, by name, without the root types. */
  get shared(): ReadonlyMap<string, MakeType> {
    if (this.#shared === undefined) for (const _ of this.#findShared());
    return this.#shared!;
  }

  /** Names of all types but the root types. */
  *names(): Generator<string> {
    yield* this.shared.keys();
    for (const table of this.#graph.tables) {
      for (const kind of typeKinds) {
        if (this.hasTableType(table, kind)) yield this.#graph.names.tables.typeName(table, kind);
      }
    }
  }

  /**
   * The types that belong to no table, in the order of `names`. Yields null now and then while it searches, so that
   * the caller can pause.
   */
  *sharedTypes(): Generator<GraphQLNamedType | null> {
    if (this.#incoming === undefined) yield* this.#findIncoming();
    if (this.#shared === undefined) yield* this.#findShared();
    for (const make of this.shared.values()) yield make();
  }

  /** The types of tables, in the order of `names`. */
  *tableTypes(): Generator<GraphQLNamedType> {
    for (const table of this.#graph.tables) {
      for (const kind of typeKinds) if (this.hasTableType(table, kind)) yield this.#graph.type(table, kind);
    }
  }

  #incomingTables(): Incoming {
    if (this.#incoming === undefined) for (const _ of this.#findIncoming());
    return this.#incoming!;
  }

  /** Fills #incoming, table by table. */
  *#findIncoming(): Generator<null> {
    const found: Incoming = {
      filtered: new Set(),
      ordered: new Set(),
      insertedOne: new Set(),
      insertedMany: new Set(),
    };
    for (const table of this.#graph.tables) {
      addIncoming(this.#graph, table, found);
      yield null;
    }
    this.#incoming = found;
  }

  /** Fills #shared, table by table. */
  *#findShared(): Generator<null> {
    const graph = this.#graph;
    const types = new Map<string, MakeType>();
    const seen: SeenTypes = new Map();
    const deferred: (() => void)[] = [];
    const add = (name: string, make: MakeType) => {
      if (!types.has(name)) types.set(name, make);
    };
    if (graph.names.hasNodes) {
      add(GraphQLID.name, () => GraphQLID);
      add(nodeTypeName, () => nodeType(graph));
    }
    for (const table of graph.tables) {
      addOfTable(graph, table, this, add);
      for (const { column, use } of newTypes(seen, table))
        deferred.push(() => addOfColumn(graph, table, column, use, add));
      yield null;
    }
    // Types that belong to tables come first.
    for (const addType of deferred) addType();
    this.#shared = types;
  }
}

/** Targets of relationships, by the use of their types. */
interface Incoming {
  readonly filtered: Set<Table>;
  readonly ordered: Set<Table>;
  readonly insertedOne: Set<Table>;
  readonly insertedMany: Set<Table>;
}

function addIncoming(graph: Graph, table: Table, reached: Incoming): void {
  const canOrder = graph.has(table, 'order_by');
  for (const { kind, to } of table.relationships) {
    if (kind === 'object' || !graph.names.tables.includes(to)) continue;
    reached.filtered.add(to);
    if (canOrder) reached.ordered.add(to);
  }
  if (!graph.has(table, 'insert_input')) return;
  for (const { kind, to } of nestedInserts(graph, table)) {
    (kind === 'object' ? reached.insertedOne : reached.insertedMany).add(to);
  }
}

/** The uses of a column's type. A role may only write the column, or read but not aggregate it. */
type Use = 'written' | 'read' | 'aggregated';

type SeenTypes = Map<string, Set<string | EnumType>>;

/** Columns whose type is new for the source and the use. Further columns of the same type would add the same types. */
function newTypes(seen: SeenTypes, table: Table): { readonly column: Column; readonly use: Use }[] {
  const { access, columns } = table;
  const read = canAggregateRows(table) ? 'aggregated' : 'read';
  const written = access === null ? [] : [...access.insertColumns, ...access.updateColumns];
  return [...newTypesOf(seen, table, columns, read), ...newTypesOf(seen, table, written, 'written')];
}

function newTypesOf(seen: SeenTypes, table: Table, columns: readonly Column[], use: Use) {
  const key = `${use} ${table.source.name}`;
  let types = seen.get(key);
  if (types === undefined) {
    types = new Set();
    seen.set(key, types);
  }
  const found: { column: Column; use: Use }[] = [];
  for (const column of columns) {
    const { scalar, array } = column.type;
    const [once, many] = hasEnum(column)
      ? [column.enumType!, column.enumType!.name]
      : [scalar, `${scalar}[]`];
    const type = array ? many : once;
    if (types.has(type)) continue;
    types.add(type);
    found.push({ column, use });
  }
  return found;
}

type Add = (name: string, make: MakeType) => void;

function addOfTable(graph: Graph, table: Table, reach: ReachableTypes, add: Add): void {
  const naming = graph.names.naming(table);
  add('Int', () => GraphQLInt);
  if (graph.has(table, 'connection')) add(pageInfoName, () => pageInfo(graph));
  const grouped = graph.has(table, 'aggregate_group');
  if (grouped || graph.has(table, 'order_by') || reach.hasTableType(table, 'aggregate_order_by')) {
    add(sharedName(naming, 'order_by'), () => orderType(graph, naming));
  }
  if (grouped) add(havingName(naming, 'Int'), () => havingType(graph, naming, GraphQLInt));
  if (grouped && table.columns.some(hasBuckets)) {
    add(sharedName(naming, 'time_bucket'), () => bucketType(graph, naming));
  }
  if (graph.has(table, 'stream_cursor_input')) {
    add(sharedName(naming, 'cursor_ordering'), () => cursorOrderType(graph, naming));
  }
  if (graph.has(table, 'change')) {
    add('String', () => GraphQLString);
    add(sharedName(naming, 'change_op'), () => changeOpType(graph, naming));
    add(scalarName(naming, 'timestamptz'), () => scalarType(naming, 'timestamptz'));
  }
  if (reach.hasTableType(table, 'aggregate_bool_exp_count')) {
    add(countComparisonName(graph, table), () => countComparison(graph, table));
  }
}

function addOfColumn(graph: Graph, table: Table, column: Column, use: Use, add: Add): void {
  const naming = graph.names.naming(table);
  add(leafName(graph, table, column), () => leafType(graph, table, column));
  if (use === 'written') return;
  const comparison = comparisonNameOf(graph, table, column);
  if (comparison !== null) add(comparison, () => comparisonType(graph, table, column)!);
  if (hasEnum(column) || use === 'read') return;
  for (const fn of functions) {
    if (!canAggregate(column, fn) || !graph.capabilities(table).aggregates.has(fn)) continue;
    const leaf = aggregateType(graph, table, column, fn);
    add(leaf.name, () => leaf);
    add(havingName(naming, leaf.name), () => havingType(graph, naming, leaf));
  }
}
