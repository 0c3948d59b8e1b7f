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

/** Graphs with more types than this do not spell all their names for a mere suggestion. */
const fewTypes = 2000;
const mostSuggested = 500;

/**
 * A schema whose types are made when something asks for them. To graphql-js it is a schema like any other: what lists all
 * types (introspection, printSchema) makes all of them.
 */
export class LazySchema extends GraphQLSchema {
  readonly #graph: Graph;
  readonly #roots: Roots;
  readonly #reach: ReachableTypes;
  /** Introspection types and the scalars of the specified directives. */
  readonly #base: TypeMap;
  readonly #map: TypeMap;
  #names: readonly string[] | undefined;

  constructor(graph: Graph) {
    super({ assumeValid: true });
    this.#graph = graph;
    this.#roots = new Roots(graph);
    this.#reach = new ReachableTypes(graph);
    this.#base = super.getTypeMap();
    // Every list takes `limit`.
    if (graph.tables.length > 0) this.#base[GraphQLInt.name] = GraphQLInt;
    this.#map = lazyObject({ keys: () => this.#listed(), get: (name) => this.getType(name) });
  }

  /** How many types of tables and of their values have been made so far, scalars aside. */
  get madeTypes(): number {
    return this.#graph.made.size;
  }

  /**
   * The same schema for one look at all of its types, none of which is made yet. They keep neither fields nor values, so that
   * going through all of them takes little memory; for anything but looking, they are too slow.
   */
  transient(): LazySchema {
    return new LazySchema(this.#graph.transient());
  }

  /**
   * All types, in the order of the type map, each made when its turn comes. Null now and then while types are being found: a
   * place to pause, for who has others to think of.
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
    // No two tables have types of the same name.
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
    return this.#map;
  }

  override getType(name: string): GraphQLNamedType | undefined {
    return this.#base[name] ?? this.#graph.made.get(name) ?? this.#roots.find(name) ?? this.#find(name);
  }

  /** The types of rows that have a global id, made lazily. */
  *implementations(): Generator<GraphQLObjectType> {
    for (const table of this.#graph.tables)
      if (this.#graph.has(table, 'row') && this.#graph.names.node.key(table) !== null)
        yield this.#graph.object(table, 'row');
  }

  /** `Node` is the only abstract type. Validation looks through all of a large graph's rows only to suggest one of them. */
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
   * Names of the types, for whoever lists them. Validation lists them for every document, only to have suggestions for
   * unknown types at hand: a large graph then gives types that are in use.
   */
  #listed(): readonly string[] {
    if (this.#isLarge() && isCalledBy('KnownTypeNamesRule')) {
      const inUse = [...take(this.#graph.made.keys(), mostSuggested)];
      return [...this.#roots.names(), ...Object.keys(this.#base), ...inUse];
    }
    this.#names ??= [
      ...new Set([...this.#roots.names(), ...Object.keys(this.#base), ...this.#reach.names()]),
    ];
    return this.#names;
  }

  /** The types of no table, in the order of #listed; one may come more than once. */
  *#common(): Generator<GraphQLNamedType | null> {
    for (const name of this.#roots.names()) yield this.getType(name)!;
    yield* Object.values(this.#base);
    yield* this.#reach.sharedTypes();
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

/** Whether a function of this name is among the callers. Wherever that cannot be told, the answer is no. */
function isCalledBy(name: string): boolean {
  const { stackTraceLimit, prepareStackTrace } = Error;
  let found = false;
  try {
    Error.stackTraceLimit = 12;
    Error.prepareStackTrace = (_, sites) => {
      found = sites.some((site) => site.getFunctionName() === name);
      return '';
    };
    // Reading the stack is what makes it.
    void new Error().stack;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    Error.prepareStackTrace = prepareStackTrace;
  }
  return found;
}
