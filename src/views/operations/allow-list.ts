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

/** What becomes of an operation that is not on the list: refused, or only told. */
export interface AllowList {
  readonly enforced: boolean;
  /** Whether the operation, with the fragments that it uses, is one of the list's; spaces, comments and `__typename` aside. */
  has(document: DocumentNode, operation: OperationDefinitionNode): boolean;
}

/** The list of a role; `null`: it has none, so that it may ask for anything. Throws GraphQLError for texts that are no documents. */
export function allowListOf(lists: readonly AllowListConfig[], role: string): AllowList | null {
  const own = lists.filter((list) => list.role === role);
  if (own.length === 0) return null;
  const known = new Set(own.flatMap(({ operations }) => operations.flatMap(spelledAll)));
  return {
    enforced: own.some(({ mode }) => mode !== 'report'),
    has: (document, operation) => known.has(normalForm(document, operation)),
  };
}

/** All documents of the lists by their role and what a client may ask for them by, such as a hash. */
export function registeredIn(lists: readonly AllowListConfig[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { role, operations } of lists)
    for (const document of operations.flatMap(documentsIn))
      for (const [id, text] of idsOf(document)) found.set(registeredKey(role, id), text);
  return found;
}

/** The document that a client of the role means by an id: one of a list, or a hash of the text, with or without `sha256:`. */
export function registeredAs(
  registered: ReadonlyMap<string, string>,
  role: string,
  id: string,
): string | undefined {
  return registered.get(registeredKey(role, withoutPrefix(id)));
}

/** Names of roles may hold spaces. */
function registeredKey(role: string, id: string): string {
  return JSON.stringify([role, id]);
}

/** What is wrong with the lists of a configuration, with its place in it. */
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

/** One text for all spellings of an operation: as `spelled`, without the `__typename` that clients add. */
function normalForm(document: DocumentNode, operation: OperationDefinitionNode): string {
  return print(withoutTypenames(documentOf(document, operation)));
}

/** One text for an operation and the fragments that it uses, however a client lays them out. */
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
