import type { CommonProviderConfig } from '../common-config.ts';

/** A directory that is asked by LDAP, such as OpenLDAP or Active Directory. */
export interface LdapConfig extends CommonProviderConfig {
  readonly protocol: 'ldap';
  /** `ldaps://HOST` or `ldap://HOST`, servers of one directory; the first that answers is asked. */
  readonly servers: readonly string[];
  /** Whether connections to `ldap:` servers are encrypted before anything is sent. */
  readonly start_tls?: boolean;
  /** Allows connections without encryption to other hosts than localhost. */
  readonly insecure_url?: boolean;
  /** PEM of authorities that are trusted for these servers, besides the usual ones. */
  readonly ca?: string;
  /** Sets the defaults of Active Directory. */
  readonly active_directory?: boolean;
  /** The account that searches; absent: anonymous. */
  readonly bind_dn?: string;
  readonly bind_password?: string;
  /** The entry below which people are searched. */
  readonly base_dn: string;
  /** An LDAP filter with `{username}`. */
  readonly user_filter?: string;
  /** A DN with `{username}`: people are not searched, but bind with this DN. */
  readonly user_dn?: string;
  readonly attributes?: LdapAttributes;
  /** Further attributes of the person that become claims. */
  readonly claims?: readonly string[];
  /** Whether addresses in the directory count as verified; default: false. */
  readonly email_verified?: boolean;
  readonly groups?: LdapGroups;
  /** Seconds that a server may take for a connection and for each answer; default: 5. */
  readonly timeout_seconds?: number;
}

export interface LdapAttributes {
  /** Default: entryUUID, or objectGUID with Active Directory. */
  readonly subject?: string;
  /** Default: cn, or displayName with Active Directory. */
  readonly name?: string;
  /** Default: mail. */
  readonly email?: string;
}

export interface LdapGroups {
  /** How groups are found: by attribute `memberOf` of people, `member` of groups, or `memberUid` of POSIX groups. */
  readonly by?: 'member_of' | 'member' | 'posix';
  /** Only groups below this entry; default: `base_dn`. */
  readonly base_dn?: string;
  /** The attribute with the name of a group; default: cn. */
  readonly name?: string;
  /** Whether groups that contain groups of the person count; default: true. */
  readonly nested?: boolean;
}

/** The filters that find people, where none is configured. */
export const userFilters = {
  plain: '(&(objectClass=person)(uid={username}))',
  activeDirectory:
    '(&(objectCategory=person)(objectClass=user)(|(sAMAccountName={username})(userPrincipalName={username})))',
} as const;
