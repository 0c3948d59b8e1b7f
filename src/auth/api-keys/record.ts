import type { CredentialLimits, RateLimit } from '../../access/index.ts';
import type { ScopesConfig } from '../scopes.ts';

/** An API key as it is stored. Times in milliseconds since 1970. */
export interface KeyRecord {
  readonly id: string;
  readonly name: string;
  /** The current secret and, while a rotation overlaps, the former ones. */
  readonly secrets: readonly KeySecret[];
  readonly roles: readonly string[];
  readonly defaultRole: string | null;
  /** Session variables, names without prefix. */
  readonly variables: Readonly<Record<string, string>>;
  readonly scopes?: ScopesConfig;
  /** Networks it may be used from; absent: any. */
  readonly networks?: readonly string[];
  readonly expiresAt: number | null;
  readonly rateLimit?: RateLimit;
  /** Limits below those of its roles. */
  readonly limits?: CredentialLimits;
  /** Whether backend-only permissions apply. */
  readonly backend?: boolean;
  /** The owner, for the audit log and for "my keys". */
  readonly owner?: string | null;
  /** Different after every change of the record. */
  readonly revision: string;
}

/** One secret of a key. */
export interface KeySecret {
  readonly prefix: string;
  /** The result of `hashKey` or `plainHash`. */
  readonly hash: string;
  /** End of its overlap; `null`: valid as long as the key. */
  readonly validUntil: number | null;
}

/** The last time a key was used. */
export interface KeyUse {
  readonly keyId: string;
  readonly at: number;
  readonly address: string | null;
}

/** A storage of keys: the control store, or the configuration. */
export interface KeyRepository {
  /**
   * The keys that have a secret with one of these prefixes and are not revoked. Rejects with FozError `unavailable` when the storage cannot
   * be read.
   */
  find(prefixes: readonly string[]): Promise<readonly KeyRecord[]>;
  /** Writes last uses; called with several at once, at most every few seconds. */
  touch(uses: readonly KeyUse[]): Promise<void>;
  /**
   * Calls back with the id of a key that was revoked or changed, also by another process where the store notifies. Returns a function that
   * unsubscribes.
   */
  onChanged(listener: (keyId: string) => void): () => void;
}
