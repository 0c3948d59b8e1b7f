const waiting: (() => void)[] = [];

/**
 * Resolves when it is the caller's turn to go on with long work. One caller goes on per round of the event loop, in the order
 * in which they asked, so that any number of them together hold up everybody else no longer than one alone.
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
const slice = 10;

/** Entries of a list after which the clock is looked at. */
const between = 0xff;

/** The turn of a request that goes through a long list. */
export class Turn {
  #since = 0;

  /** Whether others have waited for long enough, at an entry of a list. */
  isOver(index: number): boolean {
    if ((index & between) !== between) return false;
    const now = performance.now();
    if (this.#since === 0) this.#since = now;
    return now - this.#since >= slice;
  }

  /** Lets everybody else have a turn. */
  async next(): Promise<void> {
    await nextTurn();
    this.#since = performance.now();
  }
}
