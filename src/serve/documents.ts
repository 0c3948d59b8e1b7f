import type { Session } from '../access/index.ts';
import { FozError } from '../core/index.ts';
import type { Engine } from './engine.ts';

type Body = Readonly<Record<string, unknown>>;

/**
 * Adds the text of the operation to a body that has only an id of it: `documentId` of GraphQL over HTTP, or `extensions.persistedQuery` of
 * Apollo's protocol with a hash on the list of the role. Throws FozError `not-found` for a `documentId` that is not on the list. A hash
 * that is not is left to Apollo's protocol.
 */
export function withDocument(engine: Engine, session: Session, body: unknown): unknown {
  if (typeof body !== 'object' || body === null || (body as Body).query) return body;
  const { documentId, query: _none, ...rest } = body as Body;
  if (typeof documentId === 'string') return { ...rest, query: documentOf(engine, session, documentId) };
  const { extensions, ...plain } = rest;
  const hash = hashIn(extensions);
  const text = hash === undefined ? undefined : engine.registered?.(session, hash);
  return text === undefined ? body : { ...plain, query: text };
}

/** As `withDocument`, for the parameters of a GET. */
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

/** The hash of `extensions.persistedQuery`, where the request has no other extension. */
function hashIn(extensions: unknown): string | undefined {
  if (typeof extensions !== 'object' || extensions === null) return undefined;
  const { persistedQuery, ...others } = extensions as Body;
  if (typeof persistedQuery !== 'object' || persistedQuery === null) return undefined;
  const { version, sha256Hash } = persistedQuery as Body;
  if (version !== 1 || typeof sha256Hash !== 'string' || Object.keys(others).length > 0) return undefined;
  return sha256Hash;
}
