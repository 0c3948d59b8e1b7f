import { type HttpClient, OutboundError, type OutboundResponse } from '../../outbound/index.ts';
import type { Attempt, Delivery } from '../../store/index.ts';
import type { Endpoint } from './endpoint.ts';
import { bodyOf } from './event.ts';
import { signedHeaders } from './signature.ts';
import type { AttemptResult } from './verdict.ts';

/** Bytes of an answer that the log keeps. */
const keptBytes = 4 * 1024;
/** Headers of answers that are secrets of the receiver. */
const secretAnswers = new Set(['set-cookie', 'authorization', 'www-authenticate', 'proxy-authenticate']);
const masked = '***';

/** The result of an attempt, and its entry in the log. */
export interface Attempted {
  readonly result: AttemptResult;
  readonly attempt: Attempt;
}

/** Sends a delivery once. Rejects only where the signal was aborted. */
export async function attempt(
  http: HttpClient,
  endpoint: Endpoint,
  delivery: Delivery,
  signal: AbortSignal,
): Promise<Attempted> {
  const { id, ...event } = { ...delivery, id: delivery.event };
  const body = bodyOf({ id, ...event }, endpoint.form);
  const headers = {
    ...lowerCase(endpoint.headers),
    'content-type': body.type,
    ...signedHeaders({ id, at: Date.now(), body: body.text }, endpoint.signing),
  };
  const secretHeaders = lowerCase(endpoint.secretHeaders);
  const began = performance.now();
  const { answer, fault } = await sent(http, {
    url: endpoint.url,
    method: 'POST',
    headers: without(headers, secretHeaders),
    secretHeaders,
    body: body.text,
    totalMs: endpoint.timeoutMs,
    responseBytes: keptBytes,
    overlong: 'cut',
    signal,
  });
  const requestHeaders = {
    ...headers,
    ...Object.fromEntries(Object.keys(secretHeaders).map((name) => [name, masked])),
  };
  return {
    result: {
      status: answer?.status ?? null,
      fault: fault?.fault ?? null,
      retryAfter: answer?.headers.get('retry-after') ?? null,
    },
    attempt: {
      milliseconds: performance.now() - began,
      status: answer?.status ?? null,
      fault: fault === null ? null : fault.message,
      requestHeaders:
        'webhook-signature' in headers ? { ...requestHeaders, 'webhook-signature': masked } : requestHeaders,
      responseHeaders: answer === null ? null : keptHeaders(answer),
      responseBody: answer === null ? null : storable(answer.body.toString()),
    },
  };
}

type Sent =
  | { readonly answer: OutboundResponse; readonly fault: null }
  | { readonly answer: null; readonly fault: OutboundError };

async function sent(http: HttpClient, request: Parameters<HttpClient['send']>[0]): Promise<Sent> {
  try {
    return { answer: await http.send(request), fault: null };
  } catch (error) {
    if (!(error instanceof OutboundError) || error.fault === 'ended') throw error;
    return { answer: null, fault: error };
  }
}

function keptHeaders({ headers }: OutboundResponse): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...headers].map(([name, value]) => [
      name,
      secretAnswers.has(name) ? masked : storable(value).slice(0, 1_000),
    ]),
  );
}

/** The text with every NUL replaced, which PostgreSQL cannot store. */
function storable(text: string): string {
  return text.replaceAll('\0', '\ufffd');
}

function lowerCase(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function without(headers: Readonly<Record<string, string>>, others: Readonly<Record<string, string>>) {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !(name in others)));
}
