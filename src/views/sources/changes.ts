/** Most of the time that introspection without a result may take, as a share: a large catalog is read less often. */
const share = { looked: 1 / 200, doubted: 1 / 20 } as const;
const leastMs = { betweenReadings: 60_000, doubted: 1_000 } as const;

/** Seconds between two looks for a changed schema, unless the configuration says otherwise. */
export const standardCheckSeconds = 5;

/**
 * Schedules change checks of a source and its introspection. A check costs the database next to nothing, and tells whether the schema
 * may have changed. Since it misses some changes, the source is also introspected when the last time was long ago.
 */
export class Changes {
  readonly #seconds: number;
  #hint: string | null = null;
  #tookMs = 0;
  #readAt = Number.NEGATIVE_INFINITY;
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** The last reading has found nothing that was not known. */
  #isQuiet = false;

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
    const rest = this.#tookMs / share.looked;
    if (hint !== this.#hint) return !this.#isQuiet || since >= rest;
    return since >= Math.max(rest, leastMs.betweenReadings);
  }

  /** The source was read; `hint`: what a look found before that. `changed`: it is not what it was. */
  read(hint: string | null, tookMs: number, changed: boolean, now = performance.now()): void {
    this.#isQuiet = !changed;
    this.#hint = hint;
    this.#tookMs = tookMs;
    this.#readAt = now;
    this.#lookedAt = now;
  }

  /** The source could not be read. */
  failed(now = performance.now()): void {
    this.#isQuiet = true;
    this.#readAt = now;
  }

  /** Whether a statement that failed may have the source read now. */
  mayDoubt(now = performance.now()): boolean {
    const rest = Math.max(leastMs.doubted, this.#tookMs / share.doubted);
    return this.isWatched && (!this.#isQuiet || now - this.#readAt >= rest);
  }
}
