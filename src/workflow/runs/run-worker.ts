import type { Claim, LoadedRun, RunProgress, RunStore } from '../../store/index.ts';
import type { Expressions } from '../expressions/index.ts';
import { GroupCommit } from '../jobs/index.ts';
import { respond } from '../steps/respond.ts';
import type { StepServices } from '../steps/step.ts';
import type { Answers } from './answers.ts';
import type { Definitions } from './definitions.ts';
import { Execution } from './execution.ts';
import { ClaimLost } from './journal.ts';
import type { Links } from './run-links.ts';
import { type Place, RunMemory } from './run-memory.ts';

/** Claims of a run without any progress in between, after which it fails: it seems to end the processes that work on it. */
const mostClaims = 20;
/** Bytes of the records of all runs under way, above which no other run begins. */
const mostBytesOfRuns = 256_000_000;
/** Most bytes of records in a transaction that runs share. */
const mostBytesOfCommit = 8_000_000;

export interface RunWorkerOptions {
  readonly runs: RunStore;
  readonly services: StepServices;
  readonly definitions: Definitions;
  readonly expressions: Expressions;
  readonly links: Links;
  readonly answers: Answers;
}

/** Does the runs that this process has claimed, and records their progress. */
export class RunWorker {
  readonly #options: RunWorkerOptions;
  readonly #loads: GroupCommit<string, LoadedRun | undefined>;
  readonly #records: GroupCommit<RunProgress, boolean>;
  readonly #sizes: GroupCommit<string, number>;
  readonly #memory = new RunMemory(mostBytesOfRuns);

  constructor(options: RunWorkerOptions) {
    this.#options = options;
    const { runs } = options;
    this.#loads = new GroupCommit({
      commit: async (ids) => {
        const loaded = await runs.load(ids);
        return ids.map((id) => loaded.get(id));
      },
    });
    this.#records = new GroupCommit({
      commit: (progress) => runs.record(progress),
      bytesOf: bytesOfProgress,
      mostBytes: mostBytesOfCommit,
    });
    this.#sizes = new GroupCommit({
      commit: async (ids) => {
        const sizes = await runs.sizes(ids);
        return ids.map((id) => sizes.get(id) ?? 0);
      },
    });
  }

  /** Does a run until it ends, waits, or its claim is lost. */
  async work(claim: Claim, signal: AbortSignal): Promise<void> {
    const isNew = claim.isFirst && claim.body !== null;
    const bytes = isNew ? claim.body!.length : await this.#sizes.add(claim.id);
    let place: Place;
    try {
      place = await this.#memory.enter(bytes, signal);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    try {
      await this.#workAt(place, claim, signal);
    } finally {
      place.leave();
    }
  }

  async #workAt(place: Place, claim: Claim, signal: AbortSignal): Promise<void> {
    const { runs, services, definitions, expressions, links } = this.#options;
    const found = await this.#found(claim);
    if (found === undefined) return runs.drop(claim);
    // The run that waited for this one has ended.
    if (found.isOrphan) return runs.cancel(claim.id);
    const { parent } = found;
    if (claim.attempts > mostClaims) {
      const error = `The run was begun ${mostClaims} times, and each time it ended before it recorded anything: the process ended, or the version of the workflow was missing.`;
      await this.#record({
        ...{ claim, parent, steps: [] },
        outcome: { kind: 'failed', error: JSON.stringify({ code: 'limit-exceeded', message: error }) },
      });
      return;
    }
    const execution = new Execution({
      ...{
        run: claim.id,
        definition: await definitions.version(found.workflow, found.version),
        input: JSON.parse(found.input),
        ageMs: found.ageMs,
        records: found.steps,
      },
      ...{ expressions, services, signal },
      links: links.of(claim, found.depth),
      commit: (steps) => this.#record({ claim, parent, steps }),
      grown: (bytes) => place.grow(bytes),
    });
    try {
      const { outcome, steps, hasCalls } = await execution.run();
      const isKept = await this.#record({ claim, parent, steps, outcome });
      // Where the process ends before, they notice it when they are claimed.
      if (isKept && hasCalls && outcome.kind !== 'later') await runs.cancelChildren(claim.id);
    } catch (error) {
      if (!(error instanceof ClaimLost)) throw error;
    }
  }

  async #record(progress: RunProgress): Promise<boolean> {
    const { answers } = this.#options;
    const isKept = await this.#records.add(progress);
    const { claim, steps, outcome } = progress;
    if (answers.has(claim.id) && (outcome !== undefined || steps.some(({ kind }) => kind === respond.kind)))
      answers.tell(claim.id);
    return isKept;
  }

  /** The run of a claim. One that is claimed for the first time has no records, and its job contains the rest. */
  async #found(claim: Claim): Promise<LoadedRun | undefined> {
    if (!claim.isFirst || claim.body === null) return this.#loads.add(claim.id);
    return { ...JSON.parse(claim.body), ageMs: claim.lateMs, parent: null, isOrphan: false, steps: [] };
  }

  close(): void {
    for (const commits of [this.#loads, this.#records, this.#sizes]) commits.close();
  }
}

function bytesOfProgress({ steps }: RunProgress): number {
  return steps.reduce(
    (sum, { input, output }) => sum + 500 + (input?.length ?? 0) + (output?.length ?? 0),
    0,
  );
}
