import type { JobStore } from '../jobs/index.ts';
import { firstOldRows, removeInParts } from '../old-rows.ts';

/** Runs whose steps are counted for one transaction, and signals that it removes. */
const [runsAtOnce, signalsAtOnce] = [200, 10_000];
/** Bytes of a step besides its texts. */
const stepBytes = 1_000;

/** Removes runs that ended more than `seconds` ago with their steps, in several transactions. Resolves with the number of runs. */
export function removeOldRuns(jobs: JobStore, seconds: number): Promise<number> {
  return removeInParts(() =>
    jobs.transact(async ({ run }) => {
      const rows = await run(
        `with candidates as (
           select id, ended_at from foz.runs r where ended_at < now() - ? * interval '1 second'
           and not exists (select from foz.runs p where p.id = r.parent and p.ended_at is null)
           order by ended_at limit ${runsAtOnce} for update skip locked),
         chosen as (${firstOldRows(`
           select id, ended_at as at, (
             select coalesce(sum(${stepBytes} + coalesce(octet_length(input), 0) + coalesce(octet_length(output), 0)
               + coalesce(octet_length(error), 0)), 0) from foz.run_steps s where s.run = c.id) as bytes
           from candidates c`)}),
         steps as (delete from foz.run_steps where run in (select id from chosen))
         delete from foz.runs where id in (select id from chosen) returning 1`,
        [seconds],
      );
      return rows.length;
    }),
  );
}

/** Removes signals that are older than `seconds`, unless their run goes on, and waits of runs that are gone. */
export async function removeOldSignals(jobs: JobStore, seconds: number): Promise<void> {
  await removeInParts(() =>
    jobs.transact(async ({ run }) => {
      const rows = await run(
        `delete from foz.run_signals where id in (
           select id from foz.run_signals s where at < now() - ? * interval '1 second'
           and not exists (select from foz.runs r where r.id = s.run and r.ended_at is null)
           order by at limit ${signalsAtOnce} for update skip locked) returning 1`,
        [seconds],
      );
      return rows.length;
    }),
  );
  await removeInParts(() =>
    jobs.transact(async ({ run }) => {
      const rows = await run(
        `delete from foz.run_waits where id in (
           select id from foz.run_waits w where not exists (select from foz.runs r where r.id = w.run)
           limit ${signalsAtOnce} for update skip locked) returning 1`,
        [],
      );
      return rows.length;
    }),
  );
}

/**
 * Removes versions of workflows that no run needs and that were replaced more than `seconds` ago: a process of a former deployment may start runs
 * of them for a while.
 */
export async function removeOldVersions(jobs: JobStore, seconds: number): Promise<void> {
  await jobs.transact(({ run }) =>
    run(
      `delete from foz.workflow_versions v where exists (
         select from foz.workflow_versions w where w.workflow = v.workflow and w.version > v.version
         and w.at < now() - ? * interval '1 second')
       and not exists (select from foz.runs r where r.workflow = v.workflow and r.version = v.version)`,
      [seconds],
    ),
  );
}
