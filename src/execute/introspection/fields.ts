import {
  astFromValue,
  type GraphQLArgument,
  type GraphQLDirective,
  GraphQLEnumType,
  type GraphQLEnumValue,
  type GraphQLField,
  GraphQLInputObjectType,
  GraphQLInterfaceType,
  GraphQLList,
  type GraphQLNamedType,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLScalarType,
  type GraphQLSchema,
  type GraphQLType,
  GraphQLUnionType,
  print,
} from 'graphql';
import { LazyObjectType, LazySchema } from '../../graph/index.ts';

/** Arguments of an introspection field; there is only one. */
export interface IntrospectionArguments {
  readonly includeDeprecated?: boolean | null;
}

/** The value of an introspection field: a text, an object, or a list of objects. */
export type Rule<Value> =
  | { readonly kind: 'leaf'; readonly text: (value: Value) => string }
  | { readonly kind: 'one'; readonly get: (value: Value) => unknown }
  | {
      readonly kind: 'many';
      /** A null among the items marks a point where the writer may pause. */
      readonly get: (
        value: Value,
        given: IntrospectionArguments,
        schema: GraphQLSchema,
      ) => Iterable<unknown> | undefined;
      /** Whether the list can be so long that writing it must be able to pause. */
      readonly long: boolean;
    };

type Rules<Value> = Readonly<Record<string, Rule<Value>>>;

const leaf = <Value>(text: (value: Value) => string): Rule<Value> => ({ kind: 'leaf', text });
const one = <Value>(get: (value: Value) => unknown): Rule<Value> => ({ kind: 'one', get });
type GetMany<Value> = Extract<Rule<Value>, { readonly kind: 'many' }>['get'];
const few = <Value>(get: GetMany<Value>): Rule<Value> => ({ kind: 'many', get, long: false });
const many = <Value>(get: GetMany<Value>): Rule<Value> => ({ kind: 'many', get, long: true });

const textOrNull = (text: string | null | undefined): string =>
  text === null || text === undefined ? 'null' : JSON.stringify(text);

interface MayEnd {
  readonly deprecationReason?: string | null | undefined;
}

function current<Value extends MayEnd>(
  values: Iterable<Value>,
  given: IntrospectionArguments,
): Iterable<Value> {
  if (given.includeDeprecated) return values;
  if (!Array.isArray(values)) return currentOf(values);
  return (values as Value[]).filter(isCurrent);
}

function* currentOf<Value extends MayEnd>(values: Iterable<Value>): Generator<Value> {
  for (const value of values) if (isCurrent(value)) yield value;
}

const isCurrent = (value: MayEnd): boolean => value.deprecationReason == null;

/** The fields of a type, which may have thousands: each is created only when it is written. */
const fieldsOf = (
  type: GraphQLObjectType | GraphQLInterfaceType,
): Iterable<GraphQLField<unknown, unknown>> =>
  type instanceof LazyObjectType ? type.fields() : Object.values(type.getFields());

const typesOf = (schema: GraphQLSchema): Iterable<GraphQLNamedType | null> =>
  schema instanceof LazySchema ? schema.types() : Object.values(schema.getTypeMap());

const ofSchema: Rules<GraphQLSchema> = {
  description: leaf((schema) => textOrNull(schema.description)),
  types: many((schema) => typesOf(schema)),
  queryType: one((schema) => schema.getQueryType()),
  mutationType: one((schema) => schema.getMutationType()),
  subscriptionType: one((schema) => schema.getSubscriptionType()),
  directives: few((schema, given) => current(schema.getDirectives(), given)),
};

const ending: Rules<MayEnd> = {
  isDeprecated: leaf((value) => (value.deprecationReason == null ? 'false' : 'true')),
  deprecationReason: leaf((value) => textOrNull(value.deprecationReason)),
};

const named: Rules<{ readonly name: string; readonly description?: string | null | undefined }> = {
  name: leaf((value) => textOrNull(value.name)),
  description: leaf((value) => textOrNull(value.description)),
};

