import type { RunEvent } from '../../store/index.ts';

/** A shorter wait is not worth a transaction. */
const shortestParkMs = 50;
/** A run that waits for an event alone looks for it again after ten years. */
const longestParkMs = 10 * 365 * 86_400_000;
/** While other strands work, an event is looked for after these milliseconds; the pauses become longer. */
const firstLookMs = 50;
const lastLookMs = 2_000;

/** How long a run waits in which all strands only wait, so that no worker needs to hold it. */
export interface Parked {
  readonly afterMs: number;
  /** The event that may let it go on earlier. */
  readonly events: readonly RunEvent[];
}

/**
 * The parts of a run that go on at the same time. While one of them works, the others wait in memory. When all of them wait, the run is
 * given back to its queue until the first of them goes on.
 */
export class Strands {
  #count = 1;
  readonly #waiting = new Set<{ readonly at: number; readonly event?: RunEvent }>();
  /** When the times of steps end that have one. */
  readonly #limits = new Set<{ readonly at: number }>();
  #park: (parked: Parked) => void = () => {};
  readonly parked = new Promise<Parked>((resolve) => {
    this.#park = resolve;
  });

  /** Whether no other part of the run goes on at the same time. */
  get isAlone(): boolean {
    return this.#count === 1;
  }

  /** A strand is divided into `count` others, and goes on when they have ended. */
  divide(count: number): void {
    this.#count += count - 1;
    this.#look();
  }

  /** A strand has ended. `isLast`: it was the last of those that one was divided into, which goes on now. */
  end(isLast: boolean): void {
    if (isLast) return;
    this.#count--;
    this.#look();
  }

  /** A step has a time: the run is not parked beyond its end. Returns a function that ends this. */
  limit(ms: number): () => void {
    const entry = { at: performance.now() + ms };
    this.#limits.add(entry);
    return () => void this.#limits.delete(entry);
  }

  /** Waits. If all strands wait, this never resolves, and `parked` does. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (ms <= 0) return;
    const entry = { at: performance.now() + ms };
    this.#waiting.add(entry);
    this.#look();
    try {
      await sleep(ms, signal);
    } finally {
      this.#waiting.delete(entry);
    }
  }

  /** Waits for an event. If all strands wait, this never resolves, and `parked` does. `look`: whether it has come. */
  async waitFor(event: RunEvent, look: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
    const entry = { at: Number.POSITIVE_INFINITY, event };
    this.#waiting.add(entry);
    this.#look();
    try {
      for (let pause = firstLookMs; ; pause = Math.min(2 * pause, lastLookMs)) {
        await sleep(pause, signal);
        if (await look()) return;
      }
    } finally {
      this.#waiting.delete(entry);
    }
  }

  #look(): void {
    if (this.#waiting.size < this.#count) return;
    // Another strand may end its wait in this turn of the event loop.
    setImmediate(() => {
      if (this.#waiting.size === 0 || this.#waiting.size < this.#count) return;
      const first = Math.min(...[...this.#waiting, ...this.#limits].map(({ at }) => at));
      const afterMs = Math.min(first - performance.now(), longestParkMs);
      const events = [...this.#waiting].flatMap(({ event }) => (event === undefined ? [] : [event]));
      if (afterMs >= shortestParkMs) this.#park({ afterMs, events });
    });
  }
}

/** The longest time of a timer; a longer wait is always parked. */
export const longestMs = 2 ** 31 - 1;

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const timer = setTimeout(done, Math.min(ms, longestMs));
    timer.unref();
    const aborted = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    function done() {
      signal.removeEventListener('abort', aborted);
      resolve();
    }
    signal.addEventListener('abort', aborted, { once: true });
  });
}
