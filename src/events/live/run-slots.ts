interface Caller {
  running: number;
  readonly waiting: (() => void)[];
}

/**
 * Slots for the runs of subscriptions: bounds the concurrent runs, in total and per caller. Callers with waiting runs take turns, so
 * a caller with many slow queries does not delay others.
 */
export class RunSlots {
  readonly #most: number;
  readonly #mostPerCaller: number;
  /** Callers with running or waiting runs, in the order of their turns. */
  readonly #callers = new Map<string, Caller>();
  #running = 0;

  /** `mostPerCaller`: by default half of `most`, but at least one. */
  constructor(most: number, mostPerCaller = Math.max(1, Math.floor(most / 2))) {
    this.#most = most;
    this.#mostPerCaller = mostPerCaller;
  }

  /** Runs `body` as soon as there is a slot for the caller. */
  async run<T>(name: string, body: () => Promise<T>): Promise<T> {
    const caller = this.#caller(name);
    if (this.#running < this.#most && caller.running < this.#mostPerCaller) this.#enter(caller);
    else await new Promise<void>((resolve) => caller.waiting.push(resolve));
    try {
      return await body();
    } finally {
      this.#running--;
      caller.running--;
      if (caller.running === 0 && caller.waiting.length === 0) this.#callers.delete(name);
      this.#next();
    }
  }

  #caller(name: string): Caller {
    let caller = this.#callers.get(name);
    if (caller === undefined) {
      caller = { running: 0, waiting: [] };
      this.#callers.set(name, caller);
    }
    return caller;
  }

  #enter(caller: Caller): void {
    this.#running++;
    caller.running++;
  }

  /** Passes the free slot to the caller whose turn it is. */
  #next(): void {
    for (const [name, caller] of this.#callers) {
      if (caller.waiting.length === 0 || caller.running >= this.#mostPerCaller) continue;
      this.#enter(caller);
      this.#callers.delete(name);
      this.#callers.set(name, caller);
      caller.waiting.shift()!();
      return;
    }
  }
}
