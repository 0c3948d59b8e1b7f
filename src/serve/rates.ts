import { hash as digest } from 'node:crypto';
import type { RateLimit, Session } from '../access/index.ts';
import { type CacheState, heapPart, OwnedCache } from '../core/index.ts';
import { Refusal } from './body.ts';
import { ConcurrencySlots } from './concurrency.ts';

/** What the answer tells about rates, by the draft of the IETF on RateLimit headers. */
export type RateHeaders = Readonly<Record<string, string>>;

/** Requests of one caller since a moment. Times are those of the monotonic clock, so that setting the clock changes no window. */
interface Window {
  requests: number;
  readonly endsAt: number;
}

const windowBytes = 100;
/** Longest name of a caller that is kept as it is; of a longer one its hash is. */
const longestName = 200;

/**
 * Counts requests: of each caller within its role's rate, of each key within its own, and how many run at once. Windows are kept within
 * bytes: where the callers of a role are too many, those that came longest ago are counted anew.
 */
export class Rates {
  readonly #windows: OwnedCache<Window>;
  readonly #running = new ConcurrencySlots();

  constructor(maxBytes = heapPart(1 / 64, 32 * 2 ** 20)) {
    this.#windows = new OwnedCache('rates', maxBytes);
  }

  get cache(): CacheState {
    return this.#windows.state;
  }

  /** Counts operations of one request. `caller`: who is counted. Gives headers for the answer; throws Refusal 429 when there were too many. */
  count(session: Session, caller: string, ofRole: RateLimit | null, operations = 1): RateHeaders {
    const own = session.rateLimit;
    if (own === undefined && ofRole === null) return none;
    const policies: Policy[] = [];
    if (ofRole !== null) policies.push({ name: 'role', limit: ofRole, who: caller, owner: session.role });
    // With whichever of its roles a key comes.
    if (own !== undefined) policies.push({ name: 'key', limit: own, who: caller, owner: '' });
    const results = policies.map((policy) => this.#consume(policy, operations));
    const headers = headersOf(policies, results);
    const late = results.filter((result) => !result.allowed);
    if (late.length === 0) return headers;
    const seconds = Math.max(1, ...late.map(({ leftMs }) => Math.ceil(leftMs / 1000)));
    throw new Refusal(
      429,
      'limit-exceeded',
      `Too many requests: come back in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`,
      { ...headers, 'retry-after': String(seconds) },
    );
  }

  #consume({ name, who, owner, limit: { requests, seconds } }: Policy, operations: number): Counted {
    const caller = who.length > longestName ? digest('sha256', who, 'base64') : who;
    const key = JSON.stringify([name, requests, seconds, owner, caller]);
    const now = performance.now();
    let window = this.#windows.get(key);
    if (window === undefined || window.endsAt <= now) {
      window = { requests: 0, endsAt: now + seconds * 1000 };
      this.#windows.set(key, window, owner, windowBytes);
    }
    window.requests += operations;
    return {
      allowed: window.requests <= requests,
      remaining: Math.max(0, requests - window.requests),
      leftMs: window.endsAt - now,
    };
  }

  /** Takes one of `most` places of a caller; gives what gives it back. Throws Refusal 429 when all are taken. */
  enter(caller: string, most: number): () => void {
    return this.#running.take(
      caller,
      most,
      `${most} requests run already, which is as many as may: wait for one of them.`,
    );
  }
}

/** A rate, and who is counted by it. */
interface Policy {
  readonly name: 'role' | 'key';
  readonly limit: RateLimit;
  readonly who: string;
  /** Whose share of the memory it is counted in: the role's, or that of all keys. */
  readonly owner: string;
}

interface Counted {
  readonly allowed: boolean;
  readonly remaining: number;
  /** Milliseconds to the end of the window. */
  readonly leftMs: number;
}

const none: RateHeaders = {};

function headersOf(policies: readonly Policy[], results: readonly Counted[]): RateHeaders {
  const policy = policies.map(({ name, limit }) => `"${name}";q=${limit.requests};w=${limit.seconds}`);
  const state = results.map(
    ({ remaining, leftMs }, at) => `"${policies[at]!.name}";r=${remaining};t=${Math.ceil(leftMs / 1000)}`,
  );
  return { 'ratelimit-policy': policy.join(', '), ratelimit: state.join(', ') };
}
