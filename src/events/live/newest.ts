const over = { value: undefined, done: true } as const;

/**
 * Passes values to one reader who may be slower than they come: it gets the newest one, and those in between are dropped.
 */
export class Newest<T> implements AsyncIterableIterator<T, undefined> {
  readonly #onLeave: () => void;
  #value: { readonly value: T } | null = null;
  #isOver = false;
  #wake: (() => void) | null = null;
  #hasLeft = false;

  /** `onLeave`: called once, when the reader wants no more or there is no more. */
  constructor(onLeave: () => void) {
    this.#onLeave = onLeave;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  put(value: T): void {
    this.#value = { value };
    this.#wake?.();
  }

  /** Ends the sequence after the last value. */
  end(): void {
    this.#isOver = true;
    this.#leave();
    this.#wake?.();
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    while (this.#value === null && !this.#isOver)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    this.#wake = null;
    const ready = this.#value;
    this.#value = null;
    return ready === null ? over : { value: ready.value, done: false };
  }

  /** The reader wants no more. */
  async return(): Promise<IteratorResult<T, undefined>> {
    this.#value = null;
    this.end();
    return over;
  }

  #leave(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#onLeave();
  }
}
