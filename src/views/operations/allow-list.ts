import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  visit,
} from 'graphql';
import type { AllowListConfig } from '../config.ts';
import { documentsIn, idsOf, withoutPrefix, withoutTypenames } from './listed-documents.ts';

/** The allow-list of a role. Other operations are refused, or only reported if it is not enforced. */
export interface AllowList {
  readonly enforced: boolean;
  /** Whether the list contains the operation with its fragments. White space, comments and `__typename` are ignored. */
  has(document: DocumentNode, operation: OperationDefinitionNode): boolean;
}

/**
 * The allow-list of a role; `null`: none, so all operations are allowed. Throws GraphQLError for a text that is not
 * a document.
 */
export function allowListOf(lists: readonly AllowListConfig[], role: string): AllowList | null {
  const own = lists.filter((list) => list.role === role);
  if (own.length === 0) return null;
  const known = new Set(own.flatMap(({ operations }) => operations.flatMap(spelledAll)));
  return {
    enforced: own.some(({ mode }) => mode !== 'report'),
    has: (document, operation) => known.has(normalForm(document, operation)),
  };
}

/** All listed documents by role and by each id or hash that a client may send. */
export function registeredIn(lists: readonly AllowListConfig[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { role, operations } of lists)
    for (const document of operations.flatMap(documentsIn))
      for (const [id, text] of idsOf(document)) found.set(registeredKey(role, id), text);
  return found;
}

/** The document of an id: one from a list, or a hash of the text with or without `sha256:`. */
export function registeredAs(
  registered: ReadonlyMap<string, string>,
  role: string,
  id: string,
): string | undefined {
  return registered.get(registeredKey(role, withoutPrefix(id)));
}

/** Role names may contain spaces. */
function registeredKey(role: string, id: string): string {
  return JSON.stringify([role, id]);
}

/** The faults in the allow-lists of a configuration, with their positions. */
export function checkAllowLists(
  lists: readonly AllowListConfig[],
): { readonly path: readonly (string | number)[]; readonly message: string }[] {
  return lists.flatMap(({ operations }, list) =>
    operations.flatMap((text, at) => {
      try {
        if (spelledAll(text).length > 0) return [];
        return [{ path: ['allow_list', list, 'operations', at], message: 'holds no operation' }];
      } catch (error) {
        return [{ path: ['allow_list', list, 'operations', at], message: (error as Error).message }];
      }
    }),
  );
}

function spelledAll(entry: string): string[] {
  return documentsIn(entry).flatMap(({ text }) => {
    const document = parse(text, { noLocation: true });
    return document.definitions.flatMap((definition) =>
      definition.kind === Kind.OPERATION_DEFINITION ? [normalForm(document, definition)] : [],
    );
  });
}

/** The normal form of an operation: as `spelled`, without the `__typename` that clients add. */
function normalForm(document: DocumentNode, operation: OperationDefinitionNode): string {
  return print(withoutTypenames(documentOf(document, operation)));
}

/** An operation and its fragments as one text, independent of their layout. */
export function spelled(document: DocumentNode, operation: OperationDefinitionNode): string {
  return print(documentOf(document, operation));
}

function documentOf(document: DocumentNode, operation: OperationDefinitionNode): DocumentNode {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const used = new Map<string, FragmentDefinitionNode>();
  const collect = (node: OperationDefinitionNode | FragmentDefinitionNode): void => {
    visit(node, {
      FragmentSpread({ name: { value: name } }) {
        const fragment = fragments.get(name);
        if (fragment === undefined || used.has(name)) return;
        used.set(name, fragment);
        collect(fragment);
      },
    });
  };
  collect(operation);
  const sorted = [...used].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, fragment]) => fragment);
  return { kind: Kind.DOCUMENT, definitions: [operation, ...sorted] };
}
