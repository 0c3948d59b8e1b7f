/** A session of a person who signed in, as it is stored. Times in milliseconds since 1970. */
export interface SessionRecord {
  readonly id: string;
  /** The result of `sessionHash`. */
  readonly hash: string;
  readonly userId: string;
  /** The name of the provider that the person signed in with. */
  readonly provider: string;
  /** Roles by the rules of the provider and those given by hand. */
  readonly roles: readonly string[];
  readonly defaultRole: string | null;
  /** Session variables, names without prefix. */
  readonly variables: Readonly<Record<string, string>>;
  readonly lastUsedAt: number;
  /** The end of the session in any case. */
  readonly expiresAt: number;
  /** The time without a request after which it ends. */
  readonly idleMs: number;
}

/** The last use of a session. */
export interface SessionUse {
  readonly id: string;
  readonly at: number;
  readonly address: string | null;
}

/** The storage of sessions. */
export interface SessionRepository {
  /**
   * The sessions with these hashes, without those that were ended and those of disabled users. Rejects with FozError `unavailable` when the
   * storage cannot be read.
   */
  find(hashes: readonly string[]): Promise<readonly SessionRecord[]>;
  /** Writes last uses; called with several at once, at most every few seconds. */
  touch(uses: readonly SessionUse[]): Promise<void>;
  /**
   * Calls back when the session or the user with this id has changed, or a session ended, also by another process. `null`: any of them.
   * Returns a function that unsubscribes.
   */
  onChanged(listener: (id: string | null) => void): () => void;
}
