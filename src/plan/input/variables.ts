import {
  type GraphQLInputType,
  type GraphQLSchema,
  isInputObjectType,
  isListType,
  isNonNullType,
  type OperationDefinitionNode,
} from 'graphql';
import { deepest, jsonText } from '../../core/index.ts';
import { capacityFor, isWritten } from '../context.ts';
import { declaredVariables, own } from './coercion.ts';

/**
 * The shape of a raw value: its keys, null or not, the number of objects in a list. `undefined`: the value cannot be
 * coerced or is nested too deeply.
 */
type ShapeOf = (value: unknown, depth: number) => string | undefined;

const cache = new WeakMap<GraphQLInputType, ShapeOf>();

/**
 * Compiles the function that returns the shape of an operation's raw variables. Requests of equal shape share a
 * plan, if they also agree in the values that the plan inspected (see `inspectedKey`).
 */
export function compileShape(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
): (raw: Readonly<Record<string, unknown>>) => string | undefined {
  const entries = declaredVariables(schema, operation).map(({ name, type }) => ({
    name,
    shape: shapeOf(type),
  }));
  if (entries.length === 1) {
    const { name, shape } = entries[0]!;
    return (raw) => shape(own(raw, name), 0);
  }
  return (raw) => {
    let key = '';
    for (const { name, shape } of entries) {
      const part = shape(own(raw, name), 0);
      if (part === undefined) return undefined;
      key += part;
    }
    return key;
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
    return (value) => (Array.isArray(value) ? (value.includes(null) ? 'N' : 'L') : leafShape(value, 0));
  }
  const item = shapeOf(inner);
  return (value, depth) => {
    if (value === undefined || value === null) return leafShape(value, 0);
    if (!Array.isArray(value)) return item(value, depth);
    if (depth > deepest) return undefined;
    let key = '[';
    for (const element of value) {
      const part = item(element, depth + 1);
      if (part === undefined) return undefined;
      key += part;
    }
    return `${key}]`;
  };
}

function objectShape(type: Extract<GraphQLInputType, { getFields(): unknown }>): ShapeOf {
  return (value, depth) => {
    if (value === undefined || value === null) return leafShape(value, 0);
    if (typeof value !== 'object' || Array.isArray(value) || depth > deepest) return undefined;
    const fields = type.getFields();
    let key = '{';
    for (const name of Object.keys(value)) {
      const field = fields[name];
      const part =
        field === undefined
          ? undefined
          : shapeOf(field.type)((value as Record<string, unknown>)[name], depth + 1);
      if (part === undefined) return undefined;
      key += `${name}:${part}`;
    }
    return `${key}}`;
  };
}

/** A path to a value in the variables that determined the plan. */
export interface InspectedPath {
  readonly text: string;
  readonly steps: readonly (string | number)[];
}

/** Parses a path as planning records it. */
export function inspectedPath(text: string): InspectedPath {
  return { text, steps: JSON.parse(text) as readonly (string | number)[] };
}

/** A key of the raw values that planning inspected. Requests with different keys have different plans. */
export function inspectedKey(
  paths: readonly InspectedPath[],
  raw: Readonly<Record<string, unknown>>,
): string {
  let key = '';
  for (const { steps } of paths) key += `|${inspectedValue(steps, raw)}`;
  return key;
}

function inspectedValue(path: readonly (string | number)[], raw: Readonly<Record<string, unknown>>): string {
  const marker = path[0] === '#bound' || path[0] === '#capacity' ? path[0] : null;
  let value: unknown = raw;
  for (let index = marker === null ? 0 : 1; index < path.length; index++) {
    if (value === null || typeof value !== 'object') {
      value = undefined;
      break;
    }
    // A single value in place of a list counts as a list of one.
    const step = path[index]!;
    value = typeof step === 'number' && !Array.isArray(value) ? value : own(value, step);
  }
  if (marker === '#bound')
    return typeof value === 'number' && value >= 0 && !isWritten(value) ? 'bound' : String(value);
  if (marker === '#capacity') return Array.isArray(value) ? `#${capacityFor(value.length) ?? 'many'}` : '#1';
  return value === undefined ? '-' : jsonText(value);
}
