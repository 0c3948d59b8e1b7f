import { FozError } from '../../core/index.ts';
import {
  type Claim,
  type JobStore,
  type JobTransaction,
  type Priority,
  priorityOf,
  type Settlement,
} from '../jobs/index.ts';
import type { LoadedRun, NewRun, RunDetails, RunProgress, RunState, RunSummary } from './run.ts';
import { listRuns, type RunFilter, showRun } from './shown.ts';
import {
  endRuns,
  forgetSteps,
  insertRuns,
  loadRuns,
  readDefinition,
  storeVersion,
  writeSteps,
} from './statements.ts';

/** The kind of the queues of runs; each workflow has one. */
export const runKind = 'run';

/** The queue of the runs of a workflow. */
export const queueOf = (workflow: string) => `${runKind}:${workflow}`;

interface StoredRun {
  readonly id: string;
  readonly workflow: string;
  readonly version: number;
  readonly state: RunState;
  readonly key: string | null;
  readonly priority: Priority;
  readonly input: string;
  readonly origin: string;
}

/** Runs of workflows in the store. All methods reject with FozError. */
export class RunStore {
  readonly #jobs: JobStore;

  constructor(jobs: JobStore) {
    this.#jobs = jobs;
  }

  /** Stores a definition as a new version if it has changed, and the limit of its runs. Resolves with the version. */
  async define(workflow: string, definition: string, concurrency: number | null): Promise<number> {
    await this.#jobs.storeQueues([{ name: queueOf(workflow), kind: runKind, concurrency }]);
    return this.#jobs.transact(({ run }) => storeVersion(run, workflow, definition));
  }

  definition(workflow: string, version: number): Promise<string | null> {
    return this.#jobs.transact(({ run }) => readDefinition(run, workflow, version));
  }

