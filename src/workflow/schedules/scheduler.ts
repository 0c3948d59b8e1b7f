import { failureFields, type NewRun, type ScheduleStore } from '../../store/index.ts';
import type { ScheduleDefinition, WorkflowDefinition } from '../definition.ts';
import type { WorkLog } from '../jobs/index.ts';
import type { Runner } from '../runs/index.ts';
import { DueTimes } from './due-times.ts';
import { type Timed, Timetable } from './timetable.ts';

export interface SchedulerOptions {
  readonly schedules: ScheduleStore;
  readonly runner: Pick<Runner, 'prepare' | 'evaluate'>;
  readonly log?: WorkLog;
  /** The time, in milliseconds since 1970; default: that of the clock. */
  readonly now?: () => number;
}

interface Scheduled extends Timed {
  readonly schedule: ScheduleDefinition;
}

/** Starts runs at the due times of workflows: one for each, although several processes do this. */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #timetable: Timetable<Scheduled>;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    const { schedules, log, now = Date.now } = options;
    this.#timetable = new Timetable({
      ...{ log, now, failed: 'The schedule of a workflow could not be followed; it is tried again.' },
      keeper: {
        lastDue: (...given) => schedules.lastDue(...given),
        start: (one, due) => this.#start(one, due),
        pass: async ({ name, spec }, due) => {
          await schedules.settle({ workflow: name, spec, due, run: null, unlessActive: false });
        },
        forget: (names) => schedules.forget(names),
      },
    });
  }

  /** Uses the schedules of these workflows from now on. */
  use(workflows: readonly WorkflowDefinition[]): void {
    const scheduled = workflows.flatMap(({ name, schedule, enabled }): Scheduled[] => {
      if (schedule === undefined || enabled === false) return [];
      const spec = JSON.stringify([schedule.cron, schedule.timezone ?? 'UTC']);
      const { missed = 'last' } = schedule;
      return [{ name, spec, schedule, missed, times: new DueTimes(schedule) }];
    });
    this.#timetable.use(
      scheduled,
      workflows.map(({ name }) => name),
    );
  }

  /** The next due time of a workflow, in milliseconds since 1970; `null`: it has none. */
  next(workflow: string): number | null {
    return this.#timetable.next(workflow);
  }

  /** Deals with all due times that have come. */
  look(): Promise<void> {
    return this.#timetable.look();
  }

  close(): Promise<void> {
    return this.#timetable.close();
  }

  async #start(one: Scheduled, due: number): Promise<void> {
    const { schedules, log } = this.#options;
    const { name: workflow, spec, schedule } = one;
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
  async #prepared({ name: workflow, schedule }: Scheduled, due: string): Promise<NewRun | null> {
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
