import {
  type ASTVisitor,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql';
import type { Limits } from './options.ts';

interface Size {
  readonly depth: number;
  readonly nodes: number;
  /** Fields inside `__schema` and `__type`. */
  readonly introspected: number;
}

/** Introspection fields that every operation may have: four times as many as the introspection query of common tools. */
const leastIntrospected = 1_000;

/**
 * Validation rule that limits the depth and the number of fields of each operation, fragments spread. Each fragment is measured once.
 * Introspection fields are counted apart, since a small limit would otherwise keep tools from reading the graph; GraphQL.js itself limits
 * how deep introspection may nest.
 */
export function limitRule(limits: Limits): (context: ValidationContext) => ASTVisitor {
  return (context) => ({
    OperationDefinition(operation) {
      const size = measure(operation.selectionSet, fragmentsOf(context), new Map());
      if (size.depth > limits.depth)
        refuse(
          context,
          `The operation is ${size.depth} levels deep, but at most ${limits.depth} are allowed.`,
        );
      if (size.nodes > limits.nodes)
        refuse(
          context,
          `The operation asks for ${size.nodes} fields, but at most ${limits.nodes} are allowed.`,
        );
      const most = Math.max(limits.nodes, leastIntrospected);
      if (size.introspected > most)
        refuse(
          context,
          `The operation asks for ${size.introspected} fields of introspection, but at most ${most} are allowed.`,
        );
      return false;
    },
  });
}

function refuse(context: ValidationContext, message: string): void {
  context.reportError(new GraphQLError(message, { extensions: { limit: true } }));
}

function fragmentsOf(context: ValidationContext): ReadonlyMap<string, FragmentDefinitionNode> {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of context.getDocument().definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  return fragments;
}

function measure(
  set: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  seen: Map<string, Size>,
): Size {
  let depth = 0;
  let nodes = 0;
  let introspected = 0;
  for (const selection of set.selections) {
    let size: Size;
    if (selection.kind === Kind.FIELD) {
      const inner =
        selection.selectionSet === undefined ? nothing : measure(selection.selectionSet, fragments, seen);
      const introspection = selection.name.value.startsWith('__');
      size = introspection
        ? { depth: 1, nodes: 1, introspected: inner.nodes }
        : { ...inner, depth: inner.depth + 1, nodes: inner.nodes + 1 };
    } else if (selection.kind === Kind.INLINE_FRAGMENT)
      size = measure(selection.selectionSet, fragments, seen);
    else size = measureFragment(selection.name.value, fragments, seen);
    depth = Math.max(depth, size.depth);
    nodes = Math.min(nodes + size.nodes, Number.MAX_SAFE_INTEGER);
    introspected = Math.min(introspected + size.introspected, Number.MAX_SAFE_INTEGER);
  }
  return { depth, nodes, introspected };
}

const nothing: Size = { depth: 0, nodes: 0, introspected: 0 };

/** The size of a fragment. One that contains itself counts as empty; another rule reports it. */
function measureFragment(
  name: string,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  seen: Map<string, Size>,
): Size {
  const known = seen.get(name);
  if (known !== undefined) return known;
  const fragment = fragments.get(name);
  if (fragment === undefined) return nothing;
  seen.set(name, nothing);
  const size = measure(fragment.selectionSet, fragments, seen);
  seen.set(name, size);
  return size;
}
