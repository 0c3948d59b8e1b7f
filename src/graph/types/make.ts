import {
  type GraphQLArgumentConfig,
  type GraphQLFieldConfig,
  type GraphQLInputFieldConfig,
  type GraphQLInputType,
  GraphQLList,
  GraphQLNonNull,
  type GraphQLNullableType,
  type GraphQLOutputType,
  type GraphQLType,
} from 'graphql';
import type { Column, Relationship } from '../../catalog/index.ts';
import type { ArgumentMeaning, FieldMeaning, InputMeaning } from '../field-meaning.ts';

export type Fields = Record<string, GraphQLFieldConfig<unknown, unknown>>;
export type InputFields = Record<string, GraphQLInputFieldConfig>;
export type Arguments = Record<string, GraphQLArgumentConfig>;
type Extensions = Readonly<Record<string, unknown>>;

/**
 * The extensions that carry a meaning to the planner. Without prototype, so that graphql-js shares the object
 * instead of copying it.
 */
function extensionsOf(meaning: FieldMeaning | InputMeaning | ArgumentMeaning): Extensions {
  const extensions: Record<string, unknown> = Object.create(null);
  extensions.foz = meaning;
  return extensions;
}

const plain = new Map<string, Extensions>();
const ofColumn = new WeakMap<Column, Extensions>();
const ofRelationship = new WeakMap<Relationship, Extensions>();
const ofAggregate = new WeakMap<Relationship, Extensions>();

/** The extensions for a meaning. Equal meanings share one object across all types. */
function sharedExtensions(meaning: FieldMeaning | InputMeaning | ArgumentMeaning): Extensions {
  switch (meaning.kind) {
    case 'column':
      return once(ofColumn, meaning.column, meaning);
    case 'relationship':
      return once(ofRelationship, meaning.relationship, meaning);
    case 'relationship aggregate':
      return once(ofAggregate, meaning.relationship, meaning);
    case 'root':
    case 'namespace':
    case 'service':
    case 'key column':
    case 'node_id':
    case 'node root':
      return extensionsOf(meaning);
    default:
      return once(plain, Object.values(meaning).join(' '), meaning);
  }
}

interface Cache<Key> {
  get(key: Key): Extensions | undefined;
  set(key: Key, value: Extensions): unknown;
}

function once<Key>(
  cache: Cache<Key>,
  key: Key,
  meaning: FieldMeaning | InputMeaning | ArgumentMeaning,
): Extensions {
  let extensions = cache.get(key);
  if (extensions === undefined) {
    extensions = extensionsOf(meaning);
    cache.set(key, extensions);
  }
  return extensions;
}

/** A field of an object type. */
export function field(
  type: GraphQLOutputType,
  meaning: FieldMeaning,
  more: { readonly args?: Arguments; readonly description?: string | null } = {},
): GraphQLFieldConfig<unknown, unknown> {
  return { type, args: more.args, description: more.description, extensions: sharedExtensions(meaning) };
}

/** A field of an input type. */
export function inputField(
  type: GraphQLInputType,
  meaning: InputMeaning,
  more: { readonly defaultValue?: unknown; readonly description?: string | null } = {},
): GraphQLInputFieldConfig {
  const { defaultValue, description } = more;
  return { type, defaultValue, description, extensions: sharedExtensions(meaning) };
}

/** An argument of a field. */
export function argument(
  type: GraphQLInputType,
  meaning: ArgumentMeaning,
  description?: string,
): GraphQLArgumentConfig {
  return { type, description, extensions: sharedExtensions(meaning) };
}

const lists = new WeakMap<GraphQLType, GraphQLList<GraphQLType>>();
const nonNulls = new WeakMap<GraphQLType, GraphQLNonNull<GraphQLNullableType>>();

/** `[T]`; one wrapper per type. */
export function list<T extends GraphQLType>(type: T): GraphQLList<T> {
  let wrapper = lists.get(type);
  if (wrapper === undefined) {
    wrapper = new GraphQLList(type);
    lists.set(type, wrapper);
  }
  return wrapper as GraphQLList<T>;
}

/** `T!`; one wrapper per type. */
export function nonNull<T extends GraphQLNullableType>(type: T): GraphQLNonNull<T> {
  let wrapper = nonNulls.get(type);
  if (wrapper === undefined) {
    wrapper = new GraphQLNonNull<GraphQLNullableType>(type);
    nonNulls.set(type, wrapper);
  }
  return wrapper as GraphQLNonNull<T>;
}

/** `[T!]` */
export function listOf<T extends GraphQLNullableType>(type: T): GraphQLList<GraphQLNonNull<T>> {
  return list(nonNull(type));
}

/** `[T!]!` */
export function fullList<T extends GraphQLNullableType>(
  type: T,
): GraphQLNonNull<GraphQLList<GraphQLNonNull<T>>> {
  return nonNull(listOf(type));
}

/** Sets `into[name]`, unless the config is null. */
export function put<T>(into: Record<string, T>, name: string, config: T | null): void {
  if (config !== null) into[name] = config;
}
