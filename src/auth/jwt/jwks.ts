import { FozError, SteadyClock } from '../../core/index.ts';
import { freshnessOf } from '../freshness.ts';
import { readLimited } from '../read-limited.ts';
import { type IssuerKeys, PublicKey, type SigningKey, type TokenHeader } from './keys.ts';

export interface RemoteKeysOptions {
  readonly url: string;
  readonly timeoutMs?: number;
  /** How long keys are taken without asking again when the answer does not say; 10 minutes unless told. */
  readonly maxAgeMs?: number;
  /** Least time between two questions because of a key that is not in the set; 30 s unless told. */
  readonly coolDownMs?: number;
  /** How long keys are still taken while their server does not answer; 24 hours unless told. */
  readonly staleMs?: number;
}

const defaults = {
  timeoutMs: 5000,
  maxAgeMs: 10 * 60_000,
  coolDownMs: 30_000,
  staleMs: 24 * 3_600_000,
};
/**
 * Bounds for what the answer says about its age, for its size, and for the wait after failures; and how long after their age keys are
 * taken while they are read in the background: where nobody has asked for longer, whoever comes first waits.
 */
const bounds = {
  leastAgeMs: 60_000,
  mostAgeMs: 24 * 3_600_000,
  bytes: 512 * 1024,
  keys: 200,
  backOffMs: 60_000,
  overdueMs: 120_000,
};

interface Loaded {
  readonly keys: readonly PublicKey[];
  readonly freshUntil: number;
}

/** The public keys of an issuer, read from a URL, kept, and read again when they are old or a token names one that is not there. */
export class RemoteKeys implements IssuerKeys {
  readonly #options: Required<RemoteKeysOptions>;
  #loaded: Loaded | undefined;
  #loading: Promise<void> | undefined;
  readonly #clock = new SteadyClock();
  #failures = 0;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(options: RemoteKeysOptions) {
    this.#options = { ...defaults, ...options };
  }

  believes(key: SigningKey, at: number): boolean {
    const now = this.#clock.at(at);
    if (!this.#isTrusted(now) || this.#isOverdue(now)) return false;
    return !this.#isWithdrawn(key, now);
  }

  isWithdrawn(key: SigningKey, at: number): boolean {
    return this.#isWithdrawn(key, this.#clock.at(at));
  }

  #isWithdrawn(key: SigningKey, now: number): boolean {
    this.#keepFresh(now);
    return this.#loaded?.keys.some((one) => one === key) !== true;
  }

  /** The keys that fit a token. Rejects with FozError `unavailable` when there are none at all and none can be had. */
  async candidates(header: TokenHeader, at: number): Promise<readonly PublicKey[]> {
    const now = this.#clock.at(at);
    if (!this.#isTrusted(now)) await this.#mustAsk(now);
    else if (this.#isOverdue(now)) await this.#ask(now).catch(() => {});
    else this.#keepFresh(now);
    const fitting = this.#fitting(header);
    if (fitting.length > 0 || !this.#mayAskForMore(now)) return fitting;
    await this.#ask(now).catch(() => {});
    return this.#fitting(header);
  }

  /** Starts reading again in the background when the keys are old. Never waits, never throws. */
  #keepFresh(now: number): void {
    const loaded = this.#loaded;
    if (loaded !== undefined && now >= loaded.freshUntil && this.#mayAsk(now)) this.#ask(now).catch(() => {});
  }

  /** Whether keys can be believed at all without having been read again. */
  #isTrusted(now: number): boolean {
    return this.#loaded !== undefined && now - this.#loaded.freshUntil <= this.#options.staleMs;
  }

  /** Whether keys are old and nobody has asked for them since: a key may have been withdrawn long ago. */
  #isOverdue(now: number): boolean {
    return now - Math.max(this.#loaded?.freshUntil ?? 0, this.#askedAt) > bounds.overdueMs;
  }

  #fitting(header: TokenHeader): readonly PublicKey[] {
    return this.#loaded!.keys.filter(
      (key) => key.fits(header) && (header.kid === undefined || key.kid === header.kid),
    );
  }

  /** Whether a key that is not in the set is a reason to ask now. */
  #mayAskForMore(now: number): boolean {
    if (this.#loading !== undefined) return true;
    return now - this.#askedAt >= this.#options.coolDownMs && this.#mayAsk(now);
  }

  /** After failures the wait doubles from one second to a minute. */
  #mayAsk(now: number): boolean {
    if (this.#failures === 0) return true;
    return now - this.#askedAt >= Math.min(1000 * 2 ** (this.#failures - 1), bounds.backOffMs);
  }

  async #mustAsk(now: number): Promise<void> {
    if (this.#loading === undefined && !this.#mayAsk(now)) throw unavailable('asked a moment ago');
    await this.#ask(now);
  }

  #ask(now: number): Promise<void> {
    this.#loading ??= this.#load(now).finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #load(now: number): Promise<void> {
    this.#askedAt = now;
    try {
      const { keys, ageMs } = await this.#fetch();
      const former = this.#loaded?.keys;
      if (former === undefined && keys.length === 0) throw unavailable('no public key in the set');
      // A key that stays is the same object, by which what it has verified is known.
      const kept = keys.map((key) => former?.find(({ print }) => print === key.print) ?? key);
      this.#loaded = { keys: kept, freshUntil: now + ageMs };
      this.#failures = 0;
    } catch (error) {
      this.#failures++;
      throw error instanceof FozError
        ? error
        : unavailable(error instanceof Error ? error.message : String(error));
    }
  }

  async #fetch(): Promise<{ keys: readonly PublicKey[]; ageMs: number }> {
    const { url, timeoutMs, maxAgeMs } = this.#options;
    const answer = await fetch(url, {
      headers: { accept: 'application/jwk-set+json, application/json' },
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (answer.status !== 200) {
      await answer.body?.cancel();
      throw unavailable(`status ${answer.status}`);
    }
    const keys = publicKeys(JSON.parse(await readLimited(answer, bounds.bytes)));
    const told = freshnessOf(answer.headers, Date.now()) ?? maxAgeMs;
    return { keys, ageMs: Math.min(Math.max(told, bounds.leastAgeMs), bounds.mostAgeMs) };
  }
}

/** The keys of a set that can be used: what is secret, too weak or not known is left out. */
function publicKeys(value: unknown): readonly PublicKey[] {
  const keys = (value as { readonly keys?: unknown } | null)?.keys;
  if (!Array.isArray(keys)) throw unavailable('no key set');
  return keys.slice(0, bounds.keys).flatMap((key) => PublicKey.ofJwk(key) ?? []);
}

function unavailable(why: string): FozError {
  return new FozError(
    'unavailable',
    'Tokens of this issuer cannot be checked now: its keys cannot be read.',
    {
      internal: why,
    },
  );
}
