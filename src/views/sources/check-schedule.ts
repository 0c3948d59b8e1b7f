/** The largest share of time for introspection without a result, so that a large catalog is introspected less often. */
const share = { regular: 1 / 200, afterHint: 1 / 20, afterFailure: 1 / 20 } as const;
const leastMs = { betweenReadings: 60_000, afterFailure: 1_000 } as const;
/** The longest time for which a check that reports a change is not followed by introspection. */
const mostMsAfterHint = 60_000;

/** Default of the seconds between two checks for schema changes. */
export const standardCheckSeconds = 5;

/**
 * Schedules the change checks and the introspection of a source. A check is cheap for the database, and returns
 * whether the schema may have changed. It misses some changes, so the source is also introspected after a longer
 * time.
 */
export class CheckSchedule {
  readonly #seconds: number;
  #hint: string | null = null;
  #tookMs = 0;
  #readAt = Number.NEGATIVE_INFINITY;
  #checkedAt = Number.NEGATIVE_INFINITY;
  /** The last introspection found no change. */
  #isQuiet = false;

  /** `seconds` 0: no checks. */
  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  get hasChecks(): boolean {
    return this.#seconds > 0;
  }

  /** Milliseconds between two checks. */
  get everyMs(): number {
    return this.#seconds * 1000;
  }

  /** Whether a check is due. Timers may fire a little early. */
  isDue(now = performance.now()): boolean {
    return this.hasChecks && now - this.#checkedAt >= this.everyMs * 0.9;
  }

  /** Records the result of a check. Returns whether the source is to be introspected. */
  checked(hint: string | null, now = performance.now()): boolean {
    this.#checkedAt = now;
    const since = now - this.#readAt;
    // Other databases of the same server and temporary tables change the hint, too.
    if (hint !== this.#hint)
      return !this.#isQuiet || since >= Math.min(this.#tookMs / share.afterHint, mostMsAfterHint);
    return since >= Math.max(this.#tookMs / share.regular, leastMs.betweenReadings);
  }

  /** Records an introspection. `hint`: the result of the check before it. `changed`: it found changes. */
  read(hint: string | null, tookMs: number, changed: boolean, now = performance.now()): void {
    this.#isQuiet = !changed;
    this.#hint = hint;
    this.#tookMs = tookMs;
    this.#readAt = now;
    this.#checkedAt = now;
  }

  /** Records that introspection failed. */
  failed(now = performance.now()): void {
    this.#isQuiet = true;
    this.#readAt = now;
  }

  /** Whether a failed statement may trigger introspection now. */
  mayRecheck(now = performance.now()): boolean {
    const rest = Math.max(leastMs.afterFailure, this.#tookMs / share.afterFailure);
    return this.hasChecks && (!this.#isQuiet || now - this.#readAt >= rest);
  }
}
