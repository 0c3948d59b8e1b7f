import { failureFields, type NewRun, type ScheduleStore } from '../../store/index.ts';
import type { ScheduleDefinition, WorkflowDefinition } from '../definition.ts';
import type { WorkLog } from '../jobs/index.ts';
import type { Runner } from '../runs/index.ts';
import { DueTimes, mostMissed } from './due-times.ts';

export interface SchedulerOptions {
  readonly schedules: ScheduleStore;
  readonly runner: Pick<Runner, 'prepare' | 'evaluate'>;
  readonly log?: WorkLog;
  /** The time, in milliseconds since 1970; default: that of the clock. */
  readonly now?: () => number;
}

/** Milliseconds between two looks at the clock, which may be set to another time meanwhile. */
const longestLookMs = 30_000;
/** A due time that is older counts as missed. */
const graceMs = 60_000;
/** Milliseconds before a schedule is looked at again after the store did not answer. */
const failedPauseMs = 5_000;

interface Scheduled {
  readonly workflow: string;
  readonly spec: string;
  readonly schedule: ScheduleDefinition;
  readonly times: DueTimes;
  /** The last due time that was dealt with; `null`: the store was not asked yet. */
  lastDue: number | null;
}

/** Starts runs at the due times of workflows: one for each, although several processes do this. */
export class Scheduler {
  readonly #options: Omit<Required<SchedulerOptions>, 'log'> & { readonly log: WorkLog | undefined };
  #scheduled: readonly Scheduled[] = [];
  /** Workflows without a schedule, which the store is to forget. */
  readonly #ended = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor({ log, ...options }: SchedulerOptions) {
    this.#options = { now: Date.now, ...options, log };
  }

  /** Uses the schedules of these workflows from now on. */
  use(workflows: readonly WorkflowDefinition[]): void {
    const known = new Map(this.#scheduled.map((one) => [`${one.workflow}\n${one.spec}`, one]));
    const former = this.#scheduled.map(({ workflow }) => workflow);
    this.#scheduled = workflows.flatMap(({ name, schedule, enabled }): Scheduled[] => {
      if (schedule === undefined || enabled === false) return [];
      const spec = JSON.stringify([schedule.cron, schedule.timezone ?? 'UTC']);
      const lastDue = known.get(`${name}\n${spec}`)?.lastDue ?? null;
      return [{ workflow: name, spec, schedule, times: new DueTimes(schedule), lastDue }];
    });
    const current = new Set(this.#scheduled.map(({ workflow }) => workflow));
    for (const name of [...former, ...workflows.map((one) => one.name)])
      if (!current.has(name)) this.#ended.add(name);
    for (const name of current) this.#ended.delete(name);
    void this.look();
  }

  /** The next due time of a workflow, in milliseconds since 1970; `null`: it has none. */
  next(workflow: string): number | null {
    return this.#scheduled.find((one) => one.workflow === workflow)?.times.next(this.#options.now()) ?? null;
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
    for (const one of this.#scheduled) {
      try {
        await this.#settleDue(one);
      } catch (error) {
        hasFailed = true;
        this.#options.log?.warn(
          { workflow: one.workflow, ...failureFields(error) },
          'The schedule of a workflow could not be followed; it is tried again.',
        );
      }
    }
    if (this.#isClosed || (this.#scheduled.length === 0 && !hasFailed)) return;
    const now = this.#options.now();
    const next = this.#scheduled.map(({ times }) => times.next(now) ?? Number.POSITIVE_INFINITY);
    const pause = Math.min(longestLookMs, ...next.map((time) => time - now));
    this.#timer = setTimeout(() => void this.look(), hasFailed ? failedPauseMs : Math.max(1, pause)).unref();
  }

  /** Resolves with whether the store did not answer. */
  async #forgetEnded(): Promise<boolean> {
    const names = [...this.#ended];
    if (names.length === 0) return false;
    try {
      await this.#options.schedules.forget(names);
      for (const name of names) this.#ended.delete(name);
      return false;
    } catch {
      return true;
    }
  }

  async #settleDue(one: Scheduled): Promise<void> {
    const { schedules, now } = this.#options;
    one.lastDue ??= await schedules.lastDue(one.workflow, one.spec, now());
    const { missed = 'last' } = one.schedule;
    const due = one.times.between(one.lastDue, now(), missed === 'all' ? mostMissed : 1);
    if (due.length === 0) return;
    // Of several that came at once, at most the last one is on time.
    const wanted =
      missed === 'all' ? due : due.slice(-1).filter((time) => missed === 'last' || now() - time < graceMs);
    for (const time of wanted) await this.#start(one, time);
    const last = due.at(-1)!;
    if (wanted.length === 0) await schedules.settle({ ...one, due: last, run: null, unlessActive: false });
    one.lastDue = last;
  }

  async #start(one: Scheduled, due: number): Promise<void> {
    const { schedules, log } = this.#options;
    const { workflow, spec, schedule } = one;
    const at = new Date(due).toISOString();
    const { overlap = 'skip' } = schedule;
    const fields = { workflow, due: at };
    let run = await this.#prepared(one, at);
    if (overlap === 'queue' && run?.key === null) run = { ...run, key: '@schedule' };
    const outcome = await schedules.settle({ workflow, spec, due, run, unlessActive: overlap === 'skip' });
    if (outcome === 'skipped' && run !== null)
      log?.warn(fields, 'No run was started: one that the schedule has started is not over.');
  }

  /** The run of a due time; `null`: its input is wrong, or the workflow takes no runs, which another attempt does not change. */
  async #prepared({ workflow, schedule }: Scheduled, due: string): Promise<NewRun | null> {
    const { runner, log } = this.#options;
    try {
      const input = schedule.input === undefined ? { due } : await runner.evaluate(schedule.input, { due });
      return await runner.prepare(workflow, input, { id: `${workflow}@${due}`, origin: 'schedule' });
    } catch (error) {
      log?.warn({ workflow, due, ...failureFields(error) }, 'A scheduled run could not be started.');
      return null;
    }
  }
}
