import type { Session } from '../access/index.ts';
import { FozError } from '../core/index.ts';
import type { Engine } from './engine.ts';

type Body = Readonly<Record<string, unknown>>;

/**
 * Replaces the id in a body by the text of the operation that it stands for on the role's allow list. The id is `documentId` of GraphQL
 * over HTTP (beside the operation, or in `extensions`, where clients of WebSockets can put it), or the hash in
 * `extensions.persistedQuery` of Apollo's protocol. Throws FozError `not-found` for a `documentId` that is not on the list; a hash that is
 * not is left to automatic persisted queries.
 */
export function withDocument(engine: Engine, session: Session, body: unknown): unknown {
  if (typeof body !== 'object' || body === null || (body as Body).query) return body;
  const { documentId, query: _none, ...rest } = body as Body;
  if (typeof documentId === 'string') return { ...rest, query: documentOf(engine, session, documentId) };
  const { extensions, ...plain } = rest;
  const given = idIn(extensions);
  if (given !== undefined) return { ...rest, query: documentOf(engine, session, given) };
  const hash = hashIn(extensions);
  const text = hash === undefined ? undefined : engine.registered?.(session, hash);
  return text === undefined ? body : { ...plain, query: text };
}

/** The same as `withDocument`, for the query string of a GET. */
export function searchWithDocument(engine: Engine, session: Session, search: string): string {
  if (!search.includes('documentId=')) return search;
  const parameters = new URLSearchParams(search);
  const id = parameters.get('documentId');
  if (id === null || parameters.get('query')) return search;
  parameters.delete('documentId');
  parameters.set('query', documentOf(engine, session, id));
  return `?${parameters}`;
}

function documentOf(engine: Engine, session: Session, id: string): string {
  const text = engine.registered?.(session, id);
  if (text !== undefined) return text;
  throw new FozError(
    'not-found',
    'The list of operations of this role has no document with this documentId: put it into allow_list, or send its text as "query".',
    { path: '$.documentId' },
  );
}

function idIn(extensions: unknown): string | undefined {
  const id = (extensions as { readonly documentId?: unknown } | null | undefined)?.documentId;
  return typeof id === 'string' ? id : undefined;
}

/** The hash of `extensions.persistedQuery`, if the request has no other extension. */
function hashIn(extensions: unknown): string | undefined {
  if (typeof extensions !== 'object' || extensions === null) return undefined;
  const { persistedQuery, ...others } = extensions as Body;
  if (typeof persistedQuery !== 'object' || persistedQuery === null) return undefined;
  const { version, sha256Hash } = persistedQuery as Body;
  if (version !== 1 || typeof sha256Hash !== 'string' || Object.keys(others).length > 0) return undefined;
  return sha256Hash;
}
