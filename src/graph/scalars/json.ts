import { GraphQLError, Kind, type ValueNode } from 'graphql';
import { deepest, ExactNumber, nestedTooDeeply, numberOf } from '../../core/index.ts';
import { textProblem } from './text.ts';

type Variables = Readonly<Record<string, unknown>> | null | undefined;

/** Checks a JSON value and returns it unchanged. Databases must be able to store its texts, and its nesting is bounded. */
export function readJson(name: string, input: unknown): unknown {
  const left: (Place & { readonly value: unknown })[] = [{ value: input, parent: null, key: '$', depth: 0 }];
  for (let item = left.pop(); item !== undefined; item = left.pop()) {
    const { value } = item;
    const depth = item.depth + 1;
    if (typeof value === 'string') storable(name, value, item);
    else if (typeof value !== 'object' || value === null || value instanceof ExactNumber) continue;
    else if (depth > deepest) throw nestedTooDeeply();
    else if (Array.isArray(value)) {
      for (let index = value.length; index-- > 0; )
        left.push({ value: value[index], parent: item, key: index, depth });
    } else {
      for (const [key, inner] of Object.entries(value)) {
        storable(name, key, item);
        left.push({ value: inner, parent: item, key, depth });
      }
    }
  }
  return input;
}

interface Place {
  readonly parent: Place | null;
  readonly key: string | number;
  readonly depth: number;
}

function storable(name: string, text: string, place: Place): void {
  const problem = textProblem(text);
  if (problem !== null)
    throw new GraphQLError(`${name} cannot hold the text at ${pathOf(place)}: ${problem}.`);
}

/** `$.lines[2].name` */
function pathOf(place: Place): string {
  if (place.parent === null) return String(place.key);
  return `${pathOf(place.parent)}${typeof place.key === 'number' ? `[${place.key}]` : `.${place.key}`}`;
}

/** A GraphQL literal as a JSON value. It may contain variables; a missing variable leaves its key out. */
export function jsonLiteral(name: string, node: ValueNode, variables: Variables): unknown {
  switch (node.kind) {
    case Kind.STRING:
      return readJson(name, node.value);
    case Kind.BOOLEAN:
    case Kind.ENUM:
      return node.value;
    case Kind.NULL:
      return null;
    case Kind.INT:
    case Kind.FLOAT:
      return numberOf(node.value);
    case Kind.LIST:
      return node.values.map((item) => jsonLiteral(name, item, variables) ?? null);
    case Kind.OBJECT:
      return object(name, node.fields, variables);
    case Kind.VARIABLE:
      return readJson(name, variableIn(variables, node.name.value));
  }
}

function object(
  name: string,
  fields: readonly { readonly name: { readonly value: string }; readonly value: ValueNode }[],
  variables: Variables,
): Record<string, unknown> {
  const result: Record<string, unknown> = Object.create(null);
  for (const field of fields) {
    const value = jsonLiteral(name, field.value, variables);
    if (value !== undefined) result[field.name.value] = value;
  }
  return result;
}

function variableIn(variables: Variables, name: string): unknown {
  return variables && Object.hasOwn(variables, name) ? variables[name] : undefined;
}
