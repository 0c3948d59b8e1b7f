/** Counts requests in windows, each of which begins with its first request. */
export class FixedWindow {
  readonly #most: number;
  readonly #ms: number;
  #start = Number.NEGATIVE_INFINITY;
  #count = 0;

  constructor({ requests, seconds }: { readonly requests: number; readonly seconds: number }) {
    this.#most = requests;
    this.#ms = seconds * 1000;
  }

  /** Counts a request. Returns the seconds until the next one may come; `null`: this one may. */
  take(): number | null {
    const now = performance.now();
    if (now - this.#start >= this.#ms) {
      this.#start = now;
      this.#count = 0;
    }
    this.#count++;
    return this.#count <= this.#most ? null : Math.ceil((this.#start + this.#ms - now) / 1000);
  }
}
