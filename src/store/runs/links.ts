import type { Claim, JobTransaction } from '../jobs/index.ts';
import type { RunStatement } from '../run-statement.ts';
import type { RunEvent, RunProgress, RunResult, RunState } from './run.ts';

/**
 * Locks the jobs of runs, and those of the runs that wait for them, in the order of their ids, as everybody does who locks several. So whoever parks a
 * run either sees what it waits for, or is seen by it.
 */
export async function lockLinked(run: RunStatement, progress: readonly RunProgress[]): Promise<void> {
  const parents = progress.flatMap(({ parent, outcome }) =>
    parent === null || outcome === undefined || outcome.kind === 'later' ? [] : [parent],
  );
  if (parents.length === 0 && progress.length < 2) return;
  const ids = [...new Set([...parents, ...progress.map(({ claim }) => claim.id)])];
  await lockJobs(run, ids);
}

/** Locks jobs in the order of their ids. */
export async function lockJobs(run: RunStatement, ids: readonly string[]): Promise<void> {
  await run('select 1 from foz.jobs where id = any(?::text[]) order by id for update', [ids]);
}

/** Lets runs go on that wait, and whose jobs the transaction has locked. Paused ones look when they are resumed. */
export async function wakeRuns({ run, makeDue }: JobTransaction, ids: readonly string[]): Promise<void> {
  const rows = await run(`select id from foz.runs where id = any(?::text[]) and state = 'active'`, [ids]);
  if (rows.length > 0) await makeDue(rows.map(({ id }) => String(id)));
}

/** Wakes the runs that wait for runs which have ended, and those that are being parked although what they wait for is there. */
export async function wakeLinked(transaction: JobTransaction, kept: readonly RunProgress[]): Promise<void> {
  const woken = kept.flatMap(({ parent, outcome }) =>
    parent === null || outcome === undefined || outcome.kind === 'later' ? [] : [parent],
  );
  const events = kept.flatMap(({ claim, outcome }) =>
    outcome?.kind === 'later' ? outcome.events.map((event) => ({ run: claim.id, event })) : [],
  );
  const come = await arrived(
    transaction.run,
    events.map(({ event }) => event),
  );
  woken.push(...events.filter((_, index) => come[index]).map(({ run }) => run));
  if (woken.length > 0) await wakeRuns(transaction, woken);
}

/** Whether each event has come. */
export async function arrived(run: RunStatement, events: readonly RunEvent[]): Promise<boolean[]> {
  if (events.length === 0) return [];
  const runs = events.flatMap((event) => ('run' in event ? [event.run] : []));
  const waits = events.flatMap((event) => ('wait' in event ? [event.wait] : []));
  const rows = await run(
    `select 'run ' || id as come from foz.runs where id = any(?::text[]) and ended_at is not null
     union all select 'wait ' || wait from foz.run_signals where wait = any(?::text[])`,
    [runs, waits],
  );
  const come = new Set(rows.map((row) => String(row.come)));
  return events.map((event) => come.has('run' in event ? `run ${event.run}` : `wait ${event.wait}`));
}

/** How runs have ended, or that they have not. */
export async function runResults(run: RunStatement, ids: readonly string[]): Promise<Map<string, RunResult>> {
  const rows = await run('select id, state, output, error from foz.runs where id = any(?::text[])', [ids]);
  return new Map(
    rows.map(({ id, state, output, error }) => [
      String(id),
      { state: state as RunState, output: output as string | null, error: error as string | null },
    ]),
  );
}

/** A run with all the runs that were started by it and have not ended. */
export async function withDescendants(
  run: RunStatement,
  id: string,
): Promise<readonly { readonly id: string; readonly workflow: string; readonly key: string | null }[]> {
  const rows = await run(
    `with recursive tree as (
       select id, workflow, key from foz.runs where id = ?
       union all select r.id, r.workflow, r.key from foz.runs r join tree on r.parent = tree.id where r.ended_at is null)
     select * from tree order by id`,
    [id],
  );
  return rows.map((row) => ({
    id: String(row.id),
    workflow: String(row.workflow),
    key: row.key as string | null,
  }));
}

/** Which of these new runs would wait for the key of a run that waits for them. */
export async function ownKeys(
  run: RunStatement,
  given: readonly { readonly claim: Claim; readonly workflow: string; readonly key: string | null }[],
): Promise<boolean[]> {
  const result: boolean[] = [];
  for (const { claim, workflow, key } of given) {
    const rows =
      key === null
        ? []
        : await run(
            `with recursive line as (
               select id, parent, workflow, key from foz.runs where id = ?
               union all select r.id, r.parent, r.workflow, r.key from foz.runs r join line on r.id = line.parent)
             select 1 from line where workflow = ? and key = ? limit 1`,
            [claim.id, workflow, key],
          );
    result.push(rows.length > 0);
  }
  return result;
}
