import { FozError } from '../../core/index.ts';
import type { JobStore } from '../jobs/index.ts';
import { lockJobs, wakeRuns, withDescendants } from './links.ts';
import { queueOf } from './queue.ts';

/** Cancels a run, and the runs that it waits for. Rejects with FozError `not-found`, or `conflict` where it has ended. */
export async function cancelRun(jobs: JobStore, id: string): Promise<void> {
  // A run may start others until its job is locked.
  for (let tries = 0; tries < 10; tries++) if (await cancelTree(jobs, id)) return;
  throw new FozError('conflict', `The run ${id} keeps starting others: cancel it again.`);
}

/** Cancels the runs that an ended run waited for. */
export async function cancelChildren(jobs: JobStore, id: string): Promise<void> {
  const tree = await jobs.transact(({ run }) => withDescendants(run, id));
  for (const child of tree)
    if (child.id !== id)
      await cancelRun(jobs, child.id).catch((error: unknown) => {
        // It has ended meanwhile.
        if (!(error instanceof FozError && error.code === 'conflict')) throw error;
      });
}

/** Resolves with false where runs have been added meanwhile. */
function cancelTree(jobs: JobStore, id: string): Promise<boolean> {
  return jobs.transact(async (transaction) => {
    const { run } = transaction;
    const [row] = await run('select state, parent from foz.runs where id = ?', [id]);
    if (row === undefined) throw new FozError('not-found', `There is no run ${id}.`);
    const tree = await withDescendants(run, id);
    await transaction.lock(tree.map(({ workflow, key }) => ({ queue: queueOf(workflow), key })));
    const parent = row.parent === null ? [] : [String(row.parent)];
    await lockJobs(run, [...tree.map((each) => each.id), ...parent]);
    if ((await withDescendants(run, id)).some((each) => !tree.some((known) => known.id === each.id)))
      return false;
    const ids = tree.map((each) => each.id);
    const moved = await run(
      `update foz.runs set state = 'cancelled', ended_at = now()
       where id = any(?::text[]) and state in ('active', 'paused') returning id`,
      [ids],
    );
    if (!moved.some((each) => each.id === id))
      throw new FozError(
        'conflict',
        `The run ${id} is ${row.state}: only a run that is active or paused can become cancelled.`,
      );
    await transaction.revoke(
      tree.map((each) => ({ id: each.id, queue: queueOf(each.workflow), key: each.key })),
    );
    await wakeRuns(transaction, parent);
    return true;
  });
}
