import { setTimeout as sleep } from 'node:timers/promises';
import { FozError } from '../../core/index.ts';
import type { LogLead, StoredLog } from '../../store/index.ts';
import type { SourceLogOptions } from './source-log-options.ts';

/** Milliseconds that the store has to answer. After that the source is followed without the store. */
const patienceMs = 3_000;

/** The lead of a source, as far as this process has it: one process at a time may read the source and write its log. */
export class SourceLead {
  readonly #options: Pick<SourceLogOptions, 'store' | 'source' | 'onFailure'>;
  readonly #end: AbortSignal;
  #held: LogLead | null = null;
  #isFailing = false;

  /** `end`: failures after it are not reported. */
  constructor(options: Pick<SourceLogOptions, 'store' | 'source' | 'onFailure'>, end: AbortSignal) {
    this.#options = options;
    this.#end = end;
  }

  /** The lead; `null`: another process has it, or the store does not answer. */
  get held(): LogLead | null {
    return this.#held;
  }

  /** Whether the store did not answer when the lead was last asked for. */
  get isFailing(): boolean {
    return this.#isFailing;
  }

  /** Takes the lead, if no other process has it and the store answers in time. Resolves with the stored log. Never rejects. */
  async take(): Promise<StoredLog | null> {
    try {
      if (this.#held === null) await this.#ask();
      const stored = (await this.#held?.read()) ?? null;
      this.#isFailing = false;
      return stored;
    } catch (error) {
      // One failure after another is reported once.
      if (!this.#isFailing && !this.#end.aborted) this.#options.onFailure(error);
      this.#isFailing = true;
      await this.release();
      return null;
    }
  }

  /** Gives the lead back, so that another process can take it. */
  async release(): Promise<void> {
    const lead = this.#held;
    this.#held = null;
    await lead?.release();
  }

  async #ask(): Promise<void> {
    const { store, source } = this.#options;
    const taking = store.lead(source);
    const late = sleep(patienceMs, 'late' as const, { ref: false });
    const lead = await Promise.race([taking, late]);
    if (lead === 'late') {
      void taking.then((come) => come?.release()).catch(() => {});
      throw new FozError('unavailable', 'The store does not answer in time.');
    }
    this.#held = lead;
    void lead?.ended.then(() => {
      if (this.#held === lead) this.#held = null;
    });
  }
}
