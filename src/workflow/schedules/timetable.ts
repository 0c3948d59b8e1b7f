import { failureFields } from '../../store/index.ts';
import type { WorkLog } from '../jobs/index.ts';
import { mostMissed } from './due-times.ts';

/** When something is due. All times are milliseconds since 1970. */
export interface Times {
  /** The first due time after `from`; `null`: none comes. */
  next(from: number): number | null;
  /** The last due times after `after` and up to `until`, oldest first, `most` at most. */
  between(after: number, until: number, most: number): readonly number[];
}

/** Something that is due again and again, or once. */
export interface Timed {
  readonly name: string;
  /** Another text means another schedule, for which nothing before is made up for. */
  readonly spec: string;
  readonly times: Times;
  /** Which due times count that nobody dealt with in time: none, the last one, or all. */
  readonly missed: 'skip' | 'last' | 'all';
}

/** Deals with due times, and keeps how far they have come, for all processes together. */
export interface DueKeeper<T extends Timed> {
  /** The last due time that was dealt with; a schedule that is new begins at `now`. */
  lastDue(name: string, spec: string, now: number): Promise<number>;
  /** Deals with a due time, once over all processes. */
  start(one: T, due: number): Promise<void>;
  /** Passes over all due times up to this one. */
  pass(one: T, due: number): Promise<void>;
  forget(names: readonly string[]): Promise<void>;
}

export interface TimetableOptions<T extends Timed> {
  readonly keeper: DueKeeper<T>;
  readonly log: WorkLog | undefined;
  /** The time, in milliseconds since 1970. */
  readonly now: () => number;
  /** Logged when the store did not answer. */
  readonly failed: string;
}

/** Milliseconds between two looks at the clock, which may be set to another time meanwhile. */
const longestLookMs = 30_000;
/** A due time that is older counts as missed. */
const graceMs = 60_000;
/** Milliseconds before a schedule is looked at again after the store did not answer. */
const failedPauseMs = 5_000;

interface Followed<T extends Timed> {
  readonly timed: T;
  /** The last due time that was dealt with; `null`: the store was not asked yet. */
  lastDue: number | null;
}

/** Watches the clock for what is due, by schedules that several processes follow together. */
export class Timetable<T extends Timed> {
  readonly #options: TimetableOptions<T>;
  #followed: readonly Followed<T>[] = [];
  /** Names without a schedule, which the store is to forget. */
  readonly #ended = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: TimetableOptions<T>) {
    this.#options = options;
  }

  /** Follows these schedules from now on. `ended`: names that may have had a schedule before, and have none. */
  use(timed: readonly T[], ended: readonly string[]): void {
    const known = new Map(this.#followed.map((one) => [keyOf(one.timed), one.lastDue]));
    const former = this.#followed.map((one) => one.timed.name);
    this.#followed = timed.map((one) => ({ timed: one, lastDue: known.get(keyOf(one)) ?? null }));
    const current = new Set(timed.map(({ name }) => name));
    for (const name of [...former, ...ended]) if (!current.has(name)) this.#ended.add(name);
    for (const name of current) this.#ended.delete(name);
    void this.look();
  }

  /** The next due time of a name, in milliseconds since 1970; `null`: it has none. */
  next(name: string): number | null {
    const found = this.#followed.find(({ timed }) => timed.name === name);
    return found?.timed.times.next(this.#options.now()) ?? null;
  }

  /** Deals with all due times that have come. */
  look(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#look());
    return this.#looking;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  async #look(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    let hasFailed = await this.#forgetEnded();
    for (const one of this.#followed) {
      try {
        await this.#settleDue(one);
      } catch (error) {
        hasFailed = true;
        const { log, failed } = this.#options;
        log?.warn({ name: one.timed.name, ...failureFields(error) }, failed);
      }
    }
    if (this.#isClosed || (this.#followed.length === 0 && !hasFailed)) return;
    const now = this.#options.now();
    const next = this.#followed.map(({ timed }) => timed.times.next(now) ?? Number.POSITIVE_INFINITY);
    const pause = Math.min(longestLookMs, ...next.map((time) => time - now));
    this.#timer = setTimeout(() => void this.look(), hasFailed ? failedPauseMs : Math.max(1, pause)).unref();
  }

  /** Resolves with whether the store did not answer. */
  async #forgetEnded(): Promise<boolean> {
    const names = [...this.#ended];
    if (names.length === 0) return false;
    try {
      await this.#options.keeper.forget(names);
      for (const name of names) this.#ended.delete(name);
      return false;
    } catch {
      return true;
    }
  }

  async #settleDue(one: Followed<T>): Promise<void> {
    const { keeper, now } = this.#options;
    const { name, spec, missed, times } = one.timed;
    one.lastDue ??= await keeper.lastDue(name, spec, now());
    const due = times.between(one.lastDue, now(), missed === 'all' ? mostMissed : 1);
    if (due.length === 0) return;
    // Of several that came at once, at most the last one is on time.
    const wanted =
      missed === 'all' ? due : due.slice(-1).filter((time) => missed === 'last' || now() - time < graceMs);
    for (const time of wanted) await keeper.start(one.timed, time);
    const last = due.at(-1)!;
    if (wanted.length === 0) await keeper.pass(one.timed, last);
    one.lastDue = last;
  }
}

function keyOf({ name, spec }: Timed): string {
  return `${name}\n${spec}`;
}
