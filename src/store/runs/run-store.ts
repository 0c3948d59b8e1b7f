import { FozError } from '../../core/index.ts';
import {
  type Claim,
  type JobStore,
  type JobTransaction,
  type Priority,
  priorityOf,
  type Settlement,
} from '../jobs/index.ts';
import { addJobs, addRuns } from './add-runs.ts';
import { cancelChildren, cancelRun } from './cancel.ts';
import { arrived, lockLinked, ownKeys, runResults, wakeLinked } from './links.ts';
import { removeOldRuns, removeOldSignals, removeOldVersions } from './old-runs.ts';
import { queueOf, runKind } from './queue.ts';
import type {
  LoadedRun,
  NewRun,
  RunCaller,
  RunDetails,
  RunEvent,
  RunProgress,
  RunResult,
  RunState,
  RunSummary,
  StartedChild,
} from './run.ts';
import { type SeenRun, type SeenRunsFilter, seenRuns } from './seen.ts';
import { listRuns, type RunFilter, showRun } from './shown.ts';
import {
  deliverSignal,
  forgetOtherWaits,
  forgetWait,
  type NewSignal,
  takeSignal,
  type Wait,
} from './signals.ts';
import {
  beginTimeAnew,
  endRuns,
  forgetSteps,
  insertRuns,
  leaveOutPause,
  loadRuns,
  readDefinition,
  sizesOfRuns,
  storeVersion,
  writeSteps,
} from './statements.ts';

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

  /** Starts runs that others have asked for. One that is there already is not started again, and counts as started. */
  startChildren(
    runs: readonly (NewRun & { readonly caller: RunCaller })[],
  ): Promise<readonly StartedChild[]> {
    return this.#jobs.transact(async (transaction) => {
      await transaction.lock(runs.map(({ workflow, key }) => ({ queue: queueOf(workflow), key })));
      const held = await transaction.hold(runs.map(({ caller }) => caller.claim));
      const own = await ownKeys(
        transaction.run,
        runs.map(({ caller, workflow, key }) => ({
          ...{ claim: caller.claim, workflow },
          key: caller.waits ? key : null,
        })),
      );
      const result = runs.map(({ caller }, index): StartedChild => {
        if (!held.has(caller.claim.id)) return 'lost';
        return own[index] === true ? 'own-key' : 'started';
      });
      const allowed = runs.filter((_, index) => result[index] === 'started');
      const added = await insertRuns(transaction.run, allowed);
      await addJobs(
        transaction,
        allowed.filter(({ id }) => added.has(id)),
      );
      return result;
    });
  }

  /** How runs have ended, by their ids; those that are not there are missing. */
  results(ids: readonly string[]): Promise<ReadonlyMap<string, RunResult>> {
    return this.#jobs.transact(({ run }) => runResults(run, ids));
  }

  /** Whether each of these events has come. */
  arrived(events: readonly RunEvent[]): Promise<readonly boolean[]> {
    return this.#jobs.transact(({ run }) => arrived(run, events));
  }

  /** Stores a signal. It ends the wait for its name and key that began first, or the next one that begins. Resolves with whether its id is new. */
  signal(signal: NewSignal): Promise<boolean> {
    return this.#jobs.transact((transaction) => deliverSignal(transaction, signal));
  }

  /** The payload of the signal of a wait; `null`: there is none yet. `undefined`: the claim of the run does not hold. */
  take(claim: Claim, wait: Wait): Promise<string | null | undefined> {
    return this.#jobs.transact((transaction) => takeSignal(transaction, claim, wait));
  }

  /** Ends a wait whose signal nobody needs any more. */
  forgetWait(wait: Wait): Promise<void> {
    return this.#jobs.transact((transaction) => forgetWait(transaction, wait));
  }

  /** The output of the step `respond` of a run; `null`: it has not been done yet. */
  response(id: string): Promise<string | null> {
    return this.#jobs.transact(async ({ run }) => {
      const [row] = await run(
        `select output from foz.run_steps where run = ? and kind = 'respond' and state = 'done' order by seq limit 1`,
        [id],
      );
      return row === undefined ? null : String(row.output);
    });
  }

  /** The bytes of the records of runs, by their ids. */
  sizes(ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.#jobs.transact(({ run }) => sizesOfRuns(run, ids));
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
      await lockLinked(transaction.run, progress);
      const held = new Set<string>([
        ...(await transaction.hold(going)),
        ...(await transaction.settle(settlements)),
      ]);
      const kept = progress.filter(({ claim }) => held.has(claim.id));
      await transaction.resetAttempts(kept.filter(hasAdvanced).map(({ claim }) => claim.id));
      await writeSteps(transaction.run, kept);
      await endRuns(transaction.run, kept);
      await forgetOtherWaits(transaction.run, kept);
      await wakeLinked(transaction, kept);
      return progress.map(({ claim }) => held.has(claim.id));
    });
  }

  /** Ends the claim of a run that is not active any more. */
  async drop(claim: Claim): Promise<void> {
    await this.#jobs.transact(({ settle }) => settle([{ claim, outcome: { kind: 'done' } }]));
  }

  /** Cancels a run, and the runs that it waits for. A worker that works on it records nothing any more. */
  cancel(id: string): Promise<void> {
    return cancelRun(this.#jobs, id);
  }

  /** Cancels the runs that an ended run waited for. */
  cancelChildren(id: string): Promise<void> {
    return cancelChildren(this.#jobs, id);
  }

  /** Pauses a run: no step of it begins until it is resumed. It keeps its place before later runs of its key. */
  pause(id: string): Promise<void> {
    return this.#change(id, ['active'], 'paused', async ({ run, suspend }) => {
      await run('update foz.runs set paused_at = now() where id = ?', [id]);
      await suspend([id]);
    });
  }

  resume(id: string): Promise<void> {
    return this.#change(id, ['paused'], 'active', async ({ run, makeDue }) => {
      const [row] = await run(
        'select greatest(0, extract(epoch from at - now()) * 1000) as after_ms from foz.runs where id = ?',
        [id],
      );
      await leaveOutPause(run, id);
      // A run that was to begin later still does.
      await makeDue([id], Number(row!.after_ms));
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
        await beginTimeAnew(transaction.run, id);
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

  /** Runs as roles see them, the newest first. */
  seen(filter: SeenRunsFilter): Promise<readonly SeenRun[]> {
    return this.#jobs.transact(({ run }) => seenRuns(run, filter));
  }

  show(id: string): Promise<RunDetails | null> {
    return this.#jobs.transact(({ run }) => showRun(run, id));
  }

  /** Removes runs that ended more than `seconds` ago, and what no run needs any more. A run that is being changed stays. Resolves with the number of runs. */
  async removeOld(seconds: number): Promise<number> {
    const removed = await removeOldRuns(this.#jobs, seconds);
    await removeOldSignals(this.#jobs, seconds);
    await removeOldVersions(this.#jobs, seconds);
    return removed;
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
