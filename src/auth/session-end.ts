import type { Session } from '../access/index.ts';
import type { KeyRecord, KeyRepository } from './api-keys/record.ts';

/**
 * Why a session ended while its connection is open. `changed`: the credential has changed, so the client has to authenticate again;
 * `withdrawn`: the key that the token was signed with is no longer valid.
 */
export type SessionEnd = 'expired' | 'revoked' | 'changed' | 'withdrawn';

/** Why a session has ended, as far as that is known in memory; `null`: it has not. */
export type EndOf = (session: Session, now: number) => SessionEnd | null;

/** Longest delay of a timer. */
const maxDelay = 2 ** 31 - 1;

interface Watched {
  readonly session: Session;
  readonly onEnd: (reason: SessionEnd) => void;
}

/** Notifies long-lived connections (WebSockets, event streams) when their session ends. */
export class SessionEnds {
  readonly #repository: KeyRepository | null;
  readonly #endOf: EndOf;
  readonly #everyMs: number;
  /** By prefix of the API key. */
  readonly #watched = new Map<string, Set<Watched>>();
  readonly #all = new Set<Watched>();
  readonly #stop: () => void;
  #timer: NodeJS.Timeout | undefined;
  #isReading = false;

  /** `everyMs`: how often running sessions are checked and their keys read again, for changes without a notification. */
  constructor(repository: KeyRepository | null, endOf: EndOf = () => null, everyMs = 1000) {
    this.#repository = repository;
    this.#endOf = endOf;
    this.#everyMs = everyMs;
    this.#stop = repository?.onChanged(() => void this.#readKeys()) ?? (() => {});
  }

  /** Calls `onEnd` once when the session ends. Returns a function that stops watching. */
  watch(session: Session, onEnd: (reason: SessionEnd) => void): () => void {
    const prefix = session.actor?.keyPrefix;
    let timer: NodeJS.Timeout | undefined;
    const stop = () => {
      clearTimeout(timer);
      this.#all.delete(watched);
      if (prefix !== undefined) this.#remove(prefix, watched);
      if (this.#all.size === 0) this.#rest();
    };
    const end = (reason: SessionEnd) => {
      stop();
      onEnd(reason);
    };
    const watched: Watched = { session, onEnd: end };
    this.#all.add(watched);
    this.#timer ??= setInterval(() => this.review(), this.#everyMs).unref();
    const wait = () => {
      const left = session.expiresAt! - Date.now();
      if (left <= 0) watched.onEnd('expired');
      else timer = setTimeout(wait, Math.min(left, maxDelay)).unref();
    };
    if (session.expiresAt !== undefined) timer = setTimeout(wait, 0).unref();
    if (prefix !== undefined) this.#add(prefix, watched);
    // The session may have ended between authentication and this call.
    setImmediate(() => this.#review(watched));
    return stop;
  }

  /** Ends every session that is no longer valid, and reads the keys of the others again. */
  review(): void {
    for (const watched of [...this.#all]) this.#review(watched);
    void this.#readKeys();
  }

  #review(watched: Watched): void {
    if (!this.#all.has(watched)) return;
    const now = Date.now();
    const { expiresAt } = watched.session;
    // A timer does not notice that the system clock was set forwards, so the time is compared here.
    const isExpired = expiresAt !== undefined && expiresAt <= now;
    const reason = isExpired ? 'expired' : this.#endOf(watched.session, now);
    if (reason !== null) watched.onEnd(reason);
  }

  /** Stops watching all sessions without calling back. */
  close(): void {
    this.#stop();
    this.#rest();
    this.#watched.clear();
    this.#all.clear();
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #add(prefix: string, watched: Watched): void {
    const others = this.#watched.get(prefix) ?? new Set();
    this.#watched.set(prefix, others.add(watched));
    void this.#readKeys();
  }

  #remove(prefix: string, watched: Watched): void {
    const others = this.#watched.get(prefix);
    others?.delete(watched);
    if (others?.size === 0) this.#watched.delete(prefix);
  }

  /** Reads the keys of all running sessions in one query. If the store is down no session ends; the next check follows soon. */
  async #readKeys(): Promise<void> {
    if (this.#isReading || this.#repository === null || this.#watched.size === 0) return;
    this.#isReading = true;
    try {
      const asked = [...this.#watched].map(([prefix, all]) => [prefix, [...all]] as const);
      const records = await this.#repository.find(asked.map(([prefix]) => prefix));
      const byPrefix = new Map(
        records.flatMap((record) => record.secrets.map(({ prefix }) => [prefix, record])),
      );
      for (const [prefix, all] of asked)
        for (const watched of all) {
          const reason = endByKey(watched.session, byPrefix.get(prefix));
          if (reason !== null && this.#watched.get(prefix)?.has(watched)) watched.onEnd(reason);
        }
    } catch {
      // The error is reported to the next request with a key.
    } finally {
      this.#isReading = false;
    }
  }
}

function endByKey({ actor }: Session, record: KeyRecord | undefined): SessionEnd | null {
  if (record === undefined || record.id !== actor?.keyId) return 'revoked';
  return actor.keyRevision === record.revision ? null : 'changed';
}
