const over = { value: undefined, done: true } as const;

/**
 * Passes values to one reader who may be slower than they come: it gets the newest one, and those in between are dropped. Long values
 * are not kept for a reader who does not wait: they are made again when it asks.
 */
export class Newest<T> implements AsyncIterableIterator<T, undefined> {
  readonly #onLeave: () => void;
  readonly #onMissed: () => void;
  #isMissed = false;
  #value: { readonly value: T } | null = null;
  #isOver = false;
  #wake: (() => void) | null = null;
  #hasLeft = false;

  /**
   * `onLeave`: called once, when the reader wants no more or there is no more. `onMissed`: called when the reader asks for a value that
   * was not kept.
   */
  constructor(onLeave: () => void, onMissed: () => void) {
    this.#onLeave = onLeave;
    this.#onMissed = onMissed;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Whether the reader waits for a value. */
  get isAwaited(): boolean {
    return this.#wake !== null && this.#value === null;
  }

  /** There is a new value, which is not kept. Only for a reader that does not wait. */
  miss(): void {
    this.#value = null;
    this.#isMissed = true;
  }

  put(value: T): void {
    this.#isMissed = false;
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
        if (!this.#isMissed) return;
        this.#isMissed = false;
        this.#onMissed();
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
