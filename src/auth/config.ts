import type { CredentialLimits, RateLimit } from '../access/index.ts';
import type { ScopesConfig } from './scopes.ts';
import type { ProviderConfig, SignInConfig } from './sso/config.ts';

/** The part `auth` of `foz.yaml`. Its JSON Schema is in `schema/foz.schema.json`. */
export interface AuthConfig {
  /** The role of requests without credentials; absent: such requests are refused. */
  readonly anonymous_role?: string;
  /** One secret, or several with names for the audit log and for rotation. */
  readonly admin_secrets?: readonly (string | { readonly name: string; readonly secret: string })[];
  readonly jwt?: readonly IssuerConfig[];
  readonly webhook?: WebhookConfig;
  readonly api_keys?: readonly DeclaredKeyConfig[];
  /** Identity providers that people sign in with. */
  readonly providers?: readonly ProviderConfig[];
  readonly sign_in?: SignInConfig;
  /** Proxies whose X-Forwarded-For is trusted: addresses, CIDR, `loopback`, `linklocal`, `uniquelocal`. */
  readonly trusted_proxies?: readonly string[];
  /** Origins of pages that may send a token in a cookie, besides the server's own. */
  readonly cookie_origins?: readonly string[];
}

/** One issuer of tokens, with exactly one of `key`, `jwks_url` and `secret`. */
export interface IssuerConfig {
  /** The required value of `iss`; `null`: for tokens without `iss`. */
  readonly issuer: string | null;
  /** Accepted values of `aud`; `null`: any. */
  readonly audience: string | readonly string[] | null;
  /** PEM (public key or certificate), JWK, or several. */
  readonly key?: PublicKeyConfig | readonly PublicKeyConfig[];
  readonly jwks_url?: string;
  /** Allows `http:` for a `jwks_url` on another host than localhost. */
  readonly insecure_url?: boolean;
  /** Shared secret for HS256, HS384 or HS512. */
  readonly secret?: string;
  readonly algorithms?: readonly string[];
  /** Seconds; default: 30. */
  readonly clock_skew?: number;
  /** Whether `exp` is required; default: true. */
  readonly require_exp?: boolean;
  /** The required value of `typ` in the header, such as `at+jwt`. */
  readonly token_type?: string;
  readonly max_token_bytes?: number;
  readonly claims_namespace?: string;
  readonly claims_namespace_path?: string;
  readonly claims_map?: Readonly<Record<string, unknown>>;
  /** The only roles that tokens of this issuer can have. */
  readonly roles?: readonly string[];
  /** Where requests carry its tokens; default: in the Authorization header. */
  readonly from?: readonly TokenPlace[];
}

export type PublicKeyConfig = string | Readonly<Record<string, unknown>>;

/** A header (Authorization: after `Bearer`; others: the whole value), or a cookie. */
export type TokenPlace = { readonly header: string } | { readonly cookie: string };

export interface WebhookConfig {
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  readonly timeout_ms?: number;
  /** The only headers that are sent and that distinguish callers; absent: all except those about the connection. */
  readonly forward_headers?: readonly string[];
  /** Seconds that a WebSocket lasts where the webhook's answer does not say; default: 3,600. */
  readonly session_seconds?: number;
  /** Most cached answers; default: 5,000, 0: no cache. */
  readonly cache?: number;
  /** The only roles that the webhook can give. */
  readonly roles?: readonly string[];
}

/** An API key in the configuration: its text (from the environment), or its prefix and `sha256:` of the text. */
export interface DeclaredKeyConfig {
  readonly name: string;
  readonly key?: string;
  readonly prefix?: string;
  readonly hash?: string;
  readonly roles: readonly string[];
  readonly default_role?: string;
  readonly variables?: Readonly<Record<string, string | number | boolean>>;
  readonly scopes?: ScopesConfig;
  readonly networks?: readonly string[];
  /** ISO 8601 with offset. */
  readonly expires_at?: string;
  readonly rate_limit?: RateLimit;
  /** Limits below those of its roles. */
  readonly limits?: CredentialLimits;
  readonly backend?: boolean;
  /** The secret before the last rotation, accepted until `until`. */
  readonly previous?: {
    readonly key?: string;
    readonly prefix?: string;
    readonly hash?: string;
    readonly until: string;
  };
}
