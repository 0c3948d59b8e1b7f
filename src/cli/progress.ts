/** Milliseconds after which a stage is printed. A shorter one is not. */
const quietMs = 1_000;
/** Milliseconds after which it is printed again, with its duration. */
const againMs = 5_000;

/** Prints the stages of a long start; a short one prints nothing. */
export class Progress {
  readonly #print: (text: string) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(print: (text: string) => void) {
    this.#print = print;
  }

  /** Ends the current stage and begins another: `Reading the sources shop, support`. */
  stage(text: string): void {
    this.end();
    const started = performance.now();
    const printAgain = () => {
      const seconds = Math.round((performance.now() - started) / 1000);
      this.#print(seconds < 2 ? `${text} ...` : `${text} ... (${seconds} s)`);
      this.#timer = setTimeout(printAgain, againMs).unref();
    };
    this.#timer = setTimeout(printAgain, quietMs).unref();
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
