import {
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  isLeafType,
  isListType,
  isNonNullType,
  isSpecifiedScalarType,
} from 'graphql';
import { FozError, jsonText } from '../../core/index.ts';
import type { Planning } from '../context.ts';
import { type Selected, selectionOf, subSelections } from '../fields.ts';
import { own } from '../input/coercion.ts';

/** Writes a value as JSON. `at`: its place in the answer. */
type Write = (value: unknown, at: string) => string;

/** Writes answers by the type of a field and what is selected of it. */
export function resultWriter(
  planning: Planning,
  selected: Selected,
  path: string,
): (answer: unknown) => string {
  const write = writerOf(planning, selected.field!.type, selected);
  return (answer) => {
    try {
      return write(answer, selected.name);
    } catch (error) {
      if (!(error instanceof Misfit)) throw error;
      throw new FozError(
        'unexpected',
        'The answer does not fit the type of this field; the log has the details.',
        {
          path,
          internal: error.message,
        },
      );
    }
  };
}

/** Why an answer does not fit its type. It may name values, so clients do not see it. */
class Misfit extends Error {}

function writerOf(planning: Planning, type: GraphQLOutputType, selected: Selected): Write {
  if (isNonNullType(type)) {
    const inner = writerOf(planning, type.ofType, selected);
    return (value, at) => {
      if (value === null || value === undefined) throw new Misfit(`${at} is null, but its type is ${type}.`);
      return inner(value, at);
    };
  }
  const write = notNull(planning, type, selected);
  return (value, at) => (value === null || value === undefined ? 'null' : write(value, at));
}

function notNull(planning: Planning, type: GraphQLOutputType, selected: Selected): Write {
  if (isListType(type)) {
    const item = writerOf(planning, type.ofType, selected);
    return (value, at) => {
      if (!Array.isArray(value)) throw new Misfit(`${at} is no list, but its type is ${type}.`);
      return `[${value.map((one, index) => item(one, `${at}[${index}]`)).join(',')}]`;
    };
  }
  if (isLeafType(type)) return leafWriter(type);
  return objectWriter(planning, type as GraphQLObjectType, selected);
}

function leafWriter(type: GraphQLLeafType): Write {
  // The scalars of Foz check values where they are read; fields of tables never need it.
  const read = isSpecifiedScalarType(type) || !('parseLiteral' in type) ? serialized(type) : parsed(type);
  return (value, at) => {
    try {
      return jsonText(read(value));
    } catch (error) {
      throw new Misfit(`${at} does not fit the type ${type}: ${(error as Error).message}`);
    }
  };
}

const serialized = (type: GraphQLLeafType) => (value: unknown) => type.serialize(value);

const parsed = (type: GraphQLLeafType) => (value: unknown) => type.parseValue(value);

function objectWriter(planning: Planning, type: GraphQLObjectType, selected: Selected): Write {
  const entries = selectionOf(planning.document, type, subSelections(selected)).map((inner) => {
    const key = JSON.stringify(inner.key);
    const { name, field } = inner;
    if (field === undefined) return { key, name, write: () => JSON.stringify(type.name) };
    return { key, name, write: writerOf(planning, field.type, inner) };
  });
  return (value, at) => {
    if (typeof value !== 'object' || Array.isArray(value))
      throw new Misfit(`${at} is no object, but its type is ${type}.`);
    return `{${entries.map(({ key, name, write }) => `${key}:${write(own(value!, name), `${at}.${name}`)}`).join(',')}}`;
  };
}
