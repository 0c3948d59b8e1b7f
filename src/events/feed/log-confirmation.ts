import { type EndSignal, type FozError, pause } from '../../core/index.ts';
import type { SourceLog } from '../log/source-log.ts';
import { asFozError } from './failure.ts';

/** Milliseconds that the first answer of a subscription waits for the confirmation. */
const patienceMs = 1000;
/** Milliseconds between two attempts to get it. */
const retryMs = 1000;

/** Waits until the process that reads a source has confirmed that it logs the tables which this process watches. */
export class LogConfirmation {
  readonly #kept: Pick<SourceLog, 'watching'>;
  readonly #end: EndSignal;
  readonly #onFailure: (error: FozError) => void;
  #confirming: Promise<void> | null = null;

  constructor(kept: Pick<SourceLog, 'watching'>, end: EndSignal, onFailure: (error: FozError) => void) {
    this.#kept = kept;
    this.#end = end;
    this.#onFailure = onFailure;
  }

  /** Resolves when all tables that are watched now are confirmed, or after a second. `onLate`: called if the confirmation comes later. */
  async inTime(onLate: () => void): Promise<void> {
    let isLate = false;
    const confirmed = this.#confirmed().then(() => {
      if (isLate) onLate();
    });
    await Promise.race([confirmed, pause(patienceMs, this.#end, { keepsAlive: false })]);
    isLate = true;
  }

  async #confirmed(): Promise<void> {
    // A confirmation that is awaited already may not be for the newest tables.
    await this.#confirming;
    this.#confirming ??= this.#confirm().finally(() => {
      this.#confirming = null;
    });
    await this.#confirming;
  }

  /** Asks for the confirmation until it comes. Never rejects. The first failure is reported. */
  async #confirm(): Promise<void> {
    for (let isFirst = true; !this.#end.aborted; isFirst = false) {
      try {
        return await this.#kept.watching();
      } catch (error) {
        if (isFirst && !this.#end.aborted) this.#onFailure(asFozError(error));
        await pause(retryMs, this.#end, { keepsAlive: false });
      }
    }
  }
}
