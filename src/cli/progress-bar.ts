/** Columns of the bar itself. */
const width = 30;

/** A bar that grows in one line of a terminal. Elsewhere nothing is printed. */
export class ProgressBar {
  readonly #stream: { readonly isTTY?: boolean; write(text: string): unknown } | null;
  #isShown = false;

  constructor(stream: { readonly isTTY?: boolean; write(text: string): unknown } | null) {
    this.#stream = stream?.isTTY === true ? stream : null;
  }

  /** Shows that `done` of about `total` are done. */
  show(done: number, total: number, perSecond?: number): void {
    if (this.#stream === null) return;
    const part = total === 0 ? 1 : Math.min(1, done / total);
    const filled = Math.round(part * width);
    const rate = perSecond === undefined ? '' : `, ${Math.round(perSecond)} rows/s`;
    const bar = `[${'#'.repeat(filled)}${'.'.repeat(width - filled)}]`;
    this.#stream.write(`\r\u001b[K${bar} ${Math.floor(part * 100)} %, ${done} of ${total}${rate}`);
    this.#isShown = true;
  }

  /** Clears the line. */
  end(): void {
    if (this.#isShown) this.#stream?.write('\r\u001b[K');
    this.#isShown = false;
  }
}
