import Negotiator from 'negotiator';

export const json = 'application/json; charset=utf-8';
const graphqlJson = 'application/graphql-response+json; charset=utf-8';

/** Media types for Accept headers seen before. Long headers are not cached. */
const cache = new Map<string, string | null>();
const cacheBounds = { headers: 1_000, length: 300 } as const;

/** The response's media type for an Accept header; `null`: this endpoint supports none that the header accepts. */
export function contentType(accept: string | undefined): string | null {
  if (accept === undefined || accept === '') return json;
  let type = cache.get(accept);
  if (type === undefined) {
    type = new Negotiator({ headers: { accept } }).mediaType([json, graphqlJson]) ?? null;
    if (accept.length <= cacheBounds.length && cache.size < cacheBounds.headers) cache.set(accept, type);
  }
  return type;
}
