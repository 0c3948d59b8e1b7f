import { type IRateLimiterRes, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { RateLimit, Session } from '../access/index.ts';
import { Refusal } from './body.ts';
import { ConcurrencySlots } from './concurrency.ts';

/** What the answer tells about rates, by the draft of the IETF on RateLimit headers. */
export type RateHeaders = Readonly<Record<string, string>>;

/** Counts requests: of each caller within its role's rate, of each key within its own, and how many run at once. */
export class Rates {
  readonly #limiters = new Map<string, RateLimiterMemory>();
  readonly #running = new ConcurrencySlots();

  /** Counts operations of one request. `caller`: who is counted. Gives headers for the answer; rejects with Refusal 429 when there were too many. */
  async count(
    session: Session,
    caller: string,
    ofRole: RateLimit | null,
    operations = 1,
  ): Promise<RateHeaders> {
    const own = session.rateLimit;
    if (own === undefined && ofRole === null) return none;
    const policies: Policy[] = [];
    if (ofRole !== null) policies.push({ name: 'role', limit: ofRole, who: `${session.role} ${caller}` });
    // With whichever of its roles a key comes.
    if (own !== undefined) policies.push({ name: 'key', limit: own, who: caller });
    const results = await Promise.all(policies.map((policy) => this.#consume(policy, operations)));
    const headers = headersOf(policies, results);
    const late = results.filter((result) => !result.allowed);
    if (late.length === 0) return headers;
    const seconds = Math.max(1, ...late.map(({ state }) => Math.ceil(state.msBeforeNext / 1000)));
    throw new Refusal(
      429,
      'limit-exceeded',
      `Too many requests: come back in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`,
      { ...headers, 'retry-after': String(seconds) },
    );
  }

  async #consume({ name, who, limit: { requests, seconds } }: Policy, points: number): Promise<Counted> {
    const policy = `${requests}/${seconds}`;
    let limiter = this.#limiters.get(policy);
    if (limiter === undefined) {
      limiter = new RateLimiterMemory({ points: requests, duration: seconds });
      this.#limiters.set(policy, limiter);
    }
    try {
      return { allowed: true, state: await limiter.consume(`${name} ${who}`, points) };
    } catch (error) {
      if (error instanceof RateLimiterRes) return { allowed: false, state: error };
      throw error;
    }
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
}

interface Counted {
  readonly allowed: boolean;
  readonly state: IRateLimiterRes & { readonly msBeforeNext: number; readonly remainingPoints: number };
}

const none: RateHeaders = {};

function headersOf(policies: readonly Policy[], results: readonly Counted[]): RateHeaders {
  const policy = policies.map(({ name, limit }) => `"${name}";q=${limit.requests};w=${limit.seconds}`);
  const state = results.map(
    ({ state: { remainingPoints, msBeforeNext } }, at) =>
      `"${policies[at]!.name}";r=${remainingPoints};t=${Math.ceil(msBeforeNext / 1000)}`,
  );
  return { 'ratelimit-policy': policy.join(', '), ratelimit: state.join(', ') };
}
