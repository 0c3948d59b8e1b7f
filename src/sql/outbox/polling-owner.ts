import { type EndSignal, type FozError, pause } from '../../core/index.ts';
import { streamClosed } from '../stream-errors.ts';
import type { Ownership } from './parts.ts';

/** The lock on an outbox that is polled, for engines that cannot notify a reader of new changes. */
export class PollingOwner implements Ownership {
  readonly #intervalMs: number;
  readonly #release: () => unknown;
  readonly #mayHaveChanged: () => Promise<boolean>;
  #lost: FozError | null = null;

  /** `mayHaveChanged`: a cheap check before the outbox is read; rejects with FozError when the lock is lost. */
  constructor(
    intervalMs: number,
    release: () => unknown = () => {},
    mayHaveChanged: () => Promise<boolean> = async () => true,
  ) {
    this.#intervalMs = intervalMs;
    this.#release = release;
    this.#mayHaveChanged = mayHaveChanged;
  }

  async wait(signal: EndSignal): Promise<void> {
    do {
      if (this.#lost !== null) throw this.#lost;
      if (signal.aborted) return;
      await pause(this.#intervalMs, signal);
    } while (!(await this.#mayHaveChanged()));
  }

  async release(): Promise<void> {
    this.#lost ??= streamClosed();
    await this.#release();
  }
}
