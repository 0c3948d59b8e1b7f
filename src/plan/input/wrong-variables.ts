import {
  coerceInputValue,
  type GraphQLInputType,
  type GraphQLSchema,
  getVariableValues,
  isInputObjectType,
  isListType,
  isNonNullType,
  type OperationDefinitionNode,
} from 'graphql';
import { FozError, plainMessage } from '../../core/index.ts';
import { declaredVariables, isArrayLiteral, needsList, own, type VariableValues } from './coercion.ts';

/** The most problems that are reported of one variable, as many as of a document. */
const maxErrors = 100;

/** The problems of raw variables that graphql-js finds, as an error per problem with its place. */
export function wrongVariables(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  raw: VariableValues,
): FozError[] {
  const types = declaredVariables(schema, operation);
  return (operation.variableDefinitions ?? []).flatMap((definition, index) => {
    const { name, type } = types[index]!;
    const { errors = [] } = getVariableValues(schema, [definition], raw, { maxErrors });
    const paths = errors.length === 0 ? [] : wrongPaths(type, own(raw, name), placeOf(name));
    return errors.map(
      ({ message, nodes }, at) =>
        new FozError('validation-failed', plainMessage(message), {
          // Only the error that says that there are too many is about no node.
          path: (nodes === undefined ? undefined : paths[at]) ?? placeOf(name),
        }),
    );
  });
}

/** The error of a variable that holds an array literal in place of a list, which graphql-js accepts. */
export function misreadList(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  raw: VariableValues,
): FozError {
  let path: string | undefined;
  for (const { name, type } of declaredVariables(schema, operation))
    path ??= arrayLiteralIn(type, own(raw, name), placeOf(name));
  return new FozError('validation-failed', `The variables do not fit: ${needsList}.`, {
    path: path ?? '$.variableValues',
  });
}

function placeOf(name: string): string {
  return `$.variableValues.${name}`;
}

/** The places of the problems of one value, in the order in which `getVariableValues` reports them. */
function wrongPaths(type: GraphQLInputType, value: unknown, place: string): string[] {
  if (value === undefined || value === null) return [];
  const paths: string[] = [];
  coerceInputValue(value, type, (path, _value, { message }) => {
    const unknown = /^Field "(\w+)" is not defined by type /.exec(message)?.[1];
    const steps = unknown === undefined ? path : [...path, unknown];
    paths.push(steps.reduce<string>((at, step) => within(at, step), place));
  });
  return paths;
}

function within(place: string, step: string | number): string {
  return typeof step === 'number' ? `${place}[${step}]` : `${place}.${step}`;
}

function arrayLiteralIn(type: GraphQLInputType, value: unknown, place: string): string | undefined {
  if (isNonNullType(type)) return arrayLiteralIn(type.ofType, value, place);
  if (isListType(type)) {
    if (isArrayLiteral(value)) return place;
    if (!Array.isArray(value)) return arrayLiteralIn(type.ofType, value, place);
    return first(value.map((item, index) => [type.ofType, item, within(place, index)] as const));
  }
  if (!isInputObjectType(type) || typeof value !== 'object' || value === null) return undefined;
  const fields = Object.values(type.getFields());
  return first(
    fields.map((field) => [field.type, own(value, field.name), within(place, field.name)] as const),
  );
}

function first(parts: readonly (readonly [GraphQLInputType, unknown, string])[]): string | undefined {
  for (const part of parts) {
    const found = arrayLiteralIn(...part);
    if (found !== undefined) return found;
  }
  return undefined;
}
