/**
 * Converts wall-clock times to times that never decrease, so that durations stay right when the clock is set back. A
 * clock that is set forward looks like time that has passed.
 */
export class SteadyClock {
  #last = Number.NEGATIVE_INFINITY;
  #behind = 0;

  /** The steady time of a wall-clock time, both in milliseconds. */
  at(now: number): number {
    if (now < this.#last) this.#behind += this.#last - now;
    this.#last = now;
    return now + this.#behind;
  }
}
