import { hash as digest } from 'node:crypto';
import type { RateLimit, Session } from '../access/index.ts';
import { type CacheState, heapPart, OwnedCache } from '../core/index.ts';
import { Refusal } from './body.ts';
import { ConcurrencySlots } from './concurrency.ts';

/** Response headers by the IETF draft on RateLimit headers. */
export type RateHeaders = Readonly<Record<string, string>>;

/** Requests of one caller in the current window, or the turns that it has taken. Times are those of the monotonic clock, so setting the system clock changes no window. */
interface Window {
  requests: number;
  readonly endsAt: number;
}

const windowBytes = 100;
/** Longest caller key that is stored as it is; a longer one is stored as its hash. */
const longestName = 200;

/**
 * Counts requests of each caller within its role's rate, requests of each key within its own rate, and concurrent requests. The memory for
 * windows is bounded: when there are too many callers of a role, the least recent ones lose their window and start anew.
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

  /** Counts operations of one request. `caller`: the key to count by. Returns response headers; throws Refusal 429 above a rate. */
  count(session: Session, caller: string, ofRole: RateLimit | null, operations = 1): RateHeaders {
    const own = session.rateLimit;
    if (own === undefined && ofRole === null) return none;
    const policies: Policy[] = [];
    if (ofRole !== null) policies.push({ name: 'role', limit: ofRole, who: caller, owner: session.role });
    // A key's own rate holds over all of its roles.
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

  /**
   * Takes the next turn of a caller who may have `perSecond` turns per second. Returns the milliseconds until it comes (generic cell rate
   * algorithm, ITU-T I.371, with a burst of those of one second).
   */
  turn({ role }: Session, caller: string, perSecond: number): number {
    const key = JSON.stringify(['turns', role, shortened(caller)]);
    const now = performance.now();
    const apartMs = 1000 / perSecond;
    const dueAt = Math.max(now, this.#windows.get(key)?.endsAt ?? now);
    this.#windows.set(key, { requests: 0, endsAt: dueAt + apartMs }, role, windowBytes);
    return Math.max(0, Math.ceil(dueAt - (1000 - apartMs) - now));
  }

  #consume({ name, who, owner, limit: { requests, seconds } }: Policy, operations: number): Counted {
    const key = JSON.stringify([name, requests, seconds, owner, shortened(who)]);
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
      // The difference of two fractions can be a little larger than the window.
      leftMs: Math.min(window.endsAt - now, seconds * 1000),
    };
  }

  /** Takes one of `most` concurrency slots of a caller. Returns a function that frees it. Throws Refusal 429 when all are taken. */
  enter(caller: string, most: number): () => void {
    return this.#running.take(
      caller,
      most,
      `${most} requests run already, which is as many as may: wait for one of them.`,
    );
  }
}

/** A caller as part of a key. */
function shortened(caller: string): string {
  return caller.length > longestName ? digest('sha256', caller, 'base64') : caller;
}

/** A rate, and the caller whose requests count towards it. */
interface Policy {
  readonly name: 'role' | 'key';
  readonly limit: RateLimit;
  readonly who: string;
  /** Whose share of the cache the window is in: that of the role, or that of all keys. */
  readonly owner: string;
}

interface Counted {
  readonly allowed: boolean;
  readonly remaining: number;
  /** Milliseconds until the window ends. */
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
