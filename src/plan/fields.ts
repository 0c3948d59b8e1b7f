import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  isEnumType,
  Kind,
  type NamedTypeNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { type ArgumentMeaning, argumentMeaning } from '../graph/index.ts';
import { type Input, inputFromNode, type Variables } from './input/input.ts';
import type { Labels } from './model/select.ts';

/** A field of a selection after fragments, directives and merging: all nodes that share a response key. */
export interface Selected {
  readonly key: string;
  readonly name: string;
  /** `undefined` for `__typename`, `__schema` and `__type`. */
  readonly field: GraphQLField<unknown, unknown> | undefined;
  readonly nodes: readonly FieldNode[];
}

export interface Document {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly variables: Variables;
}

/** Fragments of a document by name. */
export function fragmentsOf(document: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  return fragments;
}

/** Collects the fields that are selected of an object (GraphQL specification 6.3.2, CollectFields). */
export function selectionOf(
  document: Document,
  type: GraphQLObjectType,
  sets: readonly SelectionSetNode[],
): Selected[] {
  const collected = new Map<string, FieldNode[]>();
  for (const set of sets) collect(document, type, set, collected);
  const fields = type.getFields();
  return [...collected].map(([key, nodes]) => {
    const name = nodes[0]!.name.value;
    return { key, name, field: fields[name], nodes };
  });
}

function collect(
  document: Document,
  type: GraphQLObjectType,
  set: SelectionSetNode,
  into: Map<string, FieldNode[]>,
): void {
  for (const selection of set.selections) {
    if (!isIncluded(document, selection)) continue;
    if (selection.kind === Kind.FIELD) {
      const key = selection.alias?.value ?? selection.name.value;
      const nodes = into.get(key);
      if (nodes === undefined) into.set(key, [selection]);
      else nodes.push(selection);
    } else {
      const isInline = selection.kind === Kind.INLINE_FRAGMENT;
      const fragment = isInline ? selection : document.fragments.get(selection.name.value)!;
      if (applies(fragment.typeCondition, type)) collect(document, type, fragment.selectionSet, into);
    }
  }
}

/**
 * Whether a fragment applies to the object. Its type may be that of another table, or the interface of rows with a
 * global id.
 */
function applies(condition: NamedTypeNode | undefined, type: GraphQLObjectType): boolean {
  if (condition === undefined) return true;
  const { value } = condition.name;
  return value === type.name || type.getInterfaces().some(({ name }) => name === value);
}

/** Evaluates `@skip` and `@include`. The values of their variables determine the plan. */
function isIncluded(document: Document, selection: SelectionNode): boolean {
  for (const directive of selection.directives ?? []) {
    const name = directive.name.value;
    if (name !== 'skip' && name !== 'include') continue;
    const node = directive.arguments![0]!.value;
    let condition: boolean;
    if (node.kind === 'Variable') {
      document.variables.inspected.add(JSON.stringify([node.name.value]));
      condition = document.variables.values[node.name.value] === true;
    } else condition = node.kind === 'BooleanValue' && node.value;
    if (condition === (name === 'skip')) return false;
  }
  return true;
}

/** Sub-selections of all merged nodes. */
export function subSelections(selected: Selected): SelectionSetNode[] {
  return selected.nodes.flatMap((node) => (node.selectionSet === undefined ? [] : [node.selectionSet]));
}

/** The object type of a field's value. */
export function objectTypeOf(selected: Selected): GraphQLObjectType {
  return getNamedType(selected.field!.type) as GraphQLObjectType;
}

const labels = new WeakMap<object, Labels | null>();

/** The names that an enum field returns instead of the stored labels; `null`: the labels themselves. */
export function labelsOf(selected: Selected): Labels | null {
  const type = getNamedType(selected.field!.type);
  if (!isEnumType(type)) return null;
  let known = labels.get(type);
  if (known === undefined) {
    const other = type.getValues().filter(({ name, value }) => name !== value);
    known = other.length === 0 ? null : new Map(other.map(({ name, value }) => [value as string, name]));
    labels.set(type, known);
  }
  return known;
}

/** Arguments of a field by meaning, without absent arguments and absent variables. */
export interface Arguments {
  get(kind: Exclude<ArgumentMeaning['kind'], 'key column' | 'update'>): Input | undefined;
  readonly all: readonly {
    readonly meaning: ArgumentMeaning;
    readonly value: Input;
    readonly name: string;
  }[];
  /** `$.selectionSet.orders.args` */
  readonly path: string;
}

/** Coerces the arguments of a field. `path`: the position of the field, `$.selectionSet.orders`. */
export function argumentsOf(document: Document, selected: Selected, path: string): Arguments {
  const node = selected.nodes[0]!;
  const all: { meaning: ArgumentMeaning; value: Input; name: string }[] = [];
  for (const argument of selected.field!.args) {
    const given = node.arguments?.find((candidate) => candidate.name.value === argument.name);
    if (given === undefined) continue;
    const value = inputFromNode(
      argument.type,
      given.value,
      document.variables,
      `${path}.args.${argument.name}`,
    );
    if (value !== undefined) all.push({ meaning: argumentMeaning(argument), value, name: argument.name });
  }
  return {
    all,
    path: `${path}.args`,
    get: (kind) => all.find((entry) => entry.meaning.kind === kind)?.value,
  };
}
