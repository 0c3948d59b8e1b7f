import { createRemoteJWKSet, customFetch, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { publicAlgorithms } from '../../jwt/keys.ts';
import type { OidcConfig } from '../config.ts';
import type { EndedSessions } from '../contract.ts';
import type { Fetch } from '../fetch.ts';
import { SignInRefused } from '../refused.ts';
import { unavailable } from '../unavailable.ts';
import { refusalOf } from './refusal.ts';

const event = 'http://schemas.openid.net/event/backchannel-logout';
/** Seconds after which a token is refused, also one that does not say when it expires. */
const longestAge = 600;
const longest = 16 * 1024;

/** Verifies the tokens of back-channel log-out, by which a provider says that sessions have ended. */
export class LogoutTokens {
  readonly #config: OidcConfig;
  readonly #fetch: Fetch;
  #keys: { readonly url: string; readonly get: JWTVerifyGetKey } | null = null;

  constructor(config: OidcConfig, fetch: Fetch) {
    this.#config = config;
    this.#fetch = fetch;
  }

  /** Rejects with SignInRefused for a token that is not the provider's, not for this client, too old, or no log-out token. */
  async verify(
    token: string,
    server: { readonly issuer: string; readonly jwks_uri?: string },
  ): Promise<EndedSessions> {
    const { name, client_id, clock_skew = 30 } = this.#config;
    if (server.jwks_uri === undefined) throw unavailable(name, 'it publishes no keys');
    if (token.length > longest) throw refused(name, 'too long');
    try {
      const { payload } = await jwtVerify(token, this.#keysAt(server.jwks_uri), {
        algorithms: [...publicAlgorithms],
        issuer: server.issuer,
        audience: client_id,
        clockTolerance: clock_skew,
        requiredClaims: ['iat', 'jti', 'events'],
        maxTokenAge: longestAge,
      });
      const { sub, sid, jti, events, iat } = payload;
      const isLogout = typeof events === 'object' && events !== null && Object.hasOwn(events, event);
      // A nonce is what tells an ID token from a log-out token.
      if (!isLogout || Object.hasOwn(payload, 'nonce')) throw refused(name, 'no log-out token');
      const session = typeof sid === 'string' ? sid : null;
      if (sub === undefined && session === null)
        throw refused(name, 'it names neither a subject nor a session');
      return {
        subject: sub ?? null,
        providerSession: session,
        messageId: jti!,
        until: (iat! + longestAge + clock_skew) * 1000,
      };
    } catch (error) {
      throw refusalOf(error, name);
    }
  }

  #keysAt(url: string): JWTVerifyGetKey {
    if (this.#keys?.url !== url)
      this.#keys = { url, get: createRemoteJWKSet(new URL(url), { [customFetch]: this.#fetch as never }) };
    return this.#keys.get;
  }
}

function refused(provider: string, why: string): SignInRefused {
  return new SignInRefused('answer', `${provider}: log-out token: ${why}`);
}
