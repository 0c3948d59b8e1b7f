import type { CredentialLimits, RateLimit } from '../../access/index.ts';
import type { ScopesConfig } from '../scopes.ts';

/** An API key as it is kept. Times in milliseconds since 1970. */
export interface KeyRecord {
  readonly id: string;
  readonly name: string;
  /** The current secret and, while a rotation overlaps, the ones before it. */
  readonly secrets: readonly KeySecret[];
  readonly roles: readonly string[];
  readonly defaultRole: string | null;
  /** Session variables without prefix. */
  readonly variables: Readonly<Record<string, string>>;
  readonly scopes?: ScopesConfig;
  /** Networks it may be used from; absent: from anywhere. */
  readonly networks?: readonly string[];
  readonly expiresAt: number | null;
  readonly rateLimit?: RateLimit;
  /** Smaller limits than those of its roles. */
  readonly limits?: CredentialLimits;
  /** Whether backend-only permissions hold. */
  readonly backend?: boolean;
  /** Whom it belongs to, for the audit and for "my keys". */
  readonly owner?: string | null;
  /** Another text after every change of the record. */
  readonly revision: string;
}

/** One secret of a key. */
export interface KeySecret {
  readonly prefix: string;
  /** From `hashKey` or `plainHash`. */
  readonly hash: string;
  /** The end of its overlap; `null`: as long as the key. */
  readonly validUntil: number | null;
}

/** The last time a key was used. */
export interface KeyUse {
  readonly keyId: string;
  readonly at: number;
  readonly address: string | null;
}

/** Where keys are kept: the control store, or the configuration file. */
export interface KeyRepository {
  /** The keys that have a secret with one of these prefixes and are not revoked. Rejects with FozError `unavailable` when it cannot look. */
  find(prefixes: readonly string[]): Promise<readonly KeyRecord[]>;
  /** Writes down last uses; several at once, at most every few seconds. */
  touch(uses: readonly KeyUse[]): Promise<void>;
  /** Calls back with the id of a key that was revoked or changed, also by another process where the store tells. Returns how to stop it. */
  onChanged(listener: (keyId: string) => void): () => void;
}
