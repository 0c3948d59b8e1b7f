import { FozError } from '../../core/index.ts';
import type {
  Claim,
  NewRun,
  RunCaller,
  RunEvent,
  RunResult,
  RunStore,
  StartedChild,
} from '../../store/index.ts';
import { GroupCommit } from '../jobs/index.ts';
import type { RunLinks } from '../steps/step.ts';
import { ClaimLost } from './journal.ts';

/** Runs that have started each other, at most: a workflow that calls itself ends here. */
const mostDepth = 20;

/** Throws FozError `limit-exceeded` where too many runs have started each other. */
export function checkedDepth(depth: number): number {
  if (depth <= mostDepth) return depth;
  throw new FozError(
    'limit-exceeded',
    `More than ${mostDepth} runs have started each other: does a workflow call itself without end?`,
  );
}

export interface LinksOptions {
  readonly runs: RunStore;
  /** Makes a run of the current version of a workflow. Rejects with `not-found`. */
  readonly make: (id: string, workflow: string, input: unknown) => Promise<NewRun>;
}

/** Links the runs of this process with other runs and signals. Their requests to the store share transactions. */
export class Links {
  readonly #options: LinksOptions;
  readonly #starts: GroupCommit<NewRun & { readonly caller: RunCaller }, StartedChild>;
  readonly #results: GroupCommit<string, RunResult | null>;
  readonly #looks: GroupCommit<RunEvent, boolean>;

  constructor(options: LinksOptions) {
    this.#options = options;
    const { runs } = options;
    this.#starts = new GroupCommit({ commit: (given) => runs.startChildren(given) });
    this.#results = new GroupCommit({
      commit: async (ids) => {
        const found = await runs.results(ids);
        return ids.map((id) => found.get(id) ?? null);
      },
    });
    this.#looks = new GroupCommit({ commit: (events) => runs.arrived(events) });
  }

  /** The links of the run of a claim. */
  of(claim: Claim, depth: number): RunLinks {
    const { runs } = this.#options;
    return {
      start: (child) => this.#start(claim, depth + 1, child),
      result: (id) => this.#results.add(id),
      cancel: (id) => runs.cancel(id),
      take: async (wait) => {
        const payload = await runs.take(claim, wait);
        if (payload === undefined) throw new ClaimLost();
        return payload === null ? null : { payload: JSON.parse(payload) };
      },
      forget: (wait) => runs.forgetWait(wait),
      hasCome: (event) => this.#looks.add(event),
    };
  }

  async #start(
    claim: Claim,
    depth: number,
    { id, workflow, input, waits }: Parameters<RunLinks['start']>[0],
  ): Promise<void> {
    checkedDepth(depth);
    const run = await this.#options.make(id, workflow, input);
    const started = await this.#starts.add({ ...run, caller: { claim, depth, waits } });
    if (started === 'lost') throw new ClaimLost();
    if (started === 'own-key')
      throw new FozError(
        'data-exception',
        `The run of "${workflow}" would have the key of a run that waits for it, and so wait for ever: give it another key.`,
      );
  }

  close(): void {
    for (const commits of [this.#starts, this.#results, this.#looks]) commits.close();
  }
}
