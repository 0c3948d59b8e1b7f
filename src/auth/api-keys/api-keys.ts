import { hash as digest } from 'node:crypto';
import type { Session } from '../../access/index.ts';
import { type CacheState, FozError, heapPart, OwnedCache } from '../../core/index.ts';
import type { ClientAddress } from '../address.ts';
import type { Authenticator } from '../authenticator.ts';
import { BatchedLookup } from '../batched-lookup.ts';
import { AccessDenied } from '../denied.ts';
import { type AuthRequest, bearerToken, header } from '../request.ts';
import { hasHash, keyLength, keyPrefix } from './format.ts';
import type { KeyRecord, KeyRepository } from './record.ts';
import { KeyUses } from './uses.ts';
import { keyDenied, VerifiedKey } from './verified.ts';

export interface ApiKeyOptions {
  readonly repository: KeyRepository;
  /** The current pepper, then former ones that are still accepted. */
  readonly peppers: readonly Uint8Array[];
  readonly clientAddress: ClientAddress;
  /** Most cached keys; default: 10,000. */
  readonly cacheSize?: number;
  /** Bytes of all cached keys together; default: a 64th of the heap, 32 MiB at most. */
  readonly cacheBytes?: number;
  /** Age after which a cached key is read again in the background; default: 900 ms. */
  readonly refreshMs?: number;
  /**
   * Greatest age at which a cached key is accepted without reading it again; default: 1,800 ms. A revocation without a notification takes
   * effect within it.
   */
  readonly trustMs?: number;
  /** How much longer cached keys are accepted while the store is down; default: 0, no access without the store. */
  readonly graceMs?: number;
  readonly useEveryMs?: number;
}

/** Authenticates by API keys in `X-API-Key` and `Authorization: Bearer foz_...`. */
export class ApiKeys implements Authenticator {
  readonly kind = 'api-key';
  readonly #options: ApiKeyOptions;
  readonly #lookup: BatchedLookup<KeyRecord>;
  readonly #uses: KeyUses;
  /** By SHA-256 of the whole key. */
  readonly #verified: OwnedCache<VerifiedKey>;
  readonly #refreshMs: number;
  readonly #trustMs: number;
  readonly #stop: () => void;
  /** Incremented by every change notification: a read that was running meanwhile is repeated. */
  #changes = 0;

  constructor(options: ApiKeyOptions) {
    this.#options = options;
    this.#lookup = new BatchedLookup('API keys', async (prefixes) => {
      const found = await options.repository.find(prefixes);
      return new Map(found.flatMap((record) => record.secrets.map(({ prefix }) => [prefix, record])));
    });
    this.#uses = new KeyUses(options.repository, options.useEveryMs);
    const { cacheBytes = heapPart(1 / 64, 32 * 2 ** 20), cacheSize = 10_000 } = options;
    this.#verified = new OwnedCache('api_keys', cacheBytes, cacheSize);
    this.#refreshMs = options.refreshMs ?? 900;
    this.#trustMs = options.trustMs ?? 1800;
    this.#stop = options.repository.onChanged((keyId) => this.forget(keyId));
  }

  /** The cache of verified keys. */
  get cache(): CacheState {
    return this.#verified.state;
  }

  credential(request: AuthRequest): string | undefined {
    const own = keyIn(header(request, 'x-api-key'));
    const other = keyIn(bearerToken(header(request, 'authorization')));
    if (own !== undefined && other !== undefined && own !== other) throw keyDenied('two different API keys');
    return own ?? other;
  }

  identify(credential: string, request: AuthRequest, now: number): Session | Promise<Session> {
    if (credential.length !== keyLength) throw keyDenied('no form of a key');
    const id = digest('sha256', credential, 'base64');
    const known = this.#verified.get(id);
    const age = known === undefined ? Number.POSITIVE_INFINITY : Math.abs(now - known.readAt);
    if (known === undefined || age > this.#trustMs)
      return this.#readThenUse(credential, id, request, now, known);
    if (age > this.#refreshMs && !known.refreshing) void this.#refresh(credential, id, known, now);
    return this.#use(known, request, now);
  }

  /** Removes a key from the cache at once, so that its next use reads it again. */
  forget(keyId: string): void {
    this.#changes++;
    for (const [id, { record }] of this.#verified.entries())
      if (record.id === keyId) this.#verified.delete(id);
  }

  async close(): Promise<void> {
    this.#stop();
    await this.#uses.flush();
  }

  #use(known: VerifiedKey, request: AuthRequest, now: number): Session {
    const address = known.check(request, this.#options.clientAddress, now);
    const session = known.sessions.of(request);
    this.#uses.add(known.record.id, now, address);
    return session;
  }

  async #readThenUse(
    credential: string,
    id: string,
    request: AuthRequest,
    now: number,
    known: VerifiedKey | undefined,
  ): Promise<Session> {
    try {
      return this.#use(await this.#read(credential, id, now), request, now);
    } catch (error) {
      if (error instanceof AccessDenied) throw error;
      const { graceMs = 0 } = this.#options;
      const age = known === undefined ? 0 : Math.abs(now - known.readAt);
      if (known !== undefined && this.#verified.peek(id) !== undefined && age <= this.#trustMs + graceMs)
        return this.#use(known, request, now);
      throw error instanceof FozError ? error : unreachableStore(error);
    }
  }

  async #refresh(credential: string, id: string, known: VerifiedKey, now: number): Promise<void> {
    known.refreshing = true;
    try {
      await this.#read(credential, id, now);
    } catch {
      // #read removes a key that no longer exists. A failure of the store takes effect when `trustMs` is over.
      known.refreshing = false;
    }
  }

  async #read(credential: string, id: string, now: number): Promise<VerifiedKey> {
    const prefix = keyPrefix(credential);
    if (prefix === undefined) throw keyDenied('no form of a key');
    const record = await this.#find(prefix);
    const before = this.#verified.peek(id);
    const secret = record?.secrets.find(
      (one) => one.prefix === prefix && hasHash(credential, one.hash, this.#options.peppers),
    );
    if (record === undefined || secret === undefined) {
      this.#verified.delete(id);
      throw keyDenied(record === undefined ? 'unknown or revoked key' : `key ${record.id}: wrong secret`);
    }
    if (before?.record.revision === record.revision) {
      before.renew(now);
      return before;
    }
    const verified = new VerifiedKey(record, secret, now);
    this.#verified.set(id, verified, verified.sessions.owner, verified.bytes);
    return verified;
  }

  /** Reads again when a change was notified meanwhile; at most twice, since `trustMs` bounds the age anyway. */
  async #find(prefix: string): Promise<KeyRecord | undefined> {
    for (let more = 2; ; more--) {
      const changes = this.#changes;
      const record = await this.#lookup.find(prefix);
      if (changes === this.#changes || more === 0) return record;
    }
  }
}

function keyIn(text: string | undefined): string | undefined {
  return text?.startsWith('foz_') ? text : undefined;
}

function unreachableStore(cause: unknown): FozError {
  return new FozError('unavailable', 'API keys cannot be checked now: the control store does not answer.', {
    internal: cause instanceof Error ? cause.message : String(cause),
    cause,
  });
}
