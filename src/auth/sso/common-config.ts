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
