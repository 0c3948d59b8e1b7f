/**
 * Makes times that never go back from those of the wall clock, which may be set back: durations are counted with them. Setting the
 * clock forwards looks like time that has passed.
 */
export class SteadyClock {
  #last = Number.NEGATIVE_INFINITY;
  #behind = 0;

  /** The steady time of a moment by the wall clock, both in milliseconds. */
  at(now: number): number {
    if (now < this.#last) this.#behind += this.#last - now;
    this.#last = now;
    return now + this.#behind;
  }
}
