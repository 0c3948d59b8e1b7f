import type { Claim, ClaimLimit } from '../../store/index.ts';

/** How many jobs of a queue this process may work on. */
export interface QueueLimit {
  readonly atOnce: number;
  /** Milliseconds in which no more are begun; 0: they may be begun now. */
  readonly waitMs: number;
}

/** Limits of queues in this process, which may change at any time. */
export class QueueLimits {
  readonly #ofKind = new Map<string, (queue: string) => QueueLimit | null>();

  /** Sets where the limits of a kind of queue are looked up at each claim. */
  set(kind: string, limitOf: (queue: string) => QueueLimit | null): void {
    this.#ofKind.set(kind, limitOf);
  }

  /** The number of jobs of a queue that may be claimed; `null`: this process does not limit it. */
  of({ name, kind }: { readonly name: string; readonly kind: string }, running: Iterable<Claim>) {
    const limit = this.#ofKind.get(kind)?.(name) ?? null;
    if (limit === null) return null;
    let most = limit.atOnce;
    for (const { queue } of running) if (queue === name) most--;
    return { most: Math.max(0, most), waitMs: limit.waitMs } satisfies ClaimLimit;
  }
}
