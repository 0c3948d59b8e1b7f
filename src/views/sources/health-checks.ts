import type { CheckSchedule } from './check-schedule.ts';
import type { AttachedSource } from './source.ts';

/** The delay before the first retry. It doubles with each failure, up to the longest one. */
const retryMs = { first: 500, most: 15_000 };
/** The longest time between two checks of a source, and the longest time of one check, in milliseconds. */
const healthMs = 5_000;

export interface HealthChecksOptions {
  readonly scheduleOf: (source: AttachedSource) => CheckSchedule;
  readonly isAttached: (source: AttachedSource) => boolean;
  /** Introspects a source whose schema may have changed: a check says so, or the source did not answer for some time. */
  readonly introspect: (source: AttachedSource) => Promise<void>;
  /** Called when a source does not answer. */
  readonly lost: (source: AttachedSource, error: unknown) => void;
}

/** Checks again and again whether the sources answer, and whether their schemas have changed. */
export class HealthChecks {
  readonly #options: HealthChecksOptions;
  readonly #timers = new Map<AttachedSource, NodeJS.Timeout>();
  /** Sources with a check in progress. */
  readonly #checking = new Set<AttachedSource>();
  #isClosed = false;

  constructor(options: HealthChecksOptions) {
    this.#options = options;
  }

  /** Checks a source from now on. `isLost`: it does not answer now, so it is checked sooner. */
  watch(source: AttachedSource, { isLost }: { readonly isLost: boolean }): void {
    this.#later(source, isLost ? retryMs.first : this.#everyMs(source));
  }

  stop(source: AttachedSource): void {
    clearTimeout(this.#timers.get(source));
    this.#timers.delete(source);
  }

  isChecking(source: AttachedSource): boolean {
    return this.#checking.has(source);
  }

  /** Checks a source now instead of at its next turn. */
  now(source: AttachedSource): void {
    clearTimeout(this.#timers.get(source));
    void this.#check(source, retryMs.first / 2);
  }

  close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  #everyMs(source: AttachedSource): number {
    const schedule = this.#options.scheduleOf(source);
    return schedule.hasChecks ? Math.min(healthMs, schedule.everyMs) : healthMs;
  }

  #later(source: AttachedSource, delayMs: number): void {
    if (this.#isClosed || !this.#options.isAttached(source)) return;
    const timer = setTimeout(() => void this.#check(source, delayMs), delayMs);
    timer.unref();
    this.#timers.set(source, timer);
  }

  /** `delayMs`: the delay before this check. */
  async #check(source: AttachedSource, delayMs: number): Promise<void> {
    const wasAvailable = source.status.state === 'available';
    this.#checking.add(source);
    try {
      if (!wasAvailable || (await this.#seemsChanged(source))) await this.#options.introspect(source);
      this.#later(source, this.#everyMs(source));
    } catch (error) {
      this.#options.lost(source, error);
      this.#later(source, wasAvailable ? retryMs.first : Math.min(delayMs * 2, retryMs.most));
    } finally {
      this.#checking.delete(source);
    }
  }

  /** Checks for schema changes where that is due, else by a ping. Rejects with FozError if the source does not answer. */
  async #seemsChanged(source: AttachedSource): Promise<boolean> {
    const schedule = this.#options.scheduleOf(source);
    const signal = AbortSignal.timeout(healthMs);
    if (schedule.isDue()) return schedule.checked(await source.connector.changeHint(signal));
    await source.connector.ping(signal);
    return false;
  }
}
