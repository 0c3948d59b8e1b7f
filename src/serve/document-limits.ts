import {
  type ASTVisitor,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql';
import { placeText } from './document-places.ts';
import type { Limits } from './limits.ts';

interface Size {
  readonly depth: number;
  readonly nodes: number;
  /** Fields inside `__schema` and `__type`. */
  readonly introspected: number;
}

/** Introspection fields that every operation may have: four times as many as the introspection query of common tools. */
const leastIntrospected = 1_000;

/** The validation rules that limits add to those of the specification. */
export function documentRules(limits: Limits): ((context: ValidationContext) => ASTVisitor)[] {
  return [limitRule(limits)];
}

/**
 * Validation rule that limits the depth and the number of fields of each operation, fragments spread. Each fragment is measured once.
 * Introspection fields are counted apart, since a small limit would otherwise keep tools from reading the graph; GraphQL.js itself limits
 * how deep introspection may nest.
 */
function limitRule(limits: Limits): (context: ValidationContext) => ASTVisitor {
  return (context) => ({
    OperationDefinition(operation) {
      const fragments = fragmentsOf(context);
      const seen = new Map<string, Size>();
      const size = measure(operation.selectionSet, fragments, seen);
      if (size.depth > limits.depth)
        refuse(
          context,
          `The operation is ${size.depth} levels deep, but at most ${limits.depth} are allowed (limit "depth").`,
          placeTooDeep(operation.selectionSet, limits.depth, fragments, seen),
        );
      if (size.nodes > limits.nodes)
        refuse(
          context,
          `The operation asks for ${size.nodes} fields, but at most ${limits.nodes} are allowed (limit "nodes").`,
        );
      const most = Math.max(limits.nodes, leastIntrospected);
      if (size.introspected > most)
        refuse(
          context,
          `The operation asks for ${size.introspected} fields of introspection, but at most ${most} are allowed (limit "nodes").`,
        );
      return false;
    },
  });
}

function refuse(context: ValidationContext, message: string, path = '$'): void {
  context.reportError(new GraphQLError(message, { extensions: { limit: true, path } }));
}

/** The place of the first field below the lowest level that is allowed, on the way to the deepest field. */
function placeTooDeep(
  operation: SelectionSetNode,
  most: number,
  fragments: Fragments,
  seen: Map<string, Size>,
): string {
  const names: string[] = [];
  // A fragment that contains itself is entered once.
  const entered = new Set<string>();
  let set: SelectionSetNode | undefined = operation;
  while (set !== undefined && names.length <= most) {
    const next = deepestOf(set, fragments, seen, entered);
    if (next?.kind === Kind.FRAGMENT_SPREAD) {
      entered.add(next.name.value);
      set = fragments.get(next.name.value)?.selectionSet;
    } else {
      if (next?.kind === Kind.FIELD) names.push(next.name.value);
      set = next?.selectionSet;
    }
  }
  return placeText(names.map((name) => `.selectionSet.${name}`));
}

/** The selection that leads to the deepest field, without spreads of the fragments that were entered. */
function deepestOf(
  { selections }: SelectionSetNode,
  fragments: Fragments,
  seen: Map<string, Size>,
  entered: ReadonlySet<string>,
): SelectionNode | undefined {
  let most = 0;
  let deepest: SelectionNode | undefined;
  for (const selection of selections) {
    if (selection.kind === Kind.FRAGMENT_SPREAD && entered.has(selection.name.value)) continue;
    const { depth } = measureSelection(selection, fragments, seen);
    if (depth > most) [most, deepest] = [depth, selection];
  }
  return deepest;
}

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

function fragmentsOf(context: ValidationContext): Fragments {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of context.getDocument().definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  return fragments;
}

function measure(set: SelectionSetNode, fragments: Fragments, seen: Map<string, Size>): Size {
  let depth = 0;
  let nodes = 0;
  let introspected = 0;
  for (const selection of set.selections) {
    const size = measureSelection(selection, fragments, seen);
    depth = Math.max(depth, size.depth);
    nodes = Math.min(nodes + size.nodes, Number.MAX_SAFE_INTEGER);
    introspected = Math.min(introspected + size.introspected, Number.MAX_SAFE_INTEGER);
  }
  return { depth, nodes, introspected };
}

function measureSelection(selection: SelectionNode, fragments: Fragments, seen: Map<string, Size>): Size {
  if (selection.kind === Kind.INLINE_FRAGMENT) return measure(selection.selectionSet, fragments, seen);
  if (selection.kind === Kind.FRAGMENT_SPREAD) return measureFragment(selection.name.value, fragments, seen);
  const inner =
    selection.selectionSet === undefined ? nothing : measure(selection.selectionSet, fragments, seen);
  if (selection.name.value.startsWith('__')) return { depth: 1, nodes: 1, introspected: inner.nodes };
  return { ...inner, depth: inner.depth + 1, nodes: inner.nodes + 1 };
}

const nothing: Size = { depth: 0, nodes: 0, introspected: 0 };

/** The size of a fragment. One that contains itself counts as empty; another rule reports it. */
function measureFragment(name: string, fragments: Fragments, seen: Map<string, Size>): Size {
  const known = seen.get(name);
  if (known !== undefined) return known;
  const fragment = fragments.get(name);
  if (fragment === undefined) return nothing;
  seen.set(name, nothing);
  const size = measure(fragment.selectionSet, fragments, seen);
  seen.set(name, size);
  return size;
}
