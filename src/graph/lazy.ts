import {
  assertName,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLFieldConfig,
  type GraphQLFieldMap,
  GraphQLObjectType,
} from 'graphql';

/** A map whose entries are created on first use. `keys` is called only when the keys are listed. */
export interface LazyEntries<T> {
  readonly keys: () => readonly string[];
  /** The keys one by one, for maps where finding all of them takes long. */
  readonly each?: () => Iterable<string>;
  readonly get: (key: string) => T | undefined;
}

/** A read-only object without prototype whose properties are the entries, created on first use. */
export function lazyObject<T>(entries: LazyEntries<T>): Record<string, T> {
  const target: Record<string, T> = Object.create(null);
  const get = (key: string | symbol): T | undefined =>
    typeof key === 'string' ? entries.get(key) : undefined;
  return new Proxy(target, {
    get: (_, key) => get(key),
    has: (_, key) => get(key) !== undefined,
    ownKeys: () => [...entries.keys()],
    // Listing the keys must not make the entries, so the descriptor is that of a getter.
    getOwnPropertyDescriptor: (_, key) =>
      typeof key === 'string' ? { enumerable: true, configurable: true, get: () => get(key) } : undefined,
    set: () => false,
    defineProperty: () => false,
    deleteProperty: () => false,
  });
}

type Field = GraphQLField<unknown, unknown>;
type FieldConfig = GraphQLFieldConfig<unknown, unknown>;

/** An object type with thousands of fields, each created when it is first used. */
export class LazyObjectType extends GraphQLObjectType {
  readonly #fields: GraphQLFieldMap<unknown, unknown>;
  readonly #entries: LazyEntries<FieldConfig>;

  constructor(name: string, entries: LazyEntries<FieldConfig>) {
    super({ name, fields: {} });
    this.#entries = entries;
    const made = new Map<string, Field | undefined>();
    this.#fields = lazyObject({
      keys: entries.keys,
      get: (key) => {
        if (made.has(key)) return made.get(key);
        const config = entries.get(key);
        const field = config === undefined ? undefined : fieldOf(key, config);
        if (field !== undefined) made.set(key, field);
        return field;
      },
    });
  }

  override getFields(): GraphQLFieldMap<unknown, unknown> {
    return this.#fields;
  }

  /** Yields the fields one by one. None is cached, so that walking a large type does not keep all its fields in memory. */
  *fields(): Generator<Field> {
    const { each, keys, get } = this.#entries;
    for (const name of each?.() ?? keys()) yield fieldOf(name, get(name)!);
  }
}

function fieldOf(name: string, config: FieldConfig): Field {
  return {
    name: assertName(name),
    description: config.description,
    type: config.type,
    args: Object.entries(config.args ?? {}).map(
      ([argument, { description, type, defaultValue, extensions }]): GraphQLArgument => ({
        name: assertName(argument),
        description,
        type,
        defaultValue,
        deprecationReason: undefined,
        extensions: extensions ?? {},
        astNode: undefined,
      }),
    ),
    resolve: undefined,
    subscribe: undefined,
    deprecationReason: config.deprecationReason,
    extensions: config.extensions ?? {},
    astNode: undefined,
  };
}
