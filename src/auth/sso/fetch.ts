import type { HttpClient } from '../../outbound/index.ts';

/** The form of `fetch` that the libraries of providers call. */
export type Fetch = (url: string, options: FetchOptions) => Promise<Response>;

interface FetchOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>> | Headers;
  readonly body?: unknown;
  readonly signal?: AbortSignal | null;
}

/** Milliseconds that a provider may take for an answer, and the most bytes of it. */
const limits = { totalMs: 10_000, responseBytes: 512 * 1024 } as const;

/** Headers that no longer describe the body, which is decompressed. */
const ofTheWire = new Set(['content-encoding', 'content-length', 'transfer-encoding', 'connection']);

/** `fetch` through the guarded client, so that requests to providers obey its rules. It follows no redirects. */
export function fetchBy(http: HttpClient): Fetch {
  return async (url, { method = 'GET', headers = {}, body, signal }) => {
    const given = Object.fromEntries(headers instanceof Headers ? headers : Object.entries(headers));
    const answer = await http.send({
      url,
      method,
      headers: given,
      ...(body === undefined || body === null ? {} : { body: String(body) }),
      ...(signal ? { signal } : {}),
      ...limits,
    });
    const kept = [...answer.headers].filter(([name]) => !ofTheWire.has(name));
    const isEmpty = answer.status === 204 || answer.status === 304;
    return new Response(isEmpty ? null : new Uint8Array(answer.body), {
      status: answer.status,
      headers: kept,
    });
  };
}
