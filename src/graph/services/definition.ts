import {
  type DefinitionNode,
  type DocumentNode,
  extendSchema,
  type FieldDefinitionNode,
  GraphQLError,
  GraphQLFloat,
  GraphQLID,
  type GraphQLNamedType,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  validateSchema,
} from 'graphql';
import { type Scalar, scalars } from '../../catalog/index.ts';
import type { Operation } from '../names/conventions.ts';
import { isReservedType, rootTypeName } from '../names/shared.ts';
import { scalarType } from '../scalars/types.ts';

/** The root type of a definition of a field, by its operation. */
export const rootOf: Readonly<Record<Operation, string>> = {
  query: 'Query',
  mutation: 'Mutation',
  subscription: 'Subscription',
};

/** What definitions extend. */
interface Base {
  /** The scalars that definitions may name, in both conventions of names. */
  readonly scalars: ReadonlyMap<string, GraphQLNamedType>;
  /** A schema with these scalars, and without types of its own. */
  readonly schema: GraphQLSchema;
}

let made: Base | undefined;

/** Made at the first use: a scalar is described by whoever asks for its name first. */
export function base(): Base {
  made ??= makeBase();
  return made;
}

function makeBase(): Base {
  // In graphql-default, json and jsonb have the same name.
  const all = ['jsonb', ...Object.keys(scalars)] as Scalar[];
  const types = [
    ...all.flatMap((scalar) => [scalarType('hasura-default', scalar), scalarType('graphql-default', scalar)]),
    GraphQLFloat,
    GraphQLID,
  ];
  const known = new Map<string, GraphQLNamedType>(types.map((type) => [type.name, type]));
  const query = new GraphQLObjectType({
    name: rootTypeName('query'),
    fields: { none: { type: GraphQLString } },
  });
  return { scalars: known, schema: new GraphQLSchema({ query, types: [...known.values()] }) };
}

const allowed: ReadonlySet<string> = new Set([
  Kind.OBJECT_TYPE_DEFINITION,
  Kind.INPUT_OBJECT_TYPE_DEFINITION,
  Kind.ENUM_TYPE_DEFINITION,
]);

/** All faults of a definition of a root field in the language of GraphQL schemas: `type Mutation { close(id: Int!): Closed } type Closed { id: Int! }`. */
export function definitionFaults(text: string, operation: Operation): readonly string[] {
  let document: DocumentNode;
  try {
    document = parse(text, { noLocation: true });
  } catch (error) {
    return [`is no definition in the language of GraphQL schemas: ${messageOf(error)}`];
  }
  const shape = [...shapeFaults(document, operation)];
  if (shape.length > 0) return shape;
  try {
    const extended = extendSchema(base().schema, document);
    return validateSchema(extended).map(({ message }) => `is wrong: ${message}`);
  } catch (error) {
    return [`is wrong: ${messageOf(error)}`];
  }
}

function* shapeFaults({ definitions }: DocumentNode, operation: Operation): Generator<string> {
  const root = rootOf[operation];
  for (const definition of definitions) {
    const name = nameOf(definition);
    if (!allowed.has(definition.kind))
      yield `must hold only types, inputs and enums, not ${name ?? definition.kind}`;
    else if (isReservedType(name!)) yield `must not define "${name}", a type that Foz itself uses`;
    else if (name !== root && Object.values(rootOf).includes(name!)) yield `must not have the type ${name}`;
    else if (name !== root && definition.kind === Kind.OBJECT_TYPE_DEFINITION)
      for (const field of (definition.fields ?? []) as readonly FieldDefinitionNode[])
        if ((field.arguments ?? []).length > 0)
          yield `must not have arguments at ${name}.${field.name.value}: only the field of ${root} has some`;
  }
  const roots = definitions.filter((definition) => nameOf(definition) === root);
  const fields = roots.flatMap((type) => (type as ObjectTypeDefinitionNode).fields ?? []);
  if (roots.length !== 1 || roots[0]!.kind !== Kind.OBJECT_TYPE_DEFINITION || fields.length !== 1)
    yield `must have one "type ${root}" with one field`;
}

/** The name that a document defines. */
export function nameOf(definition: DefinitionNode): string | undefined {
  return 'name' in definition ? definition.name?.value : undefined;
}

/** The field of the root type of a definition without faults. */
export function fieldIn({ definitions }: DocumentNode, operation: Operation): FieldDefinitionNode {
  const root = definitions.find((definition) => nameOf(definition) === rootOf[operation]);
  return (root as ObjectTypeDefinitionNode).fields![0]!;
}

function messageOf(error: unknown): string {
  return error instanceof GraphQLError || error instanceof Error ? error.message : String(error);
}
