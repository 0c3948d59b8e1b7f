import type { HttpClient, OutboundResponse } from '../client.ts';
import { OutboundError } from '../fault.ts';
import type { OAuth2Credential } from './credential.ts';

/** Stores the refresh token that replaces the former one of a credential. */
export type KeepRefreshToken = (credential: string, token: string) => Promise<void>;

interface Token {
  readonly value: string;
  /** By the monotonic clock of this process. */
  readonly expiresAt: number;
}

interface Cached {
  /** The settings that the token was requested with: a changed credential gets a new one. */
  readonly credential: string;
  readonly token: Promise<Token>;
}

/** A token is not used any more this long before it expires, so that it does not expire on its way. */
const marginMs = 30_000;
/** How long a token is used whose answer does not say when it expires. */
const unknownMs = 600_000;
/** The longest time that a token is kept. */
const longestMs = 24 * 3_600_000;

/** Access tokens of OAuth 2, kept until shortly before they expire. Callers at the same time share one request. */
export class OAuth2Tokens {
  readonly #http: HttpClient;
  readonly #keep: KeepRefreshToken | undefined;
  readonly #cached = new Map<string, Cached>();
  /** Refresh tokens that replaced those of the credentials, by what they replaced. */
  readonly #refreshed = new Map<string, { readonly former: string; readonly token: string }>();

  constructor(http: HttpClient, keep?: KeepRefreshToken) {
    this.#http = http;
    this.#keep = keep;
  }

  /** An access token. Rejects with OutboundError that contains no secret. */
  async of(name: string, credential: OAuth2Credential): Promise<string> {
    const wanted = JSON.stringify(credential);
    const known = this.#cached.get(name);
    if (known?.credential === wanted) {
      const token = await known.token;
      if (token.expiresAt > performance.now()) return token.value;
      // Another caller may have asked for the next token meanwhile.
      if (this.#cached.get(name) === known) this.#cached.delete(name);
      return this.of(name, credential);
    }
    const entry: Cached = { credential: wanted, token: this.#ask(name, credential) };
    this.#cached.set(name, entry);
    entry.token.catch(() => {
      if (this.#cached.get(name) === entry) this.#cached.delete(name);
    });
    return (await entry.token).value;
  }

  /** Forgets a token that was refused. */
  async forget(name: string, token: string): Promise<void> {
    const known = this.#cached.get(name);
    const value = (await known?.token.catch(() => undefined))?.value;
    if (value === token && this.#cached.get(name) === known) this.#cached.delete(name);
  }

  async #ask(name: string, credential: OAuth2Credential): Promise<Token> {
    const {
      tokenUrl,
      clientId,
      clientSecret,
      clientAuthentication = 'basic',
      scope,
      parameters,
    } = credential;
    const refreshToken = this.#refreshTokenOf(name, credential);
    const isBasic = clientAuthentication === 'basic';
    const form = new URLSearchParams({
      ...parameters,
      grant_type: refreshToken === undefined ? 'client_credentials' : 'refresh_token',
      ...(refreshToken !== undefined && { refresh_token: refreshToken }),
      ...(scope !== undefined && { scope }),
      ...(!isBasic && { client_id: clientId, client_secret: clientSecret }),
    });
    const login = Buffer.from(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`).toString('base64');
    const answer = await this.#http.send({
      url: tokenUrl,
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      secretHeaders: isBasic ? { authorization: `Basic ${login}` } : {},
      body: form.toString(),
      responseBytes: 64 * 1024,
    });
    const { token, next } = tokenOf(name, answer);
    if (next !== undefined && next !== refreshToken && credential.refreshToken !== undefined) {
      this.#refreshed.set(name, { former: credential.refreshToken, token: next });
      await this.#keep?.(name, next);
    }
    return token;
  }

  #refreshTokenOf(name: string, { refreshToken }: OAuth2Credential): string | undefined {
    const replaced = this.#refreshed.get(name);
    return replaced !== undefined && replaced.former === refreshToken ? replaced.token : refreshToken;
  }
}

/** Basic authentication of OAuth 2 encodes both parts as in a form (RFC 6749, 2.3.1). */
function formEncoded(text: string): string {
  return new URLSearchParams({ a: text }).toString().slice(2);
}

function tokenOf(name: string, answer: OutboundResponse): { readonly token: Token; readonly next?: string } {
  const { origin } = answer.url;
  const body = objectOf(answer.body.toString());
  const { access_token: value, expires_in: seconds, refresh_token: next } = body;
  if (answer.status !== 200 || typeof value !== 'string' || value === '') {
    // The code of OAuth 2 is a word; anything else may be a secret.
    const code = typeof body.error === 'string' && /^[a-z_]{1,60}$/.test(body.error) ? `, ${body.error}` : '';
    const isPassing = answer.status >= 500 || answer.status === 429;
    throw new OutboundError(
      isPassing ? 'broken' : 'credential',
      `${origin}: the credential "${name}" got no token (status ${answer.status}${code}): check its client, secret and scope`,
    );
  }
  const given = Number(seconds);
  const lifeMs = Number.isFinite(given) && given > 0 ? Math.min(given * 1000, longestMs) : unknownMs;
  const expiresAt = performance.now() + lifeMs - Math.min(marginMs, lifeMs / 2);
  return { token: { value, expiresAt }, ...(typeof next === 'string' && { next }) };
}

function objectOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
