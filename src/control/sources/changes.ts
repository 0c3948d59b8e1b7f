/** Reading a source takes no more than this share of the time, however large its catalog is. */
const share = 1 / 200;
/** After a reading for a failed statement that found nothing, the next one waits for so many times what it took. */
const afterNothing = 20;
const leastMs = { betweenReadings: 60_000, afterNothing: 1_000 } as const;

/** Seconds between two looks for a changed schema, unless the configuration says otherwise. */
export const standardCheckSeconds = 5;

/**
 * When a source is looked at for a schema that has changed, and when it is read again. A look costs the database next to
 * nothing; it tells whether something may have changed. Since not every change shows there, the source is also read when
 * its last reading is long ago.
 */
export class Changes {
  readonly #seconds: number;
  #hint: string | null = null;
  #tookMs = 0;
  #readAt = Number.NEGATIVE_INFINITY;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #quietUntil = Number.NEGATIVE_INFINITY;

  /** `seconds` 0: changes are never looked for. */
  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  get isWatched(): boolean {
    return this.#seconds > 0;
  }

  /** Milliseconds between two looks. */
  get everyMs(): number {
    return this.#seconds * 1000;
  }

  /** A look is due; timers may be a little early. */
  isDue(now = performance.now()): boolean {
    return this.isWatched && now - this.#lookedAt >= this.everyMs * 0.9;
  }

  /** Whether the source is to be read again, by what a look has found. */
  looked(hint: string | null, now = performance.now()): boolean {
    this.#lookedAt = now;
    const since = now - this.#readAt;
    const least = this.#tookMs / share;
    if (since < least) return false;
    return hint !== this.#hint || since >= Math.max(least, leastMs.betweenReadings);
  }

  /** The source was read; `hint`: what a look found before that. */
  read(hint: string | null, tookMs: number, now = performance.now()): void {
    this.#hint = hint;
    this.#tookMs = tookMs;
    this.#readAt = now;
    this.#lookedAt = now;
  }

  /** Whether a statement that failed may have the source read now. */
  mayDoubt(now = performance.now()): boolean {
    return this.isWatched && now >= this.#quietUntil;
  }

  /** A reading for a failed statement has found nothing. */
  foundNothing(now = performance.now()): void {
    this.#quietUntil = now + Math.max(leastMs.afterNothing, this.#tookMs * afterNothing);
  }
}
