import {
  coerceInputValue,
  type GraphQLInputType,
  type GraphQLSchema,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  type OperationDefinitionNode,
  typeFromAST,
  valueFromAST,
} from 'graphql';
import { capacityFor, isWritten } from './context.ts';

/** The shape of one raw value: which keys, null or not, how many objects in a list; `undefined` for what cannot be coerced. */
type ShapeOf = (value: unknown) => string | undefined;

const cache = new WeakMap<GraphQLInputType, ShapeOf>();

/**
 * Compiles the function that tells the shape of an operation's raw variables. Requests of equal shape share a plan, up to
 * the values that the plan inspected (see `inspectedKey`).
 */
export function compileShape(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
): (raw: Readonly<Record<string, unknown>>) => string | undefined {
  const entries = (operation.variableDefinitions ?? []).map((definition) => {
    const type = typeFromAST(schema, definition.type as never) as GraphQLInputType;
    return { name: definition.variable.name.value, shape: shapeOf(type) };
  });
  if (entries.length === 1) {
    const { name, shape } = entries[0]!;
    return (raw) => shape(raw[name]);
  }
  return (raw) => {
    let key = '';
    for (const { name, shape } of entries) {
      const part = shape(raw[name]);
      if (part === undefined) return undefined;
      key += part;
    }
    return key;
  };
}

/**
 * Compiles the function that coerces an operation's raw variables (GraphQL specification, section 6.1.2). It gives `undefined`
 * where something is wrong with them: graphql-js then tells what.
 */
export function compileCoercion(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
): (raw: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>> | undefined {
  const entries = (operation.variableDefinitions ?? []).map((definition) => {
    const type = typeFromAST(schema, definition.type as never) as GraphQLInputType;
    const { defaultValue } = definition;
    return {
      name: definition.variable.name.value,
      required: isNonNullType(type),
      fallback: defaultValue === undefined ? undefined : { value: valueFromAST(defaultValue, type) },
      coerce: coercionOf(isNonNullType(type) ? type.ofType : type),
    };
  });
  return (raw) => {
    const values: Record<string, unknown> = {};
    for (const { name, required, fallback, coerce } of entries) {
      const value = Object.hasOwn(raw, name) ? raw[name] : undefined;
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

/** Coerces a value that is not null; `undefined`: it does not fit. */
function coercionOf(type: GraphQLInputType): (value: unknown) => unknown {
  if (isLeafType(type)) {
    return (value) => {
      try {
        return type.parseValue(value);
      } catch {
        return undefined;
      }
    };
  }
  return (value) => {
    let fits = true;
    const coerced = coerceInputValue(value, type, () => {
      fits = false;
    });
    return fits ? coerced : undefined;
  };
}

function shapeOf(type: GraphQLInputType): ShapeOf {
  if (isNonNullType(type)) return shapeOf(type.ofType);
  const known = cache.get(type);
  if (known !== undefined) return known;
  const shape: ShapeOf = isListType(type)
    ? listShape(type.ofType)
    : isInputObjectType(type)
      ? objectShape(type)
      : leafShape;
  cache.set(type, shape);
  return shape;
}

const leafShape: ShapeOf = (value) => (value === undefined ? '-' : value === null ? '0' : '1');

function listShape(itemType: GraphQLInputType): ShapeOf {
  const inner = isNonNullType(itemType) ? itemType.ofType : itemType;
  if (!isListType(inner) && !isInputObjectType(inner)) {
    return (value) => (Array.isArray(value) ? (value.includes(null) ? 'N' : 'L') : leafShape(value));
  }
  const item = shapeOf(inner);
  return (value) => {
    if (value === undefined || value === null) return leafShape(value);
    if (!Array.isArray(value)) return item(value);
    let key = '[';
    for (const element of value) {
      const part = item(element);
      if (part === undefined) return undefined;
      key += part;
    }
    return `${key}]`;
  };
}

function objectShape(type: Extract<GraphQLInputType, { getFields(): unknown }>): ShapeOf {
  return (value) => {
    if (value === undefined || value === null) return leafShape(value);
    if (typeof value !== 'object' || Array.isArray(value)) return undefined;
    const fields = type.getFields();
    let key = '{';
    for (const name of Object.keys(value)) {
      const field = fields[name];
      const part =
        field === undefined ? undefined : shapeOf(field.type)((value as Record<string, unknown>)[name]);
      if (part === undefined) return undefined;
      key += `${name}:${part}`;
    }
    return `${key}}`;
  };
}

/** The values that planning looked at, from the raw variables: requests that differ in them have different plans. */
export function inspectedKey(paths: readonly string[], raw: Readonly<Record<string, unknown>>): string {
  let key = '';
  for (const text of paths) key += `|${inspectedValue(pathOf(text), raw)}`;
  return key;
}

const parsed = new Map<string, readonly (string | number)[]>();
function pathOf(text: string): readonly (string | number)[] {
  let path = parsed.get(text);
  if (path === undefined) {
    path = JSON.parse(text) as readonly (string | number)[];
    if (parsed.size > 10_000) parsed.clear();
    parsed.set(text, path);
  }
  return path;
}

function inspectedValue(path: readonly (string | number)[], raw: Readonly<Record<string, unknown>>): string {
  const marker = path[0] === '#bound' || path[0] === '#capacity' ? path[0] : null;
  let value: unknown = raw;
  for (let index = marker === null ? 0 : 1; index < path.length; index++) {
    if (value === null || typeof value !== 'object') {
      value = undefined;
      break;
    }
    // A single value given for a list stands for a list of one.
    const step = path[index]!;
    value =
      typeof step === 'number' && !Array.isArray(value)
        ? value
        : (value as Record<string | number, unknown>)[step];
  }
  if (marker === '#bound')
    return typeof value === 'number' && value >= 0 && !isWritten(value) ? 'bound' : String(value);
  if (marker === '#capacity') return Array.isArray(value) ? `#${capacityFor(value.length) ?? 'many'}` : '#1';
  return JSON.stringify(value) ?? '-';
}
