import { adminRole, type RoleName } from '../core/index.ts';
import type { CredentialLimits, RateLimit } from './limits.ts';

/** The identity and the permissions of a request. All its statements use the same session. */
export interface Session {
  readonly role: RoleName;
  /** Session variables, lower case without prefix: `user-id`. */
  readonly variables: ReadonlyMap<string, string>;
  /** The caller for the audit log; absent where no credentials are required. */
  readonly actor?: Actor;
  /** The end of the session, in milliseconds since 1970, when its WebSocket is closed. Absent: no end. */
  readonly expiresAt?: number;
  /** Whether backend-only permissions apply. */
  readonly backend?: boolean;
  /** The scopes of the credential within the permissions of the role. Absent: all permissions of the role. */
  readonly scopes?: Scopes;
  /** The roles that the credential can choose from. Absent: any (admin secret). */
  readonly allowedRoles?: readonly RoleName[];
  /** The rate limit of the credential, counted per `actor`. */
  readonly rateLimit?: RateLimit;
  /** Limits of the credential where they are lower than those of the role. Absent: as the role. */
  readonly limits?: CredentialLimits;
}

/** The caller of a session for the audit log. Never contains a secret. */
export interface Actor {
  readonly kind: 'admin-secret' | 'api-key' | 'jwt' | 'session' | 'webhook' | 'anonymous' | 'workflow';
  /**
   * The name of the secret, of the workflow, the name of the key, the `sub` of the token, the id of the user who signed in, or the user of
   * the webhook.
   */
  readonly id: string;
  /** The API key's id. */
  readonly keyId?: string;
  /** The public part of the API key, which identifies it. */
  readonly keyPrefix?: string;
  /** The revision of the API key; it changes with every change of the key. */
  readonly keyRevision?: string;
  /** The token's `iss`, or the provider that the person signed in with. */
  readonly issuer?: string;
  /** The id of the person's session. */
  readonly sessionId?: string;
}

/** Identifies a credential. The text is the same in all requests with that credential. */
export function credentialOf({ kind, issuer, keyId, id }: Actor): string {
  return `${kind} ${issuer ?? ''} ${keyId ?? id}`;
}

/** A part of a role's permissions. */
export interface Scopes {
  /** Identifies the scopes, as a key for caches. */
  readonly text: string;
  /** Kinds of operations: queries, mutations, subscriptions. */
  readonly operations: ReadonlySet<'read' | 'write' | 'subscribe'>;
  /** Names of sources, where `*` matches anything; `null`: all. */
  readonly sources: readonly string[] | null;
  /** `source.table` or `source.namespace.table`, where `*` matches any part of a name; `null`: all. */
  readonly tables: readonly string[] | null;
}

/** A session with all permissions. */
export const adminSession: Session = Object.freeze({ role: adminRole, variables: new Map<string, string>() });
