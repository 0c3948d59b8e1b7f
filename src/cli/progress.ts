/** A stage that takes longer is named, and named again with its seconds. */
const quietMs = 1_000;
const againMs = 5_000;

/** Tells what a long start is doing; a short one says nothing. */
export class Progress {
  readonly #tell: (text: string) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(tell: (text: string) => void) {
    this.#tell = tell;
  }

  /** The work before has ended, and `text` (`Reading the sources shop, support`) begins. */
  stage(text: string): void {
    this.end();
    const started = performance.now();
    const tellAgain = () => {
      const seconds = Math.round((performance.now() - started) / 1000);
      this.#tell(seconds < 2 ? `${text} ...` : `${text} ... (${seconds} s)`);
      this.#timer = setTimeout(tellAgain, againMs).unref();
    };
    this.#timer = setTimeout(tellAgain, quietMs).unref();
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
