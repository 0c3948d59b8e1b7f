import {
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLSchema,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isScalarType,
  type OperationDefinitionNode,
  typeFromAST,
  valueFromAST,
} from 'graphql';
import { ExactNumber, withDoubles } from '../../core/index.ts';
import { keepsDigits } from '../../graph/index.ts';

/** Values of variables by name. */
export type VariableValues = Readonly<Record<string, unknown>>;

/** The variables that an operation declares, with their types. */
export function declaredVariables(schema: GraphQLSchema, operation: OperationDefinitionNode) {
  return (operation.variableDefinitions ?? []).map(({ variable, type, defaultValue }) => ({
    name: variable.name.value,
    type: typeFromAST(schema, type as never) as GraphQLInputType,
    defaultValue,
  }));
}

/** An own property of an object from outside. Properties of Object.prototype do not count. */
export function own(object: object, name: string | number): unknown {
  return Object.hasOwn(object, name) ? (object as Record<string | number, unknown>)[name] : undefined;
}

/** Coerces a value that is not null; `undefined`: the value is wrong. */
type Coerce = (value: unknown) => unknown;

/**
 * Compiles the function that coerces an operation's raw variables (GraphQL specification, section 6.1.2). It returns
 * `undefined` for wrong variables, so that graphql-js can report the errors. The values have no prototype: an absent
 * variable is undefined, whatever its name.
 */
export function compileCoercion(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
): (raw: VariableValues) => VariableValues | undefined {
  const entries = declaredVariables(schema, operation).map(({ name, type, defaultValue }) => ({
    name,
    required: isNonNullType(type),
    fallback: defaultValue === undefined ? undefined : { value: valueFromAST(defaultValue, type) },
    coerce: coercionOf(isNonNullType(type) ? type.ofType : type),
  }));
  return (raw) => {
    const values: Record<string, unknown> = Object.create(null);
    for (const { name, required, fallback, coerce } of entries) {
      const value = own(raw, name);
      if (value === undefined) {
        if (fallback !== undefined) values[name] = fallback.value;
        else if (required) return undefined;
      } else if (value === null) {
        if (required) return undefined;
        values[name] = null;
      } else {
        const coerced = coerce(value);
        if (coerced === undefined) return undefined;
        values[name] = coerced;
      }
    }
    return values;
  };
}

const coercions = new WeakMap<GraphQLInputType, Coerce>();

function coercionOf(type: GraphQLInputType): Coerce {
  let coerce = coercions.get(type);
  if (coerce === undefined) {
    coerce = makeCoercion(type);
    coercions.set(type, coerce);
  }
  return coerce;
}

function makeCoercion(type: GraphQLInputType): Coerce {
  if (isNonNullType(type)) return coercionOf(type.ofType);
  if (isListType(type)) return listCoercion(type.ofType);
  if (isInputObjectType(type)) return objectCoercion(type);
  return (value) => {
    try {
      return type.parseValue(value);
    } catch {
      return undefined;
    }
  };
}

/**
 * Whether a value looks like a PostgreSQL array literal (`{a,b}`). GraphQL would coerce it to a list of one text,
 * which is hardly intended.
 */
export function isArrayLiteral(value: unknown): boolean {
  return typeof value === 'string' && /^\s*\{.*\}\s*$/s.test(value);
}

/** The error message for an array literal in place of a list. */
export const needsList =
  'a text in the form of a PostgreSQL array stands where a list is needed: send a list, such as ["a", "b"]; where the text itself is meant, a list that holds it';

/** Most dimensions of an array. PostgreSQL has no more. */
const mostDimensions = 6;

/**
 * Only lists for array columns have items that may be null. They also take lists within lists, which are arrays of several dimensions, as
 * fields return them.
 */
function listCoercion(itemType: GraphQLInputType): Coerce {
  const isRequired = isNonNullType(itemType);
  const dimensions = isScalarType(itemType) ? mostDimensions : 1;
  const coerceList = (value: readonly unknown[], left: number): unknown[] | undefined => {
    const coerce = coercionOf(itemType);
    const items: unknown[] = [];
    for (const item of value) {
      const isNull = item === null || item === undefined;
      if (isNull && isRequired) return undefined;
      let coerced = isNull ? null : coerce(item);
      if (coerced === undefined && left > 1 && Array.isArray(item)) coerced = coerceList(item, left - 1);
      if (coerced === undefined) return undefined;
      items.push(coerced);
    }
    return items;
  };
  return (value) => {
    if (Array.isArray(value)) return coerceList(value, dimensions);
    if (isArrayLiteral(value)) return undefined;
    const single = coercionOf(itemType)(value);
    return single === undefined ? undefined : [single];
  };
}

/** Coerces the fields in the order of the type, as graphql-js does. */
function objectCoercion(type: GraphQLInputObjectType): Coerce {
  return (given) => {
    if (typeof given !== 'object' || given === null || Array.isArray(given)) return undefined;
    const values: Record<string, unknown> = Object.create(null);
    let left = Object.keys(given).length;
    for (const { name, type: fieldType, defaultValue } of Object.values(type.getFields())) {
      const value = own(given, name);
      if (Object.hasOwn(given, name)) left--;
      if (value === undefined) {
        if (defaultValue !== undefined) values[name] = defaultValue;
        else if (isNonNullType(fieldType)) return undefined;
      } else if (value === null) {
        if (isNonNullType(fieldType)) return undefined;
        values[name] = null;
      } else {
        const coerced = coercionOf(fieldType)(value);
        if (coerced === undefined) return undefined;
        values[name] = coerced;
      }
    }
    // A positive count: the value has a field that the type does not have.
    return left > 0 || (type.isOneOf && !hasOneValue(values)) ? undefined : values;
  };
}

function hasOneValue(values: Readonly<Record<string, unknown>>): boolean {
  const given = Object.values(values);
  return given.length === 1 && given[0] !== null;
}

/** Raw variables with ExactNumbers only where a scalar takes them. Elsewhere the nearest double, as `JSON.parse` returns it. */
export function settleNumbers(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  raw: VariableValues,
): VariableValues {
  const types = new Map(declaredVariables(schema, operation).map(({ name, type }) => [name, type]));
  return Object.fromEntries(
    Object.entries(raw).map(([name, value]) => {
      const type = types.get(name);
      return [name, type === undefined ? value : settled(type, value)];
    }),
  );
}

function settled(type: GraphQLInputType, value: unknown): unknown {
  if (isNonNullType(type)) return settled(type.ofType, value);
  if (isListType(type))
    return Array.isArray(value)
      ? value.map((item) => settled(type.ofType, item))
      : settled(type.ofType, value);
  if (isLeafType(type)) return keepsDigits(type) ? value : withDoubles(value);
  if (value instanceof ExactNumber || typeof value !== 'object' || value === null || Array.isArray(value))
    return withDoubles(value);
  const fields = type.getFields();
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const field = fields[name];
      return [name, field === undefined ? withDoubles(inner) : settled(field.type, inner)];
    }),
  );
}

/** Raw variables without prototypes, at any depth. graphql-js looks names up without checking for own properties. */
export function withoutPrototypes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPrototypes);
  if (typeof value !== 'object' || value === null || value instanceof ExactNumber) return value;
  const copy: Record<string, unknown> = Object.create(null);
  for (const [name, inner] of Object.entries(value)) copy[name] = withoutPrototypes(inner);
  return copy;
}
