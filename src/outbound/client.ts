import { lookup as systemLookup } from 'node:dns';
import { type ReadLimit, readBody } from './body.ts';
import type { OutboundConfig } from './config.ts';
import type { Lookup } from './connect.ts';
import { Deadline } from './deadline.ts';
import { faultOf, OutboundError } from './fault.ts';
import { Guard, type UrlAuthor } from './guard.ts';
import { firstHop, type Hop, type OutboundRequest } from './hop.ts';
import { defaultLimits, type OutboundLimits } from './limits.ts';
import { Pools } from './pools.ts';
import { redirected } from './redirect.ts';

export interface HttpClientOptions {
  /** Who has written the URLs; it decides which addresses may be called. */
  readonly author: UrlAuthor;
  readonly config?: OutboundConfig;
  readonly limits?: Partial<OutboundLimits>;
  /** Resolves names; default: that of the system. */
  readonly lookup?: Lookup;
}

export interface OutboundResponse {
  readonly status: number;
  /** By names in lower case. Several headers of one name are joined by commas. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** Whether the end of the body is missing: it was longer than it may be, or did not arrive. */
  readonly isCut: boolean;
  /** The URL that the answer came from, after redirects. */
  readonly url: URL;
}

/** The HTTP client of the server. It connects only to addresses that the guard permits. */
export class HttpClient {
  readonly #pools: Pools;
  readonly #limits: OutboundLimits;

  constructor({ author, config = {}, limits, lookup = systemLookup }: HttpClientOptions) {
    this.#limits = { ...defaultLimits, ...limits };
    const guard = new Guard(author, config.allow);
    this.#pools = new Pools({ config, guard, lookup, limits: this.#limits });
  }

  /** Sends a request. Answers of any status resolve. Rejects with OutboundError. */
  async send(request: OutboundRequest): Promise<OutboundResponse> {
    const { redirects = 0, totalMs = this.#limits.totalMs, overlong = 'fail' } = request;
    const limit = { most: request.responseBytes ?? this.#limits.responseBytes, overlong };
    let hop = firstHop(request);
    const deadline = new Deadline(hop.url.origin, totalMs, request.signal);
    try {
      for (let left = redirects; ; left--) {
        const answer = await this.#exchange(hop, limit, deadline.signal);
        const next =
          redirects === 0 ? undefined : redirected(hop, answer.status, answer.headers.get('location'));
        if (next === undefined) return answer;
        if (left === 0)
          throw new OutboundError(
            'redirect',
            `${hop.url.origin}: more than ${redirects} redirects: call the URL at their end`,
          );
        hop = next;
      }
    } finally {
      deadline.close();
    }
  }

  async #exchange(
    hop: Hop,
    limit: Omit<ReadLimit, 'origin'>,
    signal: AbortSignal,
  ): Promise<OutboundResponse> {
    const { url, method, headers, host, body = null } = hop;
    const { origin } = url;
    try {
      const sent = {
        path: url.pathname + url.search,
        method: method as 'GET',
        headers: host === undefined ? headers : { ...headers, host },
        body,
        signal,
        // Otherwise the header Host would name the server whose certificate is expected.
        servername: url.hostname,
      };
      const answer = await this.#pools.of(url).request(sent);
      const read = headersOf(answer.headers);
      const coding = read.get('content-encoding');
      const { bytes, isCut } = await readBody(answer.body, coding, { ...limit, origin });
      if (isEndedByCaller(signal)) throw signal.reason;
      return { status: answer.statusCode, headers: read, body: bytes, isCut, url };
    } catch (error) {
      throw signal.aborted ? signal.reason : faultOf(error, origin);
    }
  }

  /** Ends all connections, also those in use. */
  close(): Promise<void> {
    return this.#pools.close();
  }
}

function isEndedByCaller({ aborted, reason }: AbortSignal): boolean {
  return aborted && reason instanceof OutboundError && reason.fault === 'ended';
}

function headersOf(
  raw: Readonly<Record<string, string | string[] | undefined>>,
): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(raw).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}