  /** Starts runs. Resolves with the ids that are new. */
  start(runs: readonly NewRun[]): Promise<ReadonlySet<string>> {
    return this.#jobs.transact(async (transaction) => {
      await transaction.lock(runs.map(({ workflow, key }) => ({ queue: queueOf(workflow), key })));
      return addRuns(transaction, runs);
    });
  }

  /** Active runs with the records of their steps. */
  load(ids: readonly string[]): Promise<ReadonlyMap<string, LoadedRun>> {
    return this.#jobs.transact(({ run }) => loadRuns(run, ids));
  }

  /** Records the progress of runs whose claims hold. Resolves with whether each did. */
  record(progress: readonly RunProgress[]): Promise<readonly boolean[]> {
    return this.#jobs.transact(async (transaction) => {
      const settlements = progress.flatMap(settlementOf);
      const going = progress.filter(({ outcome }) => outcome === undefined).map(({ claim }) => claim);
      await transaction.lock(
        settlements.filter(({ outcome }) => outcome.kind === 'done').map(({ claim }) => claim),
      );
      const held = new Set<string>([
        ...(await transaction.hold(going)),
        ...(await transaction.settle(settlements)),
      ]);
      const kept = progress.filter(({ claim }) => held.has(claim.id));
      await transaction.resetAttempts(kept.filter(hasAdvanced).map(({ claim }) => claim.id));
      await writeSteps(transaction.run, kept);
      await endRuns(transaction.run, kept);
      return progress.map(({ claim }) => held.has(claim.id));
    });
  }

  /** Ends the claim of a run that is not active any more. */
  async drop(claim: Claim): Promise<void> {
    await this.#jobs.transact(({ settle }) => settle([{ claim, outcome: { kind: 'done' } }]));
  }

  /** Cancels a run. A worker that works on it records nothing any more. */
  cancel(id: string): Promise<void> {
    return this.#change(id, ['active', 'paused'], 'cancelled', async (transaction, found) => {
      await transaction.revoke([{ id, queue: queueOf(found.workflow), key: found.key }]);
      await transaction.run('update foz.runs set ended_at = now() where id = ?', [id]);
    });
  }

  /** Pauses a run: no step of it begins until it is resumed. It keeps its place before later runs of its key. */
  pause(id: string): Promise<void> {
    return this.#change(id, ['active'], 'paused', ({ suspend }) => suspend([id]));
  }

  resume(id: string): Promise<void> {
    return this.#change(id, ['paused'], 'active', async ({ run, hurry }) => {
      const [row] = await run(
        'select greatest(0, extract(epoch from at - now()) * 1000) as after_ms from foz.runs where id = ?',
        [id],
      );
      // A run that was to begin later still does.
      await hurry([id], Number(row!.after_ms));
    });
  }

  /** Continues a run that has ended. `from`: the path of the step from which on everything is done again; `null`: only the steps that failed are. */
  retry(id: string, from: string | null): Promise<void> {
    const ended = ['done', 'failed', 'cancelled'] as const;
    return this.#change(
      id,
      from === null ? ['failed', 'cancelled'] : ended,
      'active',
      async (transaction, found) => {
        if (!(await forgetSteps(transaction.run, id, from)) && from !== null)
          throw new FozError('not-found', `The run ${id} has no step "${from}".`);
        await transaction.run(
          'update foz.runs set output = null, error = null, ended_at = null where id = ?',
          [id],
        );
        await addJobs(transaction, [{ ...found, afterMs: 0 }], true);
      },
    );
  }

  list(filter: RunFilter): Promise<readonly RunSummary[]> {
    return this.#jobs.transact(({ run }) => listRuns(run, filter));
  }

  show(id: string): Promise<RunDetails | null> {
    return this.#jobs.transact(({ run }) => showRun(run, id));
  }

  /**
   * Removes runs that ended more than `seconds` ago, and versions of workflows that no run needs and that were replaced before that time: a
   * process of a former deployment may start runs of them for a while. A run that is being changed stays. Resolves with the number of runs.
   */
  removeOld(seconds: number): Promise<number> {
    return this.#jobs.transact(async ({ run }) => {
      const [row] = await run(
        `with old as (delete from foz.runs where id in (
             select id from foz.runs where ended_at < now() - ? * interval '1 second' limit 10000
             for update skip locked) returning id),
           steps as (delete from foz.run_steps where run in (select id from old))
         select count(*) as number from old`,
        [seconds],
      );
      await run(
        `delete from foz.workflow_versions v where exists (
           select from foz.workflow_versions w where w.workflow = v.workflow and w.version > v.version
           and w.at < now() - ? * interval '1 second')
         and not exists (select from foz.runs r where r.workflow = v.workflow and r.version = v.version)`,
        [seconds],
      );
      return Number(row!.number);
    });
  }

  /** Moves a run from one of the states `from` to the state `to`. `body`: what else the same transaction changes. */
  #change(
    id: string,
    from: readonly RunState[],
    to: RunState,
    body: (transaction: JobTransaction, found: StoredRun) => Promise<unknown>,
  ): Promise<void> {
    return this.#jobs.transact(async (transaction) => {
      const [row] = await transaction.run('select * from foz.runs where id = ?', [id]);
      if (row === undefined) throw new FozError('not-found', `There is no run ${id}.`);
      const found = { ...(row as unknown as StoredRun), priority: priorityOf(row.priority) };
      await transaction.lock([{ queue: queueOf(found.workflow), key: found.key }]);
      // `record` locks keys, jobs and runs in the same order. Otherwise two transactions might wait for each other.
      await transaction.run('select 1 from foz.jobs where id = ? for update', [id]);
      const moved = await transaction.run(
        'update foz.runs set state = ? where id = ? and state = any(?::text[]) returning 1',
        [to, id, from],
      );
      if (moved.length === 0)
        throw new FozError(
          'conflict',
          `The run ${id} is ${found.state}: only a run that is ${from.join(' or ')} can become ${to}.`,
        );
      await body(transaction, found);
    });
  }
}

/** Whether a run that was claimed again has got further, so that it may be claimed as often again. A step that only begins may end the process. */
function hasAdvanced({ claim, steps, outcome }: RunProgress): boolean {
  return outcome === undefined && claim.attempts > 1 && steps.some(({ state }) => state !== 'running');
}

function settlementOf({ claim, outcome }: RunProgress): Settlement[] {
  if (outcome === undefined) return [];
  if (outcome.kind === 'later')
    return [{ claim, outcome: { kind: 'later', afterMs: outcome.afterMs, progress: true } }];
  return [{ claim, outcome: { kind: 'done' } }];
}

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
function addJobs(
  { add }: JobTransaction,
  runs: readonly NewRun[],
  begun = false,
): Promise<readonly string[]> {
  return add(
    runs.map(({ id, workflow, version, input, key, priority, afterMs }) => ({
      ...{ id, queue: queueOf(workflow), priority, afterMs },
      ...(key !== null && { key }),
      ...(!begun && { body: JSON.stringify({ workflow, version, input }) }),
    })),
  );
}
