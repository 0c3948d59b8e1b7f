import { type FozError, HeldBytes } from '../core/index.ts';

/** Counts the rows of one statement as they arrive, before they are kept. */
export class ArrivingRows {
  /** The number of rows that have arrived, including dropped ones. */
  count = 0;
  /** Why further rows are dropped; `null`: they are admitted. */
  refusal: FozError | null = null;
  readonly #held: HeldBytes;
  readonly #isStored: () => boolean;
  readonly #cancel: () => void;

  /**
   * `isStored`: the statement is a write that commits by itself. It has happened when its rows arrive, so it is not cancelled, and is
   * reported as stored. `cancel`: cancels the statement on the server.
   */
  constructor(held: HeldBytes | undefined, isStored: () => boolean, cancel: () => void) {
    this.#held = held ?? new HeldBytes(null);
    this.#isStored = isStored;
    this.#cancel = cancel;
  }

  /**
   * Whether a row, or a part of one (`isNew` false), may be kept. The first row over the limit of held bytes cancels the statement; the rows
   * after it are dropped.
   */
  admits(bytes: number, isNew = true): boolean {
    if (isNew) this.count++;
    if (this.refusal !== null) return false;
    this.refusal = this.#held.take(bytes);
    if (this.refusal === null) return true;
    if (!this.#isStored()) this.#cancel();
    return false;
  }
}
