import Negotiator from 'negotiator';

export const json = 'application/json; charset=utf-8';
const graphqlJson = 'application/graphql-response+json; charset=utf-8';

const chosen = new Map<string, string | null>();

/** The media type for an Accept header; `null`: none that this endpoint speaks. */
export function contentType(accept: string | undefined): string | null {
  if (accept === undefined || accept === '') return json;
  let type = chosen.get(accept);
  if (type === undefined) {
    type = new Negotiator({ headers: { accept } }).mediaType([json, graphqlJson]) ?? null;
    if (chosen.size < 1000) chosen.set(accept, type);
  }
  return type;
}
