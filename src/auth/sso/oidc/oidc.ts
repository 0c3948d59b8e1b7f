import type { OidcConfig } from '../config.ts';
import type {
  Attempt,
  Begun,
  EndedSessions,
  EndingSession,
  Identified,
  ProviderAnswer,
  SignInProtocol,
} from '../contract.ts';
import type { Fetch } from '../fetch.ts';
import { type Discovered, Discovery } from './discovered.ts';
import { LogoutTokens } from './logout-tokens.ts';
import { refusalOf } from './refusal.ts';

/** OpenID Connect: the authorization code flow with PKCE, state and nonce. */
export class Oidc implements SignInProtocol {
  readonly authority: string;
  readonly #config: OidcConfig;
  readonly #discovery: Discovery;
  readonly #logout: LogoutTokens;

  constructor(config: OidcConfig, fetch: Fetch) {
    this.authority = config.issuer;
    this.#config = config;
    this.#discovery = new Discovery(config, fetch);
    this.#logout = new LogoutTokens(config, fetch);
  }

  async begin({ callbackUrl, state }: Attempt): Promise<Begun> {
    const { library, configuration } = await this.#discovery.get();
    const { scopes = ['openid', 'profile', 'email'], prompt, max_age, acr_values } = this.#config;
    const kept = { verifier: library.randomPKCECodeVerifier(), nonce: library.randomNonce() };
    const url = library.buildAuthorizationUrl(configuration, {
      redirect_uri: callbackUrl,
      scope: [...new Set(['openid', ...scopes])].join(' '),
      state,
      nonce: kept.nonce,
      code_challenge: await library.calculatePKCECodeChallenge(kept.verifier),
      code_challenge_method: 'S256',
      ...(prompt === undefined ? {} : { prompt }),
      ...(max_age === undefined ? {} : { max_age: String(max_age) }),
      ...(acr_values === undefined ? {} : { acr_values: acr_values.join(' ') }),
    });
    return { url, kept };
  }

  async finish({ callbackUrl, state, kept, query }: ProviderAnswer): Promise<Identified> {
    const found = await this.#discovery.get();
    const { library, configuration } = found;
    const current = new URL(callbackUrl);
    current.search = query.toString();
    try {
      const tokens = await library.authorizationCodeGrant(configuration, current, {
        expectedState: state,
        expectedNonce: kept.nonce!,
        pkceCodeVerifier: kept.verifier!,
        idTokenExpected: true,
        ...(this.#config.max_age === undefined ? {} : { maxAge: this.#config.max_age }),
      });
      const claims = tokens.claims()!;
      const more = await this.#userinfo(found, tokens.access_token, claims.sub);
      return identifiedBy({ ...more, ...claims }, tokens.id_token!);
    } catch (error) {
      throw refusalOf(error, this.#config.name);
    }
  }

  async end({ endHint, returnUrl }: EndingSession): Promise<URL | null> {
    const { library, configuration } = await this.#discovery.get();
    if (configuration.serverMetadata().end_session_endpoint === undefined) return null;
    return library.buildEndSessionUrl(configuration, {
      post_logout_redirect_uri: returnUrl,
      ...(endHint === null ? {} : { id_token_hint: endHint }),
    });
  }

  async ended(message: URLSearchParams): Promise<EndedSessions> {
    const { configuration } = await this.#discovery.get();
    return this.#logout.verify(message.get('logout_token') ?? '', configuration.serverMetadata());
  }

  async #userinfo({ library, configuration }: Discovered, accessToken: string, subject: string) {
    const has = configuration.serverMetadata().userinfo_endpoint !== undefined;
    if (this.#config.userinfo === false || !has) return {};
    return library.fetchUserInfo(configuration, accessToken, subject);
  }
}

function identifiedBy(claims: Readonly<Record<string, unknown>>, idToken: string): Identified {
  const { sub, name, preferred_username, email, email_verified: verified, sid } = claims;
  return {
    subject: String(sub),
    name: textOf(name) ?? textOf(preferred_username),
    email: textOf(email),
    // Some providers send the text "true".
    emailVerified: textOf(email) !== null && (verified === true || verified === 'true'),
    claims,
    endHint: idToken,
    ...(typeof sid === 'string' ? { providerSession: sid } : {}),
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && !value.includes('\0') ? value.slice(0, 320) : null;
}
