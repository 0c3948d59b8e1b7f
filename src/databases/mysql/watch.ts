import type { EndSignal } from '../../core/index.ts';
import type { RunContext } from '../../plan/index.ts';

/** Until when something may wait or run. `deadline` is on the clock of `performance.now()`. */
export interface Limits {
  readonly signal: EndSignal;
  readonly deadline: number;
}

/** Something that waits or runs, and what to do when its time is up. */
export interface Watched extends Limits {
  stop(): void;
}

const periodMs = 20;

/** Stops what has waited or run too long, or whose request has ended. One look every 20 ms at all of it. */
export class Watch {
  readonly #watched = new Set<Watched>();
  #timer: NodeJS.Timeout | null = null;

  add(watched: Watched): void {
    this.#watched.add(watched);
    this.#timer ??= setInterval(() => this.#look(), periodMs);
  }

  remove(watched: Watched): void {
    this.#watched.delete(watched);
  }

  #look(): void {
    if (this.#watched.size === 0) {
      clearInterval(this.#timer!);
      this.#timer = null;
      return;
    }
    const now = performance.now();
    for (const watched of this.#watched) {
      if (!watched.signal.aborted && now < watched.deadline) continue;
      this.#watched.delete(watched);
      watched.stop();
    }
  }
}

/** The limits of a statement that starts now. */
export function limitsOf({ signal, timeoutMs }: RunContext): Limits {
  return { signal, deadline: timeoutMs === null ? Number.POSITIVE_INFINITY : performance.now() + timeoutMs };
}

/** For what ends a transaction: it is not part of a request any more, but must not hang. */
export function grace(ms: number): Limits {
  return { signal: never, deadline: performance.now() + ms };
}
const never = new AbortController().signal;
