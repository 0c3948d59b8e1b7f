import {
  type GraphQLArgument,
  GraphQLEnumType,
  type GraphQLEnumTypeConfig,
  type GraphQLEnumValue,
  type GraphQLFieldConfig,
  type GraphQLFieldConfigArgumentMap,
  type GraphQLFieldMap,
  type GraphQLInputFieldConfig,
  type GraphQLInputFieldMap,
  GraphQLInputObjectType,
  type GraphQLInputObjectTypeConfig,
  GraphQLObjectType,
  type GraphQLObjectTypeConfig,
} from 'graphql';
import type { Fields, InputFields } from './make.ts';

type FieldConfigs = Readonly<Record<string, GraphQLFieldConfig<unknown, unknown>>>;
type InputConfigs = Readonly<Record<string, GraphQLInputFieldConfig>>;

const argumentsOf = (args: GraphQLFieldConfigArgumentMap): GraphQLArgument[] =>
  Object.entries(args).map(([name, { description, type, defaultValue, extensions }]) => ({
    name,
    description,
    type,
    defaultValue,
    deprecationReason: undefined,
    extensions: extensions ?? {},
    astNode: undefined,
  }));

const none: readonly GraphQLArgument[] = [];

/**
 * An object type that creates its fields for each reader and caches none. Names are not checked, since those of the cached type
 * of the same name were.
 */
class TransientObject extends GraphQLObjectType {
  readonly #fields: () => FieldConfigs;

  constructor(config: Omit<GraphQLObjectTypeConfig<unknown, unknown>, 'fields'> & { fields: () => Fields }) {
    super(config);
    this.#fields = config.fields;
  }

  override getFields(): GraphQLFieldMap<unknown, unknown> {
    const fields: GraphQLFieldMap<unknown, unknown> = Object.create(null);
    for (const [name, { description, type, args, extensions }] of Object.entries(this.#fields())) {
      fields[name] = {
        name,
        description,
        type,
        args: args === undefined ? none : argumentsOf(args),
        deprecationReason: undefined,
        extensions: extensions ?? {},
        astNode: undefined,
      };
    }
    return fields;
  }
}

/** As TransientObject, for input types. */
class TransientInput extends GraphQLInputObjectType {
  readonly #fields: () => InputConfigs;

  constructor(config: Omit<GraphQLInputObjectTypeConfig, 'fields'> & { fields: () => InputFields }) {
    super(config);
    this.#fields = config.fields;
  }

  override getFields(): GraphQLInputFieldMap {
    const fields: GraphQLInputFieldMap = Object.create(null);
    for (const [name, { description, type, defaultValue, extensions }] of Object.entries(this.#fields())) {
      fields[name] = {
        name,
        description,
        type,
        defaultValue,
        deprecationReason: undefined,
        extensions: extensions ?? {},
        astNode: undefined,
      };
    }
    return fields;
  }
}

/** As TransientObject, for enums. */
class TransientEnum extends GraphQLEnumType {
  readonly #config: GraphQLEnumTypeConfig;

  constructor(config: GraphQLEnumTypeConfig) {
    super(config);
    this.#config = config;
  }

  override getValues(): readonly GraphQLEnumValue[] {
    return new GraphQLEnumType(this.#config).getValues();
  }
}

/**
 * Classes for GraphQL types. `caching` ones keep their fields and values; `transient` ones make them for each reader and keep nothing, so that
 * reading a large graph once does not fill the memory.
 */
export const typeClasses = {
  caching: { ObjectType: GraphQLObjectType, InputType: GraphQLInputObjectType, EnumType: GraphQLEnumType },
  transient: { ObjectType: TransientObject, InputType: TransientInput, EnumType: TransientEnum },
} as const;
