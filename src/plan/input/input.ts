import {
  type GraphQLInputField,
  type GraphQLInputType,
  isInputObjectType,
  isListType,
  isNonNullType,
  type ObjectValueNode,
  type ValueNode,
  valueFromAST,
} from 'graphql';
import { FozError } from '../../core/index.ts';
import { type InputMeaning, inputMeaning } from '../../graph/index.ts';
import type { ParamSource } from '../model/param.ts';
import { isArrayLiteral, needsList } from './coercion.ts';

/** An argument's value after coercion, with the source of each leaf, so that it can be bound anew for each request. */
export type Input =
  | { readonly kind: 'null'; readonly path: string }
  /** A leaf, or a whole list of leaves. */
  | { readonly kind: 'value'; readonly value: unknown; readonly source: ParamSource; readonly path: string }
  | { readonly kind: 'list'; readonly items: readonly Input[]; readonly path: string }
  | { readonly kind: 'object'; readonly fields: readonly InputEntry[]; readonly path: string };

export interface InputEntry {
  readonly name: string;
  readonly meaning: InputMeaning;
  readonly field: GraphQLInputField;
  readonly value: Input;
}

/** The coerced variables of a request. `inspected`: those whose values, not just their shapes, determined the plan. */
export interface Variables {
  readonly values: Readonly<Record<string, unknown>>;
  readonly inspected: Set<string>;
}

/** Coerces an argument of a validated document. `undefined`: an absent variable. */
export function inputFromNode(
  type: GraphQLInputType,
  node: ValueNode,
  variables: Variables,
  path: string,
): Input | undefined {
  if (node.kind === 'Variable') {
    const name = node.name.value;
    const value = variables.values[name];
    return value === undefined ? undefined : inputFromValue(type, value, [name], path);
  }
  if (isNonNullType(type)) return inputFromNode(type.ofType, node, variables, path);
  if (node.kind === 'NullValue') return { kind: 'null', path };
  if (isListType(type)) return listFromNode(type.ofType, node, variables, path);
  if (isInputObjectType(type)) return objectFromNode(type, node as ObjectValueNode, variables, path);
  inspectWithin(node, variables);
  const value = valueFromAST(node, type, variables.values);
  return { kind: 'value', value, source: { kind: 'constant', value }, path };
}

function listFromNode(
  itemType: GraphQLInputType,
  node: ValueNode,
  variables: Variables,
  path: string,
): Input {
  if (node.kind === 'StringValue' && isArrayLiteral(node.value))
    throw new FozError('validation-failed', `${path.slice(path.lastIndexOf('.') + 1)}: ${needsList}`, {
      path,
    });
  const nodes = node.kind === 'ListValue' ? node.values : [node];
  const items = nodes.map(
    (item, index): Input =>
      inputFromNode(itemType, item, variables, `${path}[${index}]`) ?? {
        kind: 'null',
        path: `${path}[${index}]`,
      },
  );
  return isLeafList(itemType) ? leafList(items, path) : { kind: 'list', items, path };
}

function leafList(items: readonly Input[], path: string): Input {
  const leaves = items.map((item) =>
    item.kind === 'value'
      ? item
      : { kind: 'value' as const, value: null, source: { kind: 'constant' as const, value: null }, path },
  );
  return {
    kind: 'value',
    value: leaves.map((leaf) => leaf.value),
    source: { kind: 'list', of: leaves.map((leaf) => leaf.source) },
    path,
  };
}

function objectFromNode(
  type: Extract<GraphQLInputType, { getFields(): unknown }>,
  node: ObjectValueNode,
  variables: Variables,
  path: string,
): Input {
  const known = type.getFields();
  const fields: InputEntry[] = [];
  for (const entry of node.fields) {
    const field = known[entry.name.value]!;
    const value = inputFromNode(field.type, entry.value, variables, `${path}.${field.name}`);
    if (value !== undefined) fields.push({ name: field.name, meaning: inputMeaning(field), field, value });
  }
  return { kind: 'object', fields, path };
}

/** A JSON literal may contain variables. Their values become part of the plan. */
function inspectWithin(node: ValueNode, variables: Variables): void {
  if (node.kind === 'Variable') variables.inspected.add(JSON.stringify([node.name.value]));
  else if (node.kind === 'ListValue') for (const item of node.values) inspectWithin(item, variables);
  else if (node.kind === 'ObjectValue')
    for (const field of node.fields) inspectWithin(field.value, variables);
}

function isLeafList(itemType: GraphQLInputType): boolean {
  const type = isNonNullType(itemType) ? itemType.ofType : itemType;
  return !isListType(type) && !isInputObjectType(type);
}

/** A coerced value of a variable, or a part of it, as input. */
function inputFromValue(
  type: GraphQLInputType,
  value: unknown,
  at: readonly (string | number)[],
  path: string,
): Input {
  if (isNonNullType(type)) return inputFromValue(type.ofType, value, at, path);
  if (value === null || value === undefined) return { kind: 'null', path };
  if (isListType(type) && !isLeafList(type.ofType)) {
    const items = (value as readonly unknown[]).map((item, index) =>
      inputFromValue(type.ofType, item, [...at, index], `${path}[${index}]`),
    );
    return { kind: 'list', items, path };
  }
  if (isInputObjectType(type)) {
    const known = type.getFields();
    const fields = Object.entries(value).map(([name, item]): InputEntry => {
      const field = known[name]!;
      return {
        name,
        meaning: inputMeaning(field),
        field,
        value: inputFromValue(field.type, item, [...at, name], `${path}.${name}`),
      };
    });
    return { kind: 'object', fields, path };
  }
  return { kind: 'value', value, source: { kind: 'variable', path: at }, path };
}

/** Returns the value of a leaf and records that it determined the plan. */
export function inspect(input: Extract<Input, { kind: 'value' }>, variables: Variables): unknown {
  inspectSource(input.source, variables);
  return input.value;
}

function inspectSource(source: ParamSource, variables: Variables): void {
  if (source.kind === 'variable') variables.inspected.add(JSON.stringify(source.path));
  else if (source.kind === 'list') for (const part of source.of) inspectSource(part, variables);
}
