import type { Actor, Session } from '../../access/index.ts';
import { type CacheState, FozError, heapPart, OwnedCache } from '../../core/index.ts';
import type { ClientAddress } from '../address.ts';
import { KeyUses } from '../api-keys/uses.ts';
import type { Authenticator } from '../authenticator.ts';
import { BatchedLookup } from '../batched-lookup.ts';
import { cookieOf, refuseForeignPage } from '../cookie.ts';
import { AccessDenied } from '../denied.ts';
import type { AuthRequest } from '../request.ts';
import type { SessionEnd } from '../session-end.ts';
import { cookieName, sessionCookie, sessionHash } from './cookie.ts';
import { KnownSession, sessionDenied } from './known-session.ts';
import type { SessionRecord, SessionRepository } from './record.ts';

export interface SessionCookieOptions {
  readonly repository: SessionRepository;
  readonly clientAddress: ClientAddress;
  /** Called when sessions in use have ended or changed. */
  readonly onEnded?: () => void;
  /** Bytes of all cached sessions together; default: a 64th of the heap, 32 MiB at most. */
  readonly cacheBytes?: number;
}

/** The settings that may change while sessions run. */
export interface SessionRules {
  /** The names of all providers: sessions of others are refused. */
  readonly providers: ReadonlySet<string>;
  /** Origins, besides the server's own, whose pages may send the cookie. */
  readonly origins: ReadonlySet<string>;
  /** Whether the cookie is accepted without the prefix that HTTPS demands, on a server that only this machine reaches. */
  readonly isPlain: boolean;
}

/** Ages of a cached session, in milliseconds: it is read again in the background; it is no longer accepted without reading it again. */
const ages = { refreshMs: 900, trustMs: 1_800 } as const;
/** Length of the secret in a cookie. */
const secretLength = 43;

/** Authenticates people by the cookie that their sign-in left in the browser. */
export class SessionCookies implements Authenticator {
  readonly kind = 'session';
  readonly #options: SessionCookieOptions;
  readonly #lookup: BatchedLookup<SessionRecord>;
  readonly #uses: KeyUses;
  /** By hash. */
  readonly #known: OwnedCache<KnownSession>;
  readonly #byActor = new WeakMap<Actor, KnownSession>();
  readonly #stop: () => void;
  #rules: SessionRules = { providers: new Set(), origins: new Set(), isPlain: false };
  /** Incremented by every change notification: what was read before it is read again. */
  #changes = 0;

