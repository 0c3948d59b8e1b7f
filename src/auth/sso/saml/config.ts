import type { CommonProviderConfig } from '../common-config.ts';

/** An identity provider of SAML 2.0. */
export interface SamlConfig extends CommonProviderConfig {
  readonly protocol: 'saml';
  /** The entity ID of the provider. */
  readonly issuer: string;
  /** The metadata of the provider, as XML. */
  readonly idp_metadata?: string;
  /** Where the provider publishes them. */
  readonly metadata_url?: string;
  /** Allows `http:` for `metadata_url` on another host than localhost. */
  readonly insecure_url?: boolean;
  /** The entity ID of Foz; default: the URL of its metadata. */
  readonly entity_id?: string;
  /** PEM (PKCS#8): signs requests, and decrypts assertions. */
  readonly private_key?: string;
  /** PEM: the certificate of that key. */
  readonly certificate?: string;
  /** Whether the whole response has to be signed, too; the assertion always has. */
  readonly signed_response?: boolean;
  /** Whether assertions have to be encrypted. */
  readonly encrypted_assertion?: boolean;
  readonly name_id_format?: string;
  /** Whether the provider asks for the password anew. */
  readonly force_login?: boolean;
  readonly attributes?: SamlAttributes;
  /** Whether addresses of the provider count as verified; default: false. */
  readonly email_verified?: boolean;
  /** Seconds that clocks may differ; default: 30. */
  readonly clock_skew?: number;
}

/** The names of attributes in assertions. */
export interface SamlAttributes {
  /** The attribute with the lasting identifier of a person; default: the NameID. */
  readonly subject?: string;
  readonly name?: string;
  readonly email?: string;
}
