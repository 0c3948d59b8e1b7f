import { createHash, getFips } from 'node:crypto';
import { type DocumentNode, Kind, parse, print, visit } from 'graphql';

/** A document of an allow-list, with the ids from the list. */
export interface ListedDocument {
  readonly ids: readonly string[];
  readonly text: string;
}

/**
 * The documents of one entry of an allow-list: a GraphQL document, or the JSON of a client's build step. Supported
 * are Apollo's manifest (`apollo-persisted-query-manifest`), and an object of documents by id, as GraphQL Code
 * Generator (`persisted-documents.json`) and Relay (`persistConfig.file`) write it. Throws Error for other JSON.
 */
export function documentsIn(entry: string): readonly ListedDocument[] {
  const json = jsonOf(entry);
  if (json === undefined) return [{ ids: [], text: entry }];
  const { format, operations } = json;
  if (format === 'apollo-persisted-query-manifest' && Array.isArray(operations))
    return operations.map((one: { readonly id?: unknown; readonly body?: unknown } | null) =>
      listed(one?.id, one?.body),
    );
  return Object.entries(json).map(([id, text]) => listed(id, text));
}

/** Parses JSON; `undefined`: the text is not JSON, as `{ orders { id } }`. */
function jsonOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function listed(id: unknown, text: unknown): ListedDocument {
  if (typeof id === 'string' && typeof text === 'string') return { ids: [withoutPrefix(id)], text };
  throw new Error(
    'is JSON, but neither an "apollo-persisted-query-manifest" nor an object that gives each id its document',
  );
}

/** Removes the prefix of `sha256:9f86...`, the form of an id in GraphQL over HTTP. */
export function withoutPrefix(id: string): string {
  return id.startsWith('sha256:') ? id.slice('sha256:'.length) : id;
}

/**
 * Hash algorithms of clients: SHA-256 (Apollo, urql), MD5 (Relay), SHA-1 (default of GraphQL Code Generator). FIPS
 * mode allows only SHA-256.
 */
const algorithms = getFips() === 1 ? ['sha256'] : ['sha256', 'md5', 'sha1'];

/**
 * The ids by which a client may request a document, each with its text. They are the ids from the list and hashes of
 * the text: as listed, as printed by GraphQL.js, and as printed by clients that add `__typename` for their caches.
 */
export function idsOf({ ids, text }: ListedDocument): ReadonlyMap<string, string> {
  const document = parse(text, { noLocation: true });
  const texts = [text, text.trim(), print(document), print(withTypenames(document))];
  const found = new Map<string, string>();
  for (const spelling of texts)
    for (const algorithm of algorithms)
      found.set(createHash(algorithm).update(spelling).digest('hex'), spelling);
  for (const id of ids) found.set(id, text);
  return found;
}

/** The document as Apollo Client and urql send it: with `__typename` at the end of each selection below the root. */
function withTypenames(document: DocumentNode): DocumentNode {
  return visit(document, {
    SelectionSet(set, _key, parent) {
      const above = parent as { readonly kind?: string } | undefined;
      if (above?.kind === Kind.OPERATION_DEFINITION) return undefined;
      const has = set.selections.some(
        (one) => one.kind === Kind.FIELD && one.name.value.startsWith('__') && one.alias === undefined,
      );
      return has ? undefined : { ...set, selections: [...set.selections, typename] };
    },
  });
}

const typename = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } } as const;

/**
 * The document without the `__typename` that clients add. One that is the only field or has an alias was selected on
 * purpose.
 */
export function withoutTypenames(document: DocumentNode): DocumentNode {
  return visit(document, {
    SelectionSet(set) {
      const selections = set.selections.filter(
        (one) =>
          one.kind !== Kind.FIELD ||
          one.name.value !== '__typename' ||
          one.alias !== undefined ||
          (one.directives ?? []).length > 0,
      );
      const isWhole = selections.length === set.selections.length;
      return isWhole ? undefined : { ...set, selections: selections.length === 0 ? [typename] : selections };
    },
  });
}
