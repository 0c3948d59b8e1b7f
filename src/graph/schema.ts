import {
  type GraphQLAbstractType,
  type GraphQLDirective,
  GraphQLInt,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  GraphQLSchema,
  OperationTypeNode,
} from 'graphql';
import type { Graph } from './graph.ts';
import { lazyObject } from './lazy.ts';
import { ReachableTypes } from './reachable-types.ts';
import { Roots } from './roots.ts';

type TypeMap = Record<string, GraphQLNamedType>;

/** Graphs with more types than this do not list all names just for suggestions in error messages. */
const fewTypes = 2000;
const mostSuggested = 500;

/**
 * A schema whose types are created on first use. For graphql-js it is an ordinary schema: code that lists all types
 * (introspection, printSchema) creates all of them.
 */
export class LazySchema extends GraphQLSchema {
  readonly #graph: Graph;
  readonly #roots: Roots;
  readonly #reach: ReachableTypes;
  /** The introspection types and the scalars of the specified directives. */
  readonly #base: TypeMap;
  readonly #map: TypeMap;
  #names: readonly string[] | undefined;
  #namesToValidate: TypeMap | undefined;

  constructor(graph: Graph) {
    super({ assumeValid: true });
    this.#graph = graph;
    this.#roots = new Roots(graph);
    this.#reach = new ReachableTypes(graph);
    this.#base = super.getTypeMap();
    // Every list has the argument `limit`.
    if (graph.tables.length > 0) this.#base[GraphQLInt.name] = GraphQLInt;
    this.#map = lazyObject({ keys: () => this.#listed(), get: (name) => this.getType(name) });
  }

  /** The number of types created so far, without scalars. */
  get madeTypes(): number {
    return this.#graph.made.size;
  }

  /**
   * A copy of the schema for going through all types once. Its types cache neither fields nor values, so this takes
   * little memory, but is too slow for executing requests.
   */
  transient(): LazySchema {
    return new LazySchema(this.#graph.transient());
  }

  /**
   * All types in the order of the type map, created one at a time. Yields null now and then while types are
   * searched, so that the caller can let other requests run.
   */
  *types(): Generator<GraphQLNamedType | null> {
    const given = new Set<string>();
    for (const type of this.#common()) {
      if (type !== null) {
        if (given.has(type.name)) continue;
        given.add(type.name);
      }
      yield type;
    }
    // Names of table types are unique.
    for (const type of this.#reach.tableTypes()) if (!given.has(type.name)) yield type;
  }

  override getQueryType(): GraphQLObjectType | undefined {
    return this.#roots.root('query');
  }

  override getMutationType(): GraphQLObjectType | undefined {
    return this.#roots.root('mutation');
  }

  override getSubscriptionType(): GraphQLObjectType | undefined {
    return this.#roots.root('subscription');
  }

  override getRootType(operation: OperationTypeNode): GraphQLObjectType | undefined {
    switch (operation) {
      case OperationTypeNode.QUERY:
        return this.getQueryType();
      case OperationTypeNode.MUTATION:
        return this.getMutationType();
      case OperationTypeNode.SUBSCRIPTION:
        return this.getSubscriptionType();
    }
  }

  override getTypeMap(): TypeMap {
    return isCalledBy('KnownTypeNamesRule') ? this.#mapToValidate() : this.#map;
  }

  override getType(name: string): GraphQLNamedType | undefined {
    return (
      this.#base[name] ??
      this.#graph.made.get(name) ??
      this.#roots.find(name) ??
      this.#find(name) ??
      this.#graph.services.types.get(name)
    );
  }

  /** The types of rows that have a global id, created one at a time. */
  *implementations(): Generator<GraphQLObjectType> {
    for (const table of this.#graph.tables)
      if (this.#graph.has(table, 'row') && this.#graph.names.node.key(table) !== null)
        yield this.#graph.object(table, 'row');
  }

  /**
   * The possible types of `Node`, the only abstract type. In a large graph, validation would create all row types
   * just to suggest one of them.
   */
  override getPossibleTypes(_: GraphQLAbstractType): readonly GraphQLObjectType[] {
    return this.#isLarge() && isCalledBy('getSuggestedTypeNames') ? [] : [...this.implementations()];
  }

  override getImplementations(type: GraphQLInterfaceType) {
    return { objects: this.getPossibleTypes(type), interfaces: [] };
  }

  override isSubType(abstract: GraphQLAbstractType, type: GraphQLObjectType | GraphQLInterfaceType): boolean {
    return type.getInterfaces().some(({ name }) => name === abstract.name);
  }

  override getDirectives(): readonly GraphQLDirective[] {
    return super.getDirectives();
  }

  #find(name: string): GraphQLNamedType | undefined {
    const found = this.#graph.names.tables.findType(name);
    if (found === undefined) return this.#reach.shared.get(name)?.();
    return this.#reach.hasTableType(found.table, found.kind)
      ? this.#graph.type(found.table, found.kind)
      : undefined;
  }

  /**
   * The map in which validation looks for the names in a document. It lists all names for every document, only to have suggestions for
   * unknown ones. In a large graph it gets the types in use instead. In others it gets an ordinary object, which is listed ten times as fast
   * as one whose entries are made on first use. Validation only asks which names the object has.
   */
  #mapToValidate(): TypeMap {
    if (this.#isLarge()) {
      const inUse = [...take(this.#graph.made.keys(), mostSuggested)];
      const names = [...this.#roots.names(), ...Object.keys(this.#base), ...inUse];
      return lazyObject({ keys: () => names, get: (name) => this.getType(name) });
    }
    this.#namesToValidate ??= Object.assign(
      Object.create(null),
      Object.fromEntries(this.#listed().map((name) => [name, true])),
    ) as TypeMap;
    return this.#namesToValidate;
  }

  /** Names of all types. */
  #listed(): readonly string[] {
    this.#names ??= [
      ...new Set([
        ...this.#roots.names(),
        ...Object.keys(this.#base),
        ...this.#reach.names(),
        ...this.#graph.services.types.keys(),
      ]),
    ];
    return this.#names;
  }

  /** The types that belong to no table, in the order of `#listed`. A type may occur more than once. */
  *#common(): Generator<GraphQLNamedType | null> {
    for (const name of this.#roots.names()) yield this.getType(name)!;
    yield* Object.values(this.#base);
    yield* this.#reach.sharedTypes();
    yield* this.#graph.services.types.values();
  }

  #isLarge(): boolean {
    return this.#graph.tables.length * 40 > fewTypes;
  }
}

function* take<T>(items: Iterable<T>, count: number): Generator<T> {
  let left = count;
  for (const item of items) {
    if (left-- === 0) return;
    yield item;
  }
}

/** Whether a function of this name is among the callers; false where the stack cannot be read. */
function isCalledBy(name: string): boolean {
  const { stackTraceLimit, prepareStackTrace } = Error;
  let found = false;
  try {
    Error.stackTraceLimit = 12;
    Error.prepareStackTrace = (_, sites) => {
      found = sites.some((site) => site.getFunctionName() === name);
      return '';
    };
    // The stack is only computed when it is read.
    void new Error().stack;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    Error.prepareStackTrace = prepareStackTrace;
  }
  return found;
}
