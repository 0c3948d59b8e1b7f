import type { CredentialLimits, RateLimit } from '../access/index.ts';
import type { ScopesConfig } from './scopes.ts';

/** The part `auth` of `foz.yaml`. Its JSON Schema is in `schema/foz.schema.json`. */
export interface AuthConfig {
  /** The role of requests without credentials; absent: they are refused. */
  readonly anonymous_role?: string;
  /** One secret, or several with names for the audit and for rotation. */
  readonly admin_secrets?: readonly (string | { readonly name: string; readonly secret: string })[];
  readonly jwt?: readonly IssuerConfig[];
  readonly webhook?: WebhookConfig;
  readonly api_keys?: readonly DeclaredKeyConfig[];
  /** Proxies whose X-Forwarded-For is believed: addresses, CIDR, `loopback`, `linklocal`, `uniquelocal`. */
  readonly trusted_proxies?: readonly string[];
  /** Origins of pages that may send a token in a cookie, besides the server's own. */
  readonly cookie_origins?: readonly string[];
}

/** One issuer of tokens. Exactly one of `key`, `jwks_url` and `secret` is there. */
export interface IssuerConfig {
  /** What `iss` must be; `null`: for tokens without `iss`. */
  readonly issuer: string | null;
  /** One of which `aud` must name; `null`: any. */
  readonly audience: string | readonly string[] | null;
  /** PEM (public key or certificate), JWK, or several. */
  readonly key?: PublicKeyConfig | readonly PublicKeyConfig[];
  readonly jwks_url?: string;
  /** Allows `http:` for `jwks_url` on other hosts than this one. */
  readonly insecure_url?: boolean;
  /** Shared secret for HS256 and the like. */
  readonly secret?: string;
  readonly algorithms?: readonly string[];
  /** Seconds; 30 unless told. */
  readonly clock_skew?: number;
  /** Whether `exp` must be there; true unless told. */
  readonly require_exp?: boolean;
  /** What the header's `typ` must be, as `at+jwt`. */
  readonly token_type?: string;
  readonly max_token_bytes?: number;
  readonly claims_namespace?: string;
  readonly claims_namespace_path?: string;
  readonly claims_map?: Readonly<Record<string, unknown>>;
  /** The only roles that this issuer can give. */
  readonly roles?: readonly string[];
  /** Where its tokens come from; the Authorization header unless told. */
  readonly from?: readonly TokenPlace[];
}

export type PublicKeyConfig = string | Readonly<Record<string, unknown>>;

/** A header (Authorization: after `Bearer`; others: the whole value) or a cookie. */
export type TokenPlace = { readonly header: string } | { readonly cookie: string };

export interface WebhookConfig {
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  readonly timeout_ms?: number;
  /** Only these headers are sent and tell requests apart; absent: all that are not about the connection. */
  readonly forward_headers?: readonly string[];
  /** How long a WebSocket lasts whose answer does not say; 3,600 unless told. */
  readonly session_seconds?: number;
  /** Answers that are kept; 5,000 unless told, 0: none. */
  readonly cache?: number;
  /** The only roles that it can give. */
  readonly roles?: readonly string[];
}

/** An API key in the file: its text (from the environment), or its prefix and `sha256:` of the text. */
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
  /** Smaller limits than those of its roles. */
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
