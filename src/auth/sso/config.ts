import type { CommonProviderConfig } from './common-config.ts';
import type { LdapConfig } from './ldap/config.ts';
import type { SamlConfig } from './saml/config.ts';

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
export type ProviderConfig = OidcConfig | LdapConfig | SamlConfig;

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

/** The members of a provider that are secret. */
export const providerSecrets = ['client_secret', 'private_key', 'bind_password'] as const;

/** The secrets of a provider. */
export type ProviderSecrets = { readonly [Name in (typeof providerSecrets)[number]]?: string };