  constructor(options: SessionCookieOptions) {
    const { repository, cacheBytes = heapPart(1 / 64, 32 * 2 ** 20) } = options;
    this.#options = options;
    this.#lookup = new BatchedLookup('sessions', async (hashes) => {
      const found = await repository.find(hashes);
      return new Map(found.map((record) => [record.hash, record]));
    });
    this.#uses = new KeyUses({
      touch: (uses) => repository.touch(uses.map(({ keyId: id, at, address }) => ({ id, at, address }))),
    });
    this.#known = new OwnedCache('sessions', cacheBytes, 10_000);
    this.#stop = repository.onChanged((id) => this.#changed(id));
  }

  /** The cache of sessions. */
  get cache(): CacheState {
    return this.#known.state;
  }

  use(rules: SessionRules): void {
    this.#rules = rules;
  }

  credential(request: AuthRequest): string | undefined {
    return (
      cookieOf(request, cookieName(sessionCookie, true)) ??
      (this.#rules.isPlain ? cookieOf(request, cookieName(sessionCookie, false)) : undefined)
    );
  }

  identify(secret: string, request: AuthRequest, now: number): Session | Promise<Session> {
    refuseForeignPage(request, this.#rules.origins);
    if (secret.length !== secretLength) throw sessionDenied('no form of a session');
    const hash = sessionHash(secret);
    const known = this.#known.get(hash);
    const age = known === undefined ? Number.POSITIVE_INFINITY : Math.abs(now - known.readAt);
    if (known === undefined || age > ages.trustMs)
      return this.#read(hash, now).then((read) => this.#use(read, request, now));
    if (age > ages.refreshMs) this.#refresh(known, now);
    return this.#use(known, request, now);
  }

  /** An open connection counts as use of its session. */
  endOf(actor: Actor, now: number): SessionEnd | null {
    const known = this.#byActor.get(actor);
    if (known === undefined || known.ended !== null) return known?.ended ?? 'changed';
    if (!this.#rules.providers.has(known.record.provider)) return 'revoked';
    if (known.isOver(now)) return 'expired';
    this.#touch(known, now, null);
    if (now - known.readAt > ages.refreshMs) this.#refresh(known, now);
    return null;
  }

  async close(): Promise<void> {
    this.#stop();
    await this.#uses.flush();
  }

  #use(known: KnownSession, request: AuthRequest, now: number): Session {
    const { record } = known;
    if (!this.#rules.providers.has(record.provider)) throw sessionDenied('its provider is gone');
    if (known.isOver(now)) throw sessionDenied(`${record.id}: expired`);
    const session = known.sessions.of(request);
    this.#touch(known, now, this.#options.clientAddress(request));
    return session;
  }

  #touch(known: KnownSession, now: number, address: string | null): void {
    known.lastUsedAt = Math.max(known.lastUsedAt, now);
    this.#uses.add(known.record.id, now, address);
  }

  #changed(id: string | null): void {
    this.#changes++;
    const now = Date.now();
    const found = [...this.#known.values()].filter(
      ({ record }) => id === null || record.id === id || record.userId === id,
    );
    for (const known of found) {
      // The next request reads it again, whatever becomes of the read below.
      known.readAt = Number.NEGATIVE_INFINITY;
      known.isRefreshing = false;
      this.#refresh(known, now);
    }
  }

  /** Reads a session again in the background. While the store is down nothing changes; requests are refused when `trustMs` is over. */
  #refresh(known: KnownSession, now: number): void {
    if (known.isRefreshing) return;
    known.isRefreshing = true;
    this.#read(known.record.hash, now, known)
      .catch(() => {})
      .finally(() => {
        known.isRefreshing = false;
      });
  }

  async #read(hash: string, now: number, former = this.#known.peek(hash)): Promise<KnownSession> {
    const record = await this.#find(hash);
    if (record === undefined) {
      this.#end(former, hash, 'revoked');
      throw sessionDenied('unknown or ended');
    }
    if (former?.ended === null && former.renew(record, now)) {
      this.#keep(former);
      return former;
    }
    this.#end(former, hash, 'changed');
    const known = new KnownSession(record, now);
    this.#byActor.set(known.sessions.actor, known);
    this.#keep(known);
    return known;
  }

  #keep(known: KnownSession): void {
    if (this.#known.peek(known.record.hash) !== known)
      this.#known.set(known.record.hash, known, known.sessions.owner, known.bytes);
  }

  #end(known: KnownSession | undefined, hash: string, reason: SessionEnd): void {
    this.#known.delete(hash);
    if (known === undefined || known.ended !== null) return;
    known.ended = reason;
    this.#options.onEnded?.();
  }

  /** Reads again when a change was notified meanwhile; at most twice, since `trustMs` bounds the age anyway. */
  async #find(hash: string): Promise<SessionRecord | undefined> {
    try {
      for (let more = 2; ; more--) {
        const changes = this.#changes;
        const record = await this.#lookup.find(hash);
        if (changes === this.#changes || more === 0) return record;
      }
    } catch (error) {
      if (error instanceof AccessDenied || error instanceof FozError) throw error;
      throw new FozError('unavailable', 'Sessions cannot be checked now: the store does not answer.', {
        internal: error instanceof Error ? error.message : String(error),
        cause: error,
      });
    }
  }
}
