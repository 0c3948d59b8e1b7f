import { Cron } from 'croner';
import type { ScheduleDefinition } from '../definition.ts';

/** Most due times that are made up for. */
export const mostMissed = 1_000;

/** The due times of a schedule. */
export class DueTimes {
  readonly #cron: Cron;

  /** Throws for an expression that is none. */
  constructor({ cron, timezone = 'UTC' }: Pick<ScheduleDefinition, 'cron' | 'timezone'>) {
    this.#cron = new Cron(cron, { timezone, paused: true });
  }

  /** The first due time after `from`; `null`: none comes. All times are milliseconds since 1970. */
  next(from: number): number | null {
    return this.#cron.nextRun(new Date(from))?.getTime() ?? null;
  }

  /** The last due times after `after` and up to `until`, oldest first, `most` at most. */
  between(after: number, until: number, most = mostMissed): readonly number[] {
    // Usually at most one has come, and looking for more of them takes time.
    const few = this.#before(after, until, Math.min(2, most));
    return few.length < 2 || most <= 2 ? few : this.#before(after, until, most);
  }

  #before(after: number, until: number, most: number): readonly number[] {
    const found = this.#cron.previousRuns(most + 1, new Date(until + 1_000)).map((date) => date.getTime());
    return found
      .filter((time) => time > after && time <= until)
      .sort((a, b) => a - b)
      .slice(-most);
  }
}

/** A single due time. */
export class OneTime {
  readonly #at: number;

  /** `at`: ISO 8601, without an offset in the time zone. Throws for a text that is no time. */
  constructor({ at, timezone = 'UTC' }: { readonly at: string; readonly timezone?: string }) {
    const next = new Cron(at, { timezone, paused: true }).nextRun(new Date(0));
    if (next === null) throw new RangeError('The time is before 1970.');
    this.#at = next.getTime();
  }

  next(from: number): number | null {
    return this.#at > from ? this.#at : null;
  }

  between(after: number, until: number): readonly number[] {
    return this.#at > after && this.#at <= until ? [this.#at] : [];
  }
}
