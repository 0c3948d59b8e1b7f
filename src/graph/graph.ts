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
import { ServiceFields } from './services/services.ts';

/** A named type of a graph other than a scalar. */
export type NamedType = GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType | GraphQLEnumType;

/** Creates a type of a table, under the given name. */
export type MakeTableType = (graph: Graph, table: Table, kind: TypeKind, name: string) => NamedType;

/** Most types that a transient graph holds before it drops them. */
const mostTransient = 1000;

/** Creates and caches the types of one schema. Each type is created when it is first used. */
export class Graph {
  readonly sources: readonly Source[];
  readonly names: Names;
  readonly subscriptions: boolean;
  /** Root fields that are not those of tables. */
  readonly services: ServiceFields;
  /** All types created so far, by name, without scalars. */
  readonly made = new Map<string, NamedType>();
  /** The same types by table and kind. Finding a type here is faster than building its name. */
  readonly #ofTable = new Map<Table, Map<TypeKind, NamedType>>();
  readonly #capabilitiesOf: (source: SourceName) => GraphCapabilities;
  readonly #capabilities = new Map<SourceName, GraphCapabilities>();

  /** Whether types cache their fields and values (`caching`), or create them for each reader (`transient`). */
  readonly lifetime: 'caching' | 'transient';

  readonly #make: MakeTableType;

  /**
   * `reserved`: names of absent tables. `namesOf`: a graph of the same sources, whose names are reused; the types of
   * the new graph are transient.
   */
  constructor(
    sources: readonly Source[],
    capabilitiesOf: (source: SourceName) => GraphCapabilities,
    subscriptions: boolean,
    make: MakeTableType,
    {
      reserved = [],
      services = ServiceFields.none,
      namesOf,
    }: { reserved?: readonly ReservedName[]; services?: ServiceFields; namesOf?: Graph } = {},
  ) {
    this.lifetime = namesOf === undefined ? 'caching' : 'transient';
    this.sources = sources;
    this.subscriptions = subscriptions;
    this.services = services;
    this.#make = make;
    this.#capabilitiesOf = capabilitiesOf;
    this.names =
      namesOf?.names ??
      new Names(sources, {
        subscriptions,
        reserved,
        offersType: (table, kind) =>
          offersType(table, kind, { capabilities: this.capabilities(table), subscriptions }),
      });
  }

  /** A copy of the graph for going through all of its types once. Its types cache neither fields nor values. */
  transient(): Graph {
    return new Graph(this.sources, this.#capabilitiesOf, this.subscriptions, this.#make, {
      namesOf: this,
      services: this.services,
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

  /** Whether the table has the type. Check this before calling `type`. */
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
      if (this.lifetime === 'transient' && this.made.size > mostTransient) this.#forget();
    }
    return type;
  }

  /** The type of this name, created on first use. Equal names must stand for equal types. */
  once<T extends NamedType>(name: string, make: (name: string) => T): T {
    let type = this.made.get(name);
    if (type === undefined) {
      type = make(name);
      this.made.set(name, type);
    }
    return type as T;
  }

  /** Drops all types. The reader of a transient graph may see another object for the same name later. */
  #forget(): void {
    this.made.clear();
    this.#ofTable.clear();
  }
}
