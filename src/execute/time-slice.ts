const waiting: (() => void)[] = [];

/**
 * Resolves when it is the caller's turn to continue long work. One caller continues per round of the event loop, first come first served. So
 * any number of long tasks delay other requests no longer than a single one.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(giveTurn);
  });
}

function giveTurn(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(giveTurn);
}

/** Milliseconds that one request may work before others have their turn. */
const sliceMs = 10;

/** The clock is read at every 256th entry only, since reading it costs more than most entries (a bit mask). */
const between = 0xff;

/** The time slice of a request that processes a long list. */
export class TimeSlice {
  #since = 0;

  /** Whether the time slice is over. `index`: of the next entry of the list. */
  isOver(index: number): boolean {
    if ((index & between) !== between) return false;
    const now = performance.now();
    if (this.#since === 0) this.#since = now;
    return now - this.#since >= sliceMs;
  }

  /** Lets other requests have their turn. */
  async next(): Promise<void> {
    await nextTurn();
    this.#since = performance.now();
  }
}
