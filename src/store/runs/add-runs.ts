import type { JobTransaction } from '../jobs/index.ts';
import { queueOf } from './queue.ts';
import type { NewRun } from './run.ts';
import { insertRuns } from './statements.ts';

/** Adds runs whose keys are locked, with their jobs. Resolves with the ids that are new. */
export async function addRuns(
  transaction: JobTransaction,
  runs: readonly NewRun[],
): Promise<ReadonlySet<string>> {
  const added = await insertRuns(transaction.run, runs);
  await addJobs(
    transaction,
    runs.filter(({ id }) => added.has(id)),
  );
  return added;
}

/** Adds the jobs of runs. `begun`: the runs have records. The job of a run without records contains what the run needs. */
export function addJobs(
  { add }: JobTransaction,
  runs: readonly NewRun[],
  begun = false,
): Promise<readonly string[]> {
  return add(
    runs.map(({ id, workflow, version, input, key, priority, afterMs, caller, depth = 0 }) => ({
      ...{ id, queue: queueOf(workflow), priority, afterMs },
      ...(key !== null && { key }),
      // A run that another one waits for is read from the store: that one may have ended.
      ...(!begun &&
        caller?.waits !== true && {
          body: JSON.stringify({ workflow, version, input, depth: caller?.depth ?? depth }),
        }),
    })),
  );
}
