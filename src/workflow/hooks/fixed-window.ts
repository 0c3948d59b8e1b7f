/** Counts requests, or amounts such as bytes, in windows, each of which begins with its first request. */
export class FixedWindow {
  readonly #most: number;
  readonly #ms: number;
  #start = Number.NEGATIVE_INFINITY;
  #count = 0;

  constructor({ requests, seconds }: { readonly requests: number; readonly seconds: number }) {
    this.#most = requests;
    this.#ms = seconds * 1000;
  }

  /** Counts a request, or an amount. Returns the seconds until the next one may come; `null`: this one may. */
  take(amount = 1): number | null {
    const now = performance.now();
    if (now - this.#start >= this.#ms) {
      this.#start = now;
      this.#count = 0;
    }
    this.#count += amount;
    return this.#count <= this.#most ? null : this.#left(now);
  }

  /** The seconds until the next request may come, without counting one; `null`: it may come now. */
  get wait(): number | null {
    const now = performance.now();
    return now - this.#start >= this.#ms || this.#count < this.#most ? null : this.#left(now);
  }

  #left(now: number): number {
    return Math.ceil((this.#start + this.#ms - now) / 1000);
  }
}
