import Negotiator from 'negotiator';

export const json = 'application/json; charset=utf-8';
const graphqlJson = 'application/graphql-response+json; charset=utf-8';

/** Answers for Accept headers that clients usually send: short ones, and not many. */
const chosen = new Map<string, string | null>();
const kept = { headers: 1_000, length: 300 } as const;

/** The media type for an Accept header; `null`: none that this endpoint speaks. */
export function contentType(accept: string | undefined): string | null {
  if (accept === undefined || accept === '') return json;
  let type = chosen.get(accept);
  if (type === undefined) {
    type = new Negotiator({ headers: { accept } }).mediaType([json, graphqlJson]) ?? null;
    if (accept.length <= kept.length && chosen.size < kept.headers) chosen.set(accept, type);
  }
  return type;
}
