import type {
  GraphQLEnumType,
  GraphQLInputObjectType,
  GraphQLInterfaceType,
  GraphQLObjectType,
} from 'graphql';
import type { Source, Table } from '../catalog/index.ts';
import type { SourceName } from '../core/index.ts';
import type { GraphCapabilities } from './capabilities.ts';
import { offersType } from './kinds.ts';
import type { EnumKind, InputKind, ObjectKind, TypeKind } from './names/conventions.ts';
import type { ReservedName } from './names/reserved.ts';
import { Names } from './names.ts';

/** A type of a graph that is not a scalar. */
export type NamedType = GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType | GraphQLEnumType;

/** Makes the type of a table that has this name. */
export type MakeTableType = (graph: Graph, table: Table, kind: TypeKind, name: string) => NamedType;

/** How many types there are at once where types are only looked at. */
const mostTransient = 1000;

/** What the types of a graph are made from and kept in: each is made once, when it is first asked for. */
export class Graph {
  readonly sources: readonly Source[];
  readonly names: Names;
  readonly subscriptions: boolean;
  /** Every type made so far that is not a scalar. */
  readonly made = new Map<string, NamedType>();
  /** Those of tables once more: putting a name together takes longer than looking a type up. */
  readonly #ofTable = new Map<Table, Map<TypeKind, NamedType>>();
  readonly #capabilitiesOf: (source: SourceName) => GraphCapabilities;
  readonly #capabilities = new Map<SourceName, GraphCapabilities>();

  /** Whether types keep what was made in them. */
  readonly keeps: 'kept' | 'transient';

  readonly #make: MakeTableType;

  /**
   * `reserved`: names of absent tables. `lookAt`: a graph of the same sources whose names are used; types that are made then are not
   * kept.
   */
  constructor(
    sources: readonly Source[],
    capabilitiesOf: (source: SourceName) => GraphCapabilities,
    subscriptions: boolean,
    make: MakeTableType,
    { reserved = [], lookAt }: { reserved?: readonly ReservedName[]; lookAt?: Graph } = {},
  ) {
    this.keeps = lookAt === undefined ? 'kept' : 'transient';
    this.sources = sources;
    this.subscriptions = subscriptions;
    this.#make = make;
    this.#capabilitiesOf = capabilitiesOf;
    this.names =
      lookAt?.names ??
      new Names(sources, {
        subscriptions,
        reserved,
        offersType: (table, kind) =>
          offersType(table, kind, { capabilities: this.capabilities(table), subscriptions }),
      });
  }

  /** The same graph for one look at all of its types, which keep neither fields nor values. */
  transient(): Graph {
    return new Graph(this.sources, this.#capabilitiesOf, this.subscriptions, this.#make, {
      lookAt: this,
    });
  }

  /** Tables of the graph, in the order of the catalog. */
  get tables(): readonly Table[] {
    return this.names.tables.tables;
  }

  capabilities(table: Table): GraphCapabilities {
    const { name } = table.source;
    let capabilities = this.#capabilities.get(name);
    if (capabilities === undefined) {
      capabilities = this.#capabilitiesOf(name);
      this.#capabilities.set(name, capabilities);
    }
    return capabilities;
  }

  /** Whether the table has the type; ask before taking it. */
  has(table: Table, kind: TypeKind): boolean {
    return this.names.tables.hasType(table, kind);
  }

  object(table: Table, kind: ObjectKind): GraphQLObjectType {
    return this.type(table, kind) as GraphQLObjectType;
  }

  input(table: Table, kind: InputKind): GraphQLInputObjectType {
    return this.type(table, kind) as GraphQLInputObjectType;
  }

  enum(table: Table, kind: EnumKind): GraphQLEnumType {
    return this.type(table, kind) as GraphQLEnumType;
  }

  type(table: Table, kind: TypeKind): NamedType {
    let types = this.#ofTable.get(table);
    if (types === undefined) {
      types = new Map();
      this.#ofTable.set(table, types);
    }
    let type = types.get(kind);
    if (type === undefined) {
      type = this.once(this.names.tables.typeName(table, kind), (name) =>
        this.#make(this, table, kind, name),
      );
      types.set(kind, type);
      if (this.keeps === 'transient' && this.made.size > mostTransient) this.#forget();
    }
    return type;
  }

  /** The type of this name, made if it is not there. The name decides: equal names must mean equal types. */
  once<T extends NamedType>(name: string, make: (name: string) => T): T {
    let type = this.made.get(name);
    if (type === undefined) {
      type = make(name);
      this.made.set(name, type);
    }
    return type as T;
  }

  /** Whoever looks at types in passing may get another one of the same name later. */
  #forget(): void {
    this.made.clear();
    this.#ofTable.clear();
  }
}
