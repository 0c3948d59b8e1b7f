import type { EndSignal } from '../../core/index.ts';
import type { RunContext } from '../../plan/index.ts';

/** How long something may run. */
export interface Limits {
  readonly signal: EndSignal;
  /** On the clock of `performance.now()`; `Infinity`: none. */
  readonly deadline: number;
}

/** Something that waits or runs and has to be stopped when its request ends. */
export interface Watched extends Limits {
  /** Called once, when the signal is aborted or the deadline has passed. */
  stop(): void;
}

const periodMs = 20;

/** Looks after running statements. One look every 20 ms at all of them costs less than a timer and a listener for each. */
export class Watch {
  readonly #watched = new Set<Watched>();
  #timer: NodeJS.Timeout | null = null;

  /** Watches until `remove`. */
  add(watched: Watched): void {
    this.#watched.add(watched);
    if (this.#timer === null) this.#timer = setInterval(() => this.#look(), periodMs);
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

/** When the time of a statement that starts now is up. */
export function deadlineOf({ timeoutMs }: RunContext): number {
  return timeoutMs === null ? Number.POSITIVE_INFINITY : performance.now() + timeoutMs;
}
