/** Most queries of one statement. */
const mostQueries = 500;
/** A statement that takes longer gets fewer queries: they wait for each other, and the database computes them one after another. */
const aimMs = 100;
/** Most characters of the answers of a statement that gets more queries the next time. */
const aimCharacters = 2 * 1024 * 1024;
/** Milliseconds until sharing is tried again after it was slower than separate runs: the first time, and at most. */
const firstRetryMs = 10_000;
const mostRetryMs = 300_000;
/** The weight of the newest run in the average. */
const newest = 0.3;

/**
 * The number of queries of the next shared statement of a plan. It begins with one, and doubles while statements are fast. A database may
 * compute a query of a set more slowly than one with parameters (it plans without knowing the values), so a plan whose shared statements are
 * slower than separate runs is run separately for a time that doubles.
 */
export class StatementSize {
  readonly #now: () => number;
  #queries = 1;
  /** The average time of a separate run in milliseconds; `null`: there was none. */
  #separateMs: number | null = null;
  #retryAt = Number.NEGATIVE_INFINITY;
  #retryMs = firstRetryMs;

  /** `now`: the clock, in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  get queries(): number {
    return this.#queries;
  }

  /** Notes a query that ran on its own. */
  ranSeparately(ms: number): void {
    const average = this.#separateMs ?? ms;
    this.#separateMs = average + newest * (ms - average);
    if (this.#queries === 1 && this.#now() >= this.#retryAt) this.#queries = 2;
  }

  /** Notes a shared statement, and the length of its answers. */
  ranTogether(queries: number, ms: number, characters: number): void {
    const separateMs = this.#separateMs ?? 0;
    const isSlower = ms > aimMs / 4 && ms > 2 * separateMs * queries;
    if (isSlower || (queries === 2 && ms > Math.max(aimMs, 1.5 * separateMs))) this.#separate();
    else if (ms > Math.max(aimMs, 1.5 * separateMs)) this.#queries = Math.max(2, Math.floor(queries / 2));
    else if (
      queries >= this.#queries &&
      ms < Math.max(aimMs / 2, 1.2 * separateMs) &&
      characters < aimCharacters
    ) {
      this.#queries = Math.min(mostQueries, this.#queries * 2);
      this.#retryMs = firstRetryMs;
    }
  }

  /** Notes a shared statement that failed. */
  failed(queries: number): void {
    if (queries <= 2) this.#separate();
    else this.#queries = Math.floor(queries / 2);
  }

  #separate(): void {
    this.#queries = 1;
    this.#retryAt = this.#now() + this.#retryMs;
    this.#retryMs = Math.min(mostRetryMs, 2 * this.#retryMs);
  }
}
