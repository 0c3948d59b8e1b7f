const over = { value: undefined, done: true } as const;

/**
 * Passes values to one reader. A reader that is slower than the values gets the newest one; those in between are dropped. A long
 * value is not kept for a reader that does not wait: `onMissed` makes it again when the reader asks.
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
   * `onLeave`: called once, when the reader or the sequence ends. `onMissed`: called when the reader asks for a value that was not
   * kept.
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

  /** Notes that there is a new value which is not kept. Called only while the reader does not wait. */
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

  /** Called by the reader when it stops reading. */
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
