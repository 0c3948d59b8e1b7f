import { createHash } from 'node:crypto';
import { AwsV4Signer } from 'aws4fetch';
import type { HttpClient, OutboundResponse } from '../client.ts';
import { OutboundError } from '../fault.ts';
import type { OutboundRequest } from '../hop.ts';
import { HostList } from '../host-list.ts';
import { targetOf } from '../pools.ts';
import type { HttpCredential } from './credential.ts';
import { type KeepRefreshToken, OAuth2Tokens } from './oauth2-tokens.ts';

export interface AuthorizedClientOptions {
  /** Sends the requests. */
  readonly http: HttpClient;
  /** Asks for tokens. Token URLs are part of credentials, so operators have written them. */
  readonly tokens: HttpClient;
  /** The credential of a name; `null`: there is none. */
  readonly credential: (name: string) => Promise<HttpCredential | null>;
  readonly keepRefreshToken?: KeepRefreshToken;
}

/** A request whose URL may be a credential. */
export type RequestByName = Omit<OutboundRequest, 'url'> & { readonly url?: string | URL };

export interface Authorized {
  readonly answer: OutboundResponse;
  /** Texts that the answer may repeat, and that nobody may see. */
  readonly secrets: readonly string[];
}

/** The headers and the address that a credential gives a request. */
interface Addition {
  readonly url: URL;
  readonly secretHeaders: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
  /** The access token that a refusal may concern. */
  readonly token?: string;
}

/** Sends requests with credentials, which callers only name. */
export class AuthorizedClient {
  readonly #options: AuthorizedClientOptions;
  readonly #tokens: OAuth2Tokens;

  constructor(options: AuthorizedClientOptions) {
    this.#options = options;
    this.#tokens = new OAuth2Tokens(options.tokens, options.keepRefreshToken);
  }

  /** Sends a request with a credential, or without one (`null`). Rejects with OutboundError. */
  async send(request: RequestByName, name: string | null): Promise<Authorized> {
    if (name === null) {
      if (request.url === undefined) throw new OutboundError('invalid', 'The request has no URL.');
      return { answer: await this.#options.http.send({ ...request, url: request.url }), secrets: [] };
    }
    const credential = await this.#options.credential(name);
    if (credential === null)
      throw new OutboundError(
        'credential',
        `There is no credential "${name}": create it, or correct its name`,
      );
    const first = await this.#sent(request, name, credential);
    if (first.answer.status !== 401 || first.token === undefined) return first;
    // The token may have been revoked before it expired.
    await this.#tokens.forget(name, first.token);
    return this.#sent(request, name, credential);
  }

  async #sent(request: RequestByName, name: string, credential: HttpCredential) {
    const added = await this.#added(request, name, credential);
    const { url, secretHeaders, secrets, token } = added;
    const headers = without(request.headers ?? {}, secretHeaders);
    const answer = await this.#options.http.send({
      ...request,
      ...{ url, headers, secretHeaders: { ...request.secretHeaders, ...secretHeaders } },
    });
    return { answer, secrets, token };
  }

  async #added(request: RequestByName, name: string, credential: HttpCredential): Promise<Addition> {
    const url = urlOf(request, name, credential);
    if (credential.hosts !== undefined) {
      const { host, port } = targetOf(url);
      const list = new HostList(credential.hosts);
      if (!list.hasName(host, port) && !list.hasAddress(host, port))
        throw new OutboundError(
          'credential',
          `${url.origin}: the credential "${name}" may not be sent there: add the host to its hosts`,
        );
    }
    switch (credential.type) {
      case 'url':
        return { url, secretHeaders: {}, secrets: [url.href, url.pathname + url.search] };
      case 'basic': {
        const login = Buffer.from(`${credential.username}:${credential.password}`).toString('base64');
        return bearing(url, `Basic ${login}`, [login, credential.password]);
      }
      case 'bearer':
        return bearing(url, `Bearer ${credential.token}`, [credential.token]);
      case 'api-key':
        return withApiKey(url, credential);
      case 'oauth2': {
        const token = await this.#tokens.of(name, credential);
        return { ...bearing(url, `Bearer ${token}`, [token]), token };
      }
      case 'aws':
        return signed(request, url, credential);
    }
  }
}

function urlOf({ url }: RequestByName, name: string, credential: HttpCredential): URL {
  if (credential.type === 'url') {
    if (url !== undefined)
      throw new OutboundError(
        'invalid',
        `The credential "${name}" is a URL itself: leave the URL of the request out`,
      );
    return new URL(credential.url);
  }
  if (url === undefined || !URL.canParse(String(url)))
    throw new OutboundError('invalid', 'The URL of an outgoing request is no URL.');
  return new URL(url);
}

function bearing(url: URL, authorization: string, secrets: readonly string[]): Addition {
  return { url, secretHeaders: { authorization }, secrets };
}

function withApiKey(url: URL, key: Extract<HttpCredential, { readonly type: 'api-key' }>): Addition {
  if (key.in === 'header')
    return { url, secretHeaders: { [key.name.toLowerCase()]: key.value }, secrets: [key.value] };
  const changed = new URL(url);
  changed.searchParams.set(key.name, key.value);
  return { url: changed, secretHeaders: {}, secrets: [key.value, encodeURIComponent(key.value)] };
}

async function signed(
  { method = 'GET', headers = {}, body }: RequestByName,
  url: URL,
  {
    accessKeyId,
    secretAccessKey,
    sessionToken,
    region,
    service,
  }: Extract<HttpCredential, { readonly type: 'aws' }>,
): Promise<Addition> {
  // Only S3 wants the hash as a header; the library would leave the body out of the signature otherwise.
  const hashed: Record<string, string> =
    service === 's3'
      ? {
          'x-amz-content-sha256': createHash('sha256')
            .update(body ?? '')
            .digest('hex'),
        }
      : {};
  const signer = new AwsV4Signer({
    ...{ method, url: url.href, headers: { ...headers, ...hashed } },
    ...{ accessKeyId, secretAccessKey, region, service },
    ...(sessionToken !== undefined && { sessionToken }),
    ...(body !== undefined && { body: body as string | ArrayBufferView<ArrayBuffer> }),
  });
  const { headers: all } = await signer.sign();
  const own = [...(all as Headers)].filter(([name]) => name === 'authorization' || name.startsWith('x-amz-'));
  return {
    url,
    secretHeaders: Object.fromEntries(own),
    secrets: sessionToken === undefined ? [] : [sessionToken],
  };
}

/** The headers without those that a credential sets. */
function without(headers: Readonly<Record<string, string>>, others: Readonly<Record<string, string>>) {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !Object.hasOwn(others, name.toLowerCase())),
  );
}
