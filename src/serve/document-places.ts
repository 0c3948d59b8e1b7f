import {
  type ASTNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLError,
  Kind,
  type OperationDefinitionNode,
  visit,
} from 'graphql';

/** The most characters of a place. A longer one is cut down to a place around it, since an answer may have many. */
const longest = 1_000;

/** Where a node is inside its operation or fragment: one part per field, argument, ... around it. */
interface Position {
  readonly within: OperationDefinitionNode | FragmentDefinitionNode | null;
  /** Whether the node belongs to the selection of its fragment, not to the head. */
  readonly isSelected: boolean;
  readonly parts: readonly string[];
}

/** The positions at which fragments are spread, by the name of the fragment. */
type Spreads = ReadonlyMap<string, readonly Position[]>;

/**
 * The place of each error in the document that it is about, as `$.selectionSet.orders.args.where`; `$`: no place in particular. Errors
 * within a fragment have the place where the fragment is spread first.
 */
export function placesOf(errors: readonly GraphQLError[], document: DocumentNode): string[] {
  const nodes = errors.map(nodeOf);
  const wanted = new Set(nodes.filter((node) => node !== undefined));
  if (wanted.size === 0) return errors.map(() => '$');
  const { found, spreads } = positionsIn(document, wanted);
  return nodes.map((node) => {
    const position = node === undefined ? undefined : found.get(node);
    return position === undefined ? '$' : placeText(partsOf(position, spreads));
  });
}

/** The node that an error is about. For a variable of a wrong type this is its use, not its definition. */
function nodeOf({ nodes = [] }: GraphQLError): ASTNode | undefined {
  return nodes.find(({ kind }) => kind === Kind.VARIABLE) ?? nodes[0];
}

/** The positions of some nodes, and those of fragment spreads: the first one in each operation and fragment. */
function positionsIn(
  document: DocumentNode,
  wanted: ReadonlySet<ASTNode>,
): { readonly found: ReadonlyMap<ASTNode, Position>; readonly spreads: Spreads } {
  const found = new Map<ASTNode, Position>();
  const spreads = new Map<string, Position[]>();
  const parts: string[] = [];
  let within: Position['within'] = null;
  let sets = 0;
  visit(document, {
    enter(node, key, _parent, _path, ancestors) {
      if (isDefinition(node)) within = node;
      if (node.kind === Kind.SELECTION_SET) sets++;
      parts.push(partOf(node, key, ancestors.at(-1)));
      const position = (): Position => ({
        within,
        isSelected: sets > 0,
        parts: parts.filter((part) => part !== ''),
      });
      if (wanted.has(node)) found.set(node, position());
      if (node.kind === Kind.FRAGMENT_SPREAD) {
        const known = spreads.get(node.name.value) ?? [];
        if (!known.some((spread) => spread.within === within))
          spreads.set(node.name.value, [...known, position()]);
      }
    },
    leave(node) {
      parts.pop();
      if (node.kind === Kind.SELECTION_SET) sets--;
      if (isDefinition(node)) within = null;
    },
  });
  return { found, spreads };
}

function isDefinition(node: ASTNode): node is OperationDefinitionNode | FragmentDefinitionNode {
  return node.kind === Kind.OPERATION_DEFINITION || node.kind === Kind.FRAGMENT_DEFINITION;
}

/** The step that a node adds to the place of the nodes within it. */
function partOf(
  node: ASTNode,
  key: string | number | undefined,
  around: ASTNode | readonly ASTNode[] | undefined,
): string {
  const own = ownPart(node);
  if (key === 'defaultValue') return `.defaultValue${own}`;
  const isItem =
    typeof key === 'number' && around !== undefined && 'kind' in around && around.kind === Kind.LIST;
  return isItem ? `[${key}]${own}` : own;
}

function ownPart(node: ASTNode): string {
  switch (node.kind) {
    case Kind.VARIABLE_DEFINITION:
      return `.variableDefinitions.${node.variable.name.value}`;
    case Kind.FIELD:
      return `.selectionSet.${node.name.value}`;
    case Kind.DIRECTIVE:
      return `.directives.${node.name.value}`;
    case Kind.ARGUMENT:
      return `.args.${node.name.value}`;
    case Kind.OBJECT_FIELD:
      return `.${node.name.value}`;
    default:
      return '';
  }
}

/** The text of a place: as many of its parts as are not too long. */
export function placeText(parts: readonly string[]): string {
  let text = '$';
  for (const part of parts) {
    if (text.length + part.length > longest) break;
    text += part;
  }
  return text;
}

/** The parts of a position from its operation on, or else from its fragment on. */
function partsOf(position: Position, spreads: Spreads): readonly string[] {
  const { within, isSelected, parts } = position;
  const whole = isSelected ? partsFromOperation(position, spreads, new Set()) : undefined;
  if (whole !== undefined) return whole;
  return within?.kind === Kind.FRAGMENT_DEFINITION ? [`.fragments.${within.name.value}`, ...parts] : parts;
}

/** The parts from the operation on; `undefined`: the fragment is spread in no operation. */
function partsFromOperation(
  { within, parts }: Position,
  spreads: Spreads,
  seen: Set<string>,
): readonly string[] | undefined {
  if (within?.kind !== Kind.FRAGMENT_DEFINITION) return parts;
  const { value } = within.name;
  if (seen.has(value)) return undefined;
  seen.add(value);
  for (const spread of spreads.get(value) ?? []) {
    const outer = partsFromOperation(spread, spreads, seen);
    if (outer !== undefined) return [...outer, ...parts];
  }
  return undefined;
}
