import { LRUCache } from 'lru-cache';

/** Failed attempts that are remembered at once, and for how long. */
const kept = { max: 20_000, ttl: 3_600_000 } as const;

/** How many attempts are free, and the longest wait after that, in milliseconds. */
const rules = {
  /** One account from one address. */
  pair: { free: 5, longestMs: 15 * 60_000 },
  /** Any accounts from one address, from which many people may come. */
  address: { free: 100, longestMs: 30_000 },
  /** One account from addresses from which nobody has signed in to it before. Short, since others must not lock a person out. */
  account: { free: 50, longestMs: 30_000 },
} as const;

interface Failures {
  count: number;
  /** The time of the last one. */
  last: number;
}

/**
 * Slows down guessing of passwords, in this process: after some failures each further one doubles the wait, from one second. An account that
 * is attacked from elsewhere stays open for addresses from which its person has signed in.
 */
export class BackOff {
  readonly #failures = new LRUCache<string, Failures>(kept);
  readonly #known = new LRUCache<string, true>({ max: kept.max, ttl: 30 * 24 * 3_600_000 });

  /**
   * Milliseconds until the next attempt; 0: this one may go on. It counts as failed at once, so that attempts at the same time cannot exceed
   * the number, until `succeeded`.
   */
  wait(account: string, address: string, now: number): number {
    const keys = this.#keys(account, address);
    const wait = Math.max(...keys.map(([kind, key]) => this.#waitOf(kind, key, now)));
    if (wait > 0) return wait;
    for (const [, key] of keys) {
      const known = this.#failures.get(key);
      this.#failures.set(key, { count: (known?.count ?? 0) + 1, last: now });
    }
    return 0;
  }

  /** Forgets the failures of the account at this address, and that this attempt counted elsewhere. */
  succeeded(account: string, address: string): void {
    this.takeBack(account, address);
    const pair = pairOf(account, address);
    this.#failures.delete(`pair ${pair}`);
    this.#known.set(pair, true);
  }

  /** Forgets one attempt, which was not decided. */
  takeBack(account: string, address: string): void {
    for (const [, key] of this.#keys(account, address)) {
      const known = this.#failures.get(key);
      if (known !== undefined && known.count > 0) known.count--;
    }
  }

  #keys(account: string, address: string): readonly (readonly [keyof typeof rules, string])[] {
    const pair = pairOf(account, address);
    const keys = [['pair', `pair ${pair}`] as const, ['address', `address ${address}`] as const];
    return this.#known.has(pair) ? keys : [...keys, ['account', `account ${account}`] as const];
  }

  #waitOf(kind: keyof typeof rules, key: string, now: number): number {
    const known = this.#failures.get(key);
    const { free, longestMs } = rules[kind];
    if (known === undefined || known.count < free) return 0;
    const pause = Math.min(1_000 * 2 ** Math.min(known.count - free, 30), longestMs);
    return Math.max(0, known.last + pause - now);
  }
}

function pairOf(account: string, address: string): string {
  return `${address} ${account}`;
}
