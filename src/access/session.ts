import { adminRole, type RoleName } from '../core/index.ts';
import type { CredentialLimits, RateLimit } from './limits.ts';

/** Who is asking, as every statement of the request sees it. */
export interface Session {
  readonly role: RoleName;
  /** Session variables, lower case without prefix: `user-id`. */
  readonly variables: ReadonlyMap<string, string>;
  /** Whom the audit names; absent where nobody was asked for credentials. */
  readonly actor?: Actor;
  /** Milliseconds since 1970 after which the session is over: a WebSocket closes then. Absent: no end. */
  readonly expiresAt?: number;
  /** Whether backend-only permissions hold. */
  readonly backend?: boolean;
  /** What the credential is for, within what the role may do. Absent: everything the role may do. */
  readonly scopes?: Scopes;
  /** The roles this credential can choose from. Absent: any (admin secret). */
  readonly allowedRoles?: readonly RoleName[];
  /** The credential's own rate limit, counted per `actor`. */
  readonly rateLimit?: RateLimit;
  /** What the credential may ask for, where that is less than its role may. Absent: as the role. */
  readonly limits?: CredentialLimits;
}

/** Who stands behind a session, in words for the audit: never a secret. */
export interface Actor {
  readonly kind: 'admin-secret' | 'api-key' | 'jwt' | 'webhook' | 'anonymous';
  /** The name of the secret, the name of the key, the `sub` of the token, or the user of the webhook. */
  readonly id: string;
  /** The API key's id. */
  readonly keyId?: string;
  /** The part of the API key that tells it from others and is no secret. */
  readonly keyPrefix?: string;
  /** Which state of the API key it was: another text after every change. */
  readonly keyRevision?: string;
  /** The token's `iss`. */
  readonly issuer?: string;
}

/** Tells one credential from all others; the same text in every request that comes with it. */
export function credentialOf({ kind, issuer, keyId, id }: Actor): string {
  return `${kind} ${issuer ?? ''} ${keyId ?? id}`;
}

/** A part of what a role may do. */
export interface Scopes {
  /** The same text for the same scopes: a key for caches. */
  readonly text: string;
  /** Kinds of operations: queries, mutations, subscriptions. */
  readonly operations: ReadonlySet<'read' | 'write' | 'subscribe'>;
  /** Names of sources, `*` for any part; `null`: all. */
  readonly sources: readonly string[] | null;
  /** `source.table` or `source.namespace.table`, `*` for any part of a name; `null`: all. */
  readonly tables: readonly string[] | null;
}

/** The session of somebody who may see everything. */
export const adminSession: Session = Object.freeze({ role: adminRole, variables: new Map<string, string>() });
