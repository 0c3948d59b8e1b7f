import { FozError, SteadyClock } from '../../core/index.ts';
import { type HttpClient, OutboundError } from '../../outbound/index.ts';
import { freshnessOf } from '../freshness.ts';
import { type IssuerKeys, PublicKey, type SigningKey, type TokenHeader } from './keys.ts';

export interface RemoteKeysOptions {
  readonly url: string;
  readonly http: HttpClient;
  readonly timeoutMs?: number;
  /** How long a key set is fresh where the answer does not say; default: 10 minutes. */
  readonly maxAgeMs?: number;
  /** Least time between two reads because of an unknown key; default: 30 s. */
  readonly coolDownMs?: number;
  /** How long keys are still accepted while their server does not answer; default: 24 hours. */
  readonly staleMs?: number;
}

const defaults = {
  timeoutMs: 5000,
  maxAgeMs: 10 * 60_000,
  coolDownMs: 30_000,
  staleMs: 24 * 3_600_000,
};
/**
 * Bounds for the freshness that an answer may claim, for its size, and for the wait after failures. `overdueMs`: how long after their
 * freshness ends keys are still used while they are read in the background; after that, a request waits for them.
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

/** The public keys of an issuer, read from a URL and cached. They are read again when they are old or when a token names an unknown key. */
export class RemoteKeys implements IssuerKeys {
  readonly #options: Required<RemoteKeysOptions>;
  #loaded: Loaded | undefined;
  #loading: Promise<void> | undefined;
  readonly #clock = new SteadyClock();
  #failures = 0;
  #lastReadAt = Number.NEGATIVE_INFINITY;

  constructor(options: RemoteKeysOptions) {
    this.#options = { ...defaults, ...options };
  }

  trusts(key: SigningKey, at: number): boolean {
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

  /** The keys that match a token. Rejects with FozError `unavailable` when no keys could be read at all. */
  async candidates(header: TokenHeader, at: number): Promise<readonly PublicKey[]> {
    const now = this.#clock.at(at);
    if (!this.#isTrusted(now)) await this.#mustAsk(now);
    else if (this.#isOverdue(now)) await this.#read(now).catch(() => {});
    else this.#keepFresh(now);
    const fitting = this.#fitting(header);
    if (fitting.length > 0 || !this.#mayReadForUnknown(now)) return fitting;
    await this.#read(now).catch(() => {});
    return this.#fitting(header);
  }

  /** Starts a read in the background when the keys are old. Never waits, never throws. */
  #keepFresh(now: number): void {
    const loaded = this.#loaded;
    if (loaded !== undefined && now >= loaded.freshUntil && this.#mayRead(now))
      this.#read(now).catch(() => {});
  }

  /** Whether the cached keys may be used without reading them again. */
  #isTrusted(now: number): boolean {
    return this.#loaded !== undefined && now - this.#loaded.freshUntil <= this.#options.staleMs;
  }

  /** Whether the keys are so old that one of them may have been withdrawn long ago: they were not needed for a while. */
  #isOverdue(now: number): boolean {
    return now - Math.max(this.#loaded?.freshUntil ?? 0, this.#lastReadAt) > bounds.overdueMs;
  }

  #fitting(header: TokenHeader): readonly PublicKey[] {
    return this.#loaded!.keys.filter(
      (key) => key.fits(header) && (header.kid === undefined || key.kid === header.kid),
    );
  }

  /** Whether an unknown key may cause a read now. */
  #mayReadForUnknown(now: number): boolean {
    if (this.#loading !== undefined) return true;
    return now - this.#lastReadAt >= this.#options.coolDownMs && this.#mayRead(now);
  }

  /** After failures the wait doubles from one second to a minute. */
  #mayRead(now: number): boolean {
    if (this.#failures === 0) return true;
    return now - this.#lastReadAt >= Math.min(1000 * 2 ** (this.#failures - 1), bounds.backOffMs);
  }

  async #mustAsk(now: number): Promise<void> {
    if (this.#loading === undefined && !this.#mayRead(now)) throw unavailable('asked a moment ago');
    await this.#read(now);
  }

  #read(now: number): Promise<void> {
    this.#loading ??= this.#load(now).finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #load(now: number): Promise<void> {
    this.#lastReadAt = now;
    try {
      const { keys, ageMs } = await this.#fetch();
      const former = this.#loaded?.keys;
      if (former === undefined && keys.length === 0) throw unavailable('no public key in the set');
      // An unchanged key stays the same object, since tokens that it verified refer to it.
      const current = keys.map((key) => former?.find(({ print }) => print === key.print) ?? key);
      this.#loaded = { keys: current, freshUntil: now + ageMs };
      this.#failures = 0;
    } catch (error) {
      this.#failures++;
      throw error instanceof FozError && !(error instanceof OutboundError)
        ? error
        : unavailable(error instanceof Error ? error.message : String(error));
    }
  }

  async #fetch(): Promise<{ keys: readonly PublicKey[]; ageMs: number }> {
    const { url, http, timeoutMs, maxAgeMs } = this.#options;
    const answer = await http.send({
      url,
      headers: { accept: 'application/jwk-set+json, application/json' },
      totalMs: timeoutMs,
      responseBytes: bounds.bytes,
    });
    if (answer.status !== 200) throw unavailable(`status ${answer.status}`);
    const keys = publicKeys(JSON.parse(new TextDecoder().decode(answer.body)));
    const ageMs = freshnessOf(answer.headers, Date.now()) ?? maxAgeMs;
    return { keys, ageMs: Math.min(Math.max(ageMs, bounds.leastAgeMs), bounds.mostAgeMs) };
  }
}

/** The usable keys of a set: secret, weak and unknown kinds are left out. */
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
