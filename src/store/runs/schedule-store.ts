import type { JobStore, JobTransaction } from '../jobs/index.ts';
import { addRuns } from './add-runs.ts';
import { queueOf } from './queue.ts';
import type { NewRun } from './run.ts';

/** The outcome of a due time. */
export type DueOutcome = 'started' | 'skipped' | 'taken';

export interface DueRun {
  readonly workflow: string;
  readonly spec: string;
  /** When it was due, in milliseconds since 1970. */
  readonly due: number;
  /** `null`: the due time passes without a run. */
  readonly run: NewRun | null;
  /** Whether no run is started while another one that the schedule has started is not over. */
  readonly unlessActive: boolean;
}

/** How far schedules have come, for all processes that share the store. All methods reject with FozError. */
export class ScheduleStore {
  readonly #jobs: JobStore;

  constructor(jobs: JobStore) {
    this.#jobs = jobs;
  }

  /**
   * The last due time that was dealt with, in milliseconds since 1970. A schedule that is new, or has another pattern, begins now: nothing
   * before is made up for.
   */
  lastDue(workflow: string, spec: string, now: number): Promise<number> {
    return this.#jobs.transact(async ({ run }) => {
      const [row] = await run(
        `insert into foz.schedules as s (workflow, spec, last_due) values (?, ?, to_timestamp(? / 1000.0))
         on conflict (workflow) do update set spec = excluded.spec,
           last_due = case when s.spec = excluded.spec then s.last_due else greatest(s.last_due, excluded.last_due) end
         returning extract(epoch from last_due) * 1000 as last_due`,
        [workflow, spec, now],
      );
      return Math.round(Number(row!.last_due));
    });
  }

  /** Deals with a due time, once over all processes: starts its run, or passes over it. */
  settle({ workflow, spec, due, run, unlessActive }: DueRun): Promise<DueOutcome> {
    return this.#jobs.transact(async (transaction) => {
      // The lock of the key comes before that of the row, as in other transactions that add jobs.
      if (run !== null) await transaction.lock([{ queue: queueOf(workflow), key: run.key }]);
      const moved = await transaction.run(
        `insert into foz.schedules as s (workflow, spec, last_due) values (?, ?, to_timestamp(? / 1000.0))
         on conflict (workflow) do update set last_due = excluded.last_due
           where s.spec = excluded.spec and s.last_due < excluded.last_due
         returning 1`,
        [workflow, spec, due],
      );
      if (moved.length === 0) return 'taken';
      if (run === null || (unlessActive && (await isActive(transaction, workflow)))) return 'skipped';
      return (await addRuns(transaction, [run])).has(run.id) ? 'started' : 'taken';
    });
  }

  /** Forgets schedules: if they come back, nothing before is made up for. */
  async forget(workflows: readonly string[]): Promise<void> {
    await this.#jobs.transact(({ run }) =>
      run('delete from foz.schedules where workflow = any(?::text[])', [workflows]),
    );
  }
}

async function isActive({ run }: JobTransaction, workflow: string): Promise<boolean> {
  const rows = await run(
    `select 1 from foz.runs where workflow = ? and origin = 'schedule' and state in ('active', 'paused') limit 1`,
    [workflow],
  );
  return rows.length > 0;
}
