import Negotiator from 'negotiator';

/** A format that carries several answers in one HTTP response. */
export interface StreamFormat {
  readonly contentType: string;
  /** The beginning of the response. */
  readonly start: string;
  /** One answer. `json`: its text; `isFatal`: it has only errors, and ends the subscription. */
  answer(json: string, isFatal: boolean): string;
  /** A message without an answer: keeps proxies from closing an idle connection. */
  readonly keepAlive: string;
  /** The end of the subscription. */
  readonly end: string;
}

/** Server-sent events, as GraphQL over SSE has them (distinct connections mode): https://github.com/graphql/graphql-over-http/blob/main/rfcs/GraphQLOverSSE.md */
const serverSentEvents: StreamFormat = {
  contentType: 'text/event-stream; charset=utf-8',
  start: ':\n\n',
  // Each line of an event needs a field name. JSON has line breaks only between tokens, so splitting there is safe.
  answer: (json) => `event: next\ndata: ${json.replaceAll(/\r\n|[\r\n]/g, '\ndata: ')}\n\n`,
  keepAlive: ':\n\n',
  end: 'event: complete\ndata: \n\n',
};

/** The multipart subscription protocol, version 1.0: https://www.apollographql.com/docs/router/executing-operations/subscription-multipart-protocol/ */
const multipart: StreamFormat = {
  contentType: 'multipart/mixed; boundary="graphql"; subscriptionSpec=1.0',
  start: '\r\n--graphql',
  answer: (json, isFatal) => part(isFatal ? `{"payload":null,${json.slice(1)}` : `{"payload":${json}}`),
  keepAlive: part('{}'),
  end: '--\r\n',
};

function part(body: string): string {
  return `\r\ncontent-type: application/json\r\n\r\n${body}\r\n--graphql`;
}

/** The format that an Accept header asks for; `null`: a single answer. */
export function streamFormat(accept: string | undefined): StreamFormat | null {
  if (accept === undefined) return null;
  if (/\bmultipart\/mixed\b/i.test(accept) && /subscriptionSpec\s*=\s*"?1\.0\b/i.test(accept))
    return multipart;
  if (!/\btext\/event-stream\b/i.test(accept)) return null;
  const types = ['application/json', 'application/graphql-response+json', 'text/event-stream'];
  const best = new Negotiator({ headers: { accept } }).mediaType(types);
  return best === 'text/event-stream' ? serverSentEvents : null;
}
