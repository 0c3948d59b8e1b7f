/** The part `auth.sign_in` of `foz.yaml`. */
export interface SignInConfig {
  /** Where browsers reach this server, such as `https://foz.example.com`. Absent: only by loopback names. */
  readonly public_url?: string;
  /** Origins that a person may return to after the sign-in, besides the server's own. */
  readonly redirect_origins?: readonly string[];
  readonly session?: SessionConfig;
}

export interface SessionConfig {
  /** Seconds without a request after which a session ends; default: 8 hours. */
  readonly idle_seconds?: number;
  /** Seconds after which a session ends in any case; default: 7 days. */
  readonly lifetime_seconds?: number;
}

/** A provider that people sign in with: an entry of `auth.providers`. */
export type ProviderConfig = OidcConfig;

/** The members that providers of all protocols have. */
export interface CommonProviderConfig {
  /** Identifies the provider, also in URLs: `/auth/NAME/login`. */
  readonly name: string;
  /** Shown on the sign-in page; default: the name. */
  readonly title?: string;
  /** The position on the sign-in page, lowest first; default: 0. */
  readonly order?: number;
  /** An image for the sign-in page: a path of this server or an https or data URL. */
  readonly icon?: string;
  readonly roles?: RoleMapping;
  /** Session variables: a fixed text, or a path into the claims and a default. */
  readonly variables?: Readonly<Record<string, unknown>>;
  /** Whether whoever signs in first becomes a user; default: true. */
  readonly create_users?: boolean;
  /** Domains of e-mail addresses that this provider is trusted for: a verified address there links to the user who has it. */
  readonly link_domains?: readonly string[];
}

export interface OidcConfig extends CommonProviderConfig {
  readonly protocol: 'oidc';
  readonly issuer: string;
  /** Allows `http:` for an issuer on another host than localhost. */
  readonly insecure_url?: boolean;
  readonly client_id: string;
  readonly client_secret?: string;
  /** PKCS#8 PEM, for `private_key_jwt`. */
  readonly private_key?: string;
  readonly client_auth?: 'basic' | 'post' | 'private_key_jwt' | 'none';
  /** Default: openid, profile, email. */
  readonly scopes?: readonly string[];
  /** Whether claims are read from the userinfo endpoint, too; default: true. */
  readonly userinfo?: boolean;
  /** The signature algorithm of ID tokens; default: as the provider says. */
  readonly id_token_algorithm?: string;
  readonly prompt?: string;
  /** Seconds since the person has proved who they are. */
  readonly max_age?: number;
  readonly acr_values?: readonly string[];
  /** Seconds that clocks may differ; default: 30. */
  readonly clock_skew?: number;
}

/** Which roles a person of a provider has. */
export interface RoleMapping {
  /** Roles of everybody who signs in with this provider. */
  readonly everyone?: readonly string[];
  readonly rules?: readonly RoleRule[];
  /** The role of requests that name none; it counts where the person has it. */
  readonly default?: string;
}

/** Gives roles to people with a claim or an e-mail domain; with both, to those with both. */
export interface RoleRule {
  /** A path into the claims, such as `$.groups`. */
  readonly claim?: string;
  /** The value of the claim, or one of its list; absent: any but null, false and the empty text. */
  readonly is?: string | number | boolean;
  /** Several values; one is enough. */
  readonly one_of?: readonly (string | number | boolean)[];
  /** The domain of a verified e-mail address. */
  readonly email_domain?: string;
  readonly roles: readonly string[];
}

/** The members of a provider that are secret. */
export const providerSecrets = ['client_secret', 'private_key'] as const;