const ofDirective: Rules<GraphQLDirective> = {
  ...named,
  ...ending,
  isRepeatable: leaf((directive) => String(directive.isRepeatable)),
  locations: leaf((directive) => JSON.stringify(directive.locations)),
  args: few((directive, given) => current(directive.args, given)),
};

const ofField: Rules<GraphQLField<unknown, unknown>> = {
  ...named,
  ...ending,
  args: few((field, given) => current(field.args, given)),
  type: one((field) => field.type),
};

/** Arguments and fields of input types. */
const ofInput: Rules<GraphQLArgument> = {
  ...named,
  ...ending,
  type: one((input) => input.type),
  defaultValue: leaf(({ defaultValue, type }) => {
    if (defaultValue === undefined) return 'null';
    const node = astFromValue(defaultValue, type);
    return node === null || node === undefined ? 'null' : JSON.stringify(print(node));
  }),
};

const ofEnumValue: Rules<GraphQLEnumValue> = { ...named, ...ending };

const kinds = [
  [GraphQLNonNull, 'NON_NULL'],
  [GraphQLList, 'LIST'],
  [GraphQLScalarType, 'SCALAR'],
  [GraphQLInputObjectType, 'INPUT_OBJECT'],
  [GraphQLObjectType, 'OBJECT'],
  [GraphQLEnumType, 'ENUM'],
  [GraphQLInterfaceType, 'INTERFACE'],
  [GraphQLUnionType, 'UNION'],
] as const;

function kindOf(type: GraphQLType): string {
  const [, kind] = kinds.find(([made]) => type instanceof made)!;
  return `"${kind}"`;
}

const hasFields = (type: GraphQLType): type is GraphQLObjectType | GraphQLInterfaceType =>
  type instanceof GraphQLObjectType || type instanceof GraphQLInterfaceType;
const isAbstract = (type: GraphQLType): type is GraphQLInterfaceType | GraphQLUnionType =>
  type instanceof GraphQLInterfaceType || type instanceof GraphQLUnionType;

const possibleTypesOf = (
  schema: GraphQLSchema,
  type: GraphQLInterfaceType | GraphQLUnionType,
): Iterable<GraphQLNamedType> =>
  schema instanceof LazySchema ? schema.implementations() : schema.getPossibleTypes(type);

const ofType: Rules<GraphQLType> = {
  kind: leaf(kindOf),
  name: leaf((type) => ('name' in type ? textOrNull(type.name) : 'null')),
  description: leaf((type) => ('description' in type ? textOrNull(type.description) : 'null')),
  specifiedByURL: leaf((type) => ('specifiedByURL' in type ? textOrNull(type.specifiedByURL) : 'null')),
  isOneOf: leaf((type) => (type instanceof GraphQLInputObjectType ? String(type.isOneOf) : 'null')),
  ofType: one((type) => ('ofType' in type ? type.ofType : undefined)),
  fields: many((type, given) => (hasFields(type) ? current(fieldsOf(type), given) : undefined)),
  interfaces: few((type) => (hasFields(type) ? type.getInterfaces() : undefined)),
  possibleTypes: many((type, _, schema) => (isAbstract(type) ? possibleTypesOf(schema, type) : undefined)),
  enumValues: many((type, given) =>
    type instanceof GraphQLEnumType ? current(type.getValues(), given) : undefined,
  ),
  inputFields: many((type, given) =>
    type instanceof GraphQLInputObjectType ? current(Object.values(type.getFields()), given) : undefined,
  ),
};

const rules = {
  __Schema: ofSchema,
  __Directive: ofDirective,
  __Type: ofType,
  __Field: ofField,
  __InputValue: ofInput,
  __EnumValue: ofEnumValue,
} as const;

/** The rule for a field of an introspection type; `undefined`: a newer graphql-js has a field that is unknown here. */
export function ruleOf(typeName: string, field: string): Rule<unknown> | undefined {
  const ofThis: Rules<never> | undefined = rules[typeName as keyof typeof rules];
  return ofThis !== undefined && Object.hasOwn(ofThis, field) ? (ofThis[field] as Rule<unknown>) : undefined;
}
