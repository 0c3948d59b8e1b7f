import { type GraphQLFieldConfig, type GraphQLObjectType, GraphQLString } from 'graphql';
import type { Table } from '../catalog/index.ts';
import { allowsRoot } from './column-support.ts';
import type { Graph } from './graph.ts';
import { type LazyEntries, LazyObjectType } from './lazy.ts';
import { type Operation, rootKinds, rootPatterns } from './names/conventions.ts';
import { nodeRootName } from './names/node.ts';
import { emptyRootField, namespaceTypeName, rootTypeName } from './names/shared.ts';
import { field } from './types/make.ts';
import { nodeRoot } from './types/node.ts';
import { rootField } from './types/roots.ts';

type FieldConfig = GraphQLFieldConfig<unknown, unknown>;

/** The root types of a graph and the types of its namespace fields. */
export class Roots {
  readonly #graph: Graph;
  readonly #types = new Map<string, LazyObjectType>();

  #all: ReadonlyMap<string, () => GraphQLObjectType | undefined> | undefined;

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  /**
   * A root type; `undefined` if it has no fields. A graph without tables still has a query type, since GraphQL
   * requires one.
   */
  root(operation: Operation): GraphQLObjectType | undefined {
    const known = this.#types.get(rootTypeName(operation));
    if (known !== undefined) return known;
    if (operation !== 'query' && !this.#hasAny(operation)) return undefined;
    return this.#once(rootTypeName(operation), () => this.#rootEntries(operation));
  }

  /** A root or namespace type by its name. */
  find(name: string): GraphQLObjectType | undefined {
    return this.#named().get(name)?.();
  }

  names(): string[] {
    return [...this.#named().keys()];
  }

  #named(): ReadonlyMap<string, () => GraphQLObjectType | undefined> {
    if (this.#all !== undefined) return this.#all;
    const all = new Map<string, () => GraphQLObjectType | undefined>();
    for (const operation of ['query', 'mutation', 'subscription'] as const) {
      if (operation !== 'query' && !this.#hasAny(operation)) continue;
      all.set(rootTypeName(operation), () => this.root(operation));
      for (const namespace of this.#graph.names.tables.namespaces) {
        if (!this.#hasFields(operation, namespace)) continue;
        all.set(namespaceTypeName(namespace, operation), () => this.#namespace(operation, namespace));
      }
    }
    this.#all = all;
    return all;
  }

  #once(name: string, entries: () => LazyEntries<FieldConfig>): LazyObjectType {
    let type = this.#types.get(name);
    if (type === undefined) {
      type = new LazyObjectType(name, entries());
      this.#types.set(name, type);
    }
    return type;
  }

  #namespace(operation: Operation, namespace: string): GraphQLObjectType {
    return this.#once(namespaceTypeName(namespace, operation), () =>
      this.#tableEntries(operation, namespace),
    );
  }

  #hasAny(operation: Operation): boolean {
    if (this.#services(operation).size > 0) return true;
    return [null, ...this.#graph.names.tables.namespaces].some((name) => this.#hasFields(operation, name));
  }

  #services(operation: Operation): ReadonlyMap<string, FieldConfig> {
    return operation === 'subscription' && !this.#graph.subscriptions
      ? new Map()
      : this.#graph.services.of(operation);
  }

  #hasFields(operation: Operation, namespace: string | null): boolean {
    if (operation === 'subscription' && !this.#graph.subscriptions) return false;
    return this.#graph.names.tables.tablesIn(namespace).some((table) => this.#hasField(operation, table));
  }

  #hasField(operation: Operation, table: Table): boolean {
    return rootKinds.some(
      (kind) =>
        (rootPatterns[kind].operations as readonly Operation[]).includes(operation) &&
        this.#graph.names.tables.hasRoot(table, kind) &&
        allowsRoot(table, kind, operation),
    );
  }

  #tableEntries(operation: Operation, namespace: string | null): LazyEntries<FieldConfig> {
    const { tables } = this.#graph.names;
    let keys: string[] | undefined;
    function* each() {
      for (const table of tables.tablesIn(namespace))
        for (const { name } of tables.rootsOf(table, operation)) yield name;
    }
    return {
      each,
      keys: () => {
        keys ??= [...each()];
        return keys;
      },
      get: (name) => {
        const entry = tables.findRoot(operation, namespace, name);
        return entry === undefined ? undefined : rootField(this.#graph, entry);
      },
    };
  }

  #rootEntries(operation: Operation): LazyEntries<FieldConfig> {
    if (!this.#hasAny(operation)) {
      const description = 'There is no table to be read: attach a database, or grant the role something.';
      return {
        keys: () => [emptyRootField],
        get: (name) => (name === emptyRootField ? { type: GraphQLString, description } : undefined),
      };
    }
    const own = this.#tableEntries(operation, null);
    const { names } = this.#graph;
    const namespaces = names.tables.namespaces.filter((name) => this.#hasFields(operation, name));
    const others = operation === 'query' && names.hasNodeRoot ? [...namespaces, nodeRootName] : namespaces;
    const services = this.#services(operation);
    return {
      keys: () => [...others, ...own.keys(), ...services.keys()],
      *each() {
        yield* others;
        yield* own.each?.() ?? own.keys();
        yield* services.keys();
      },
      get: (name) => {
        if (!others.includes(name)) return own.get(name) ?? services.get(name);
        return namespaces.includes(name) ? this.#namespaceField(operation, name) : nodeRoot(this.#graph);
      },
    };
  }

  #namespaceField(operation: Operation, namespace: string): FieldConfig {
    const { tables } = this.#graph.names;
    const [first] = tables.tablesIn(namespace);
    const source = first!.source.name;
    return field(this.#namespace(operation, namespace), { kind: 'namespace', source });
  }
}
