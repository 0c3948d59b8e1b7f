import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkGauges } from '../../serve/index.ts';
import type { JobStore, SyncStore } from '../../store/index.ts';
import type { AttemptKind } from '../../workflow/index.ts';

/** Milliseconds that a reader of metrics waits for the store. */
const patienceMs = 2_000;

/** Figures of durable work for the metrics: the jobs and syncs in the store, and the attempts and gaps of this process. */
export class WorkFigures {
  readonly #jobs: Pick<JobStore, 'counts'>;
  readonly #syncs: Pick<SyncStore, 'list'>;
  readonly #attempts = new Map<string, Map<AttemptKind, number>>();
  readonly #gaps = new Map<string, number>();

  constructor(jobs: Pick<JobStore, 'counts'>, syncs: Pick<SyncStore, 'list'>) {
    this.#jobs = jobs;
    this.#syncs = syncs;
  }

  /** Counts an attempt to deliver. */
  count(endpoint: string, result: AttemptKind): void {
    const known = this.#attempts.get(endpoint) ?? new Map<AttemptKind, number>();
    this.#attempts.set(endpoint, known.set(result, (known.get(result) ?? 0) + 1));
  }

  /** Counts that changes of an event trigger were found missing. */
  countGap(trigger: string): void {
    this.#gaps.set(trigger, (this.#gaps.get(trigger) ?? 0) + 1);
  }

  /** The present figures. Those of a store that does not answer in time are left out. */
  async read(): Promise<WorkGauges> {
    const late = sleep(patienceMs, [], { ref: false });
    const [queues, syncs] = await Promise.all([
      Promise.race([this.#jobs.counts().catch(() => []), late]),
      Promise.race([this.#syncs.list().catch(() => []), late]),
    ]);
    const attempts = [...this.#attempts].flatMap(([endpoint, results]) =>
      [...results].map(([result, number]) => ({ endpoint, result, number })),
    );
    const gaps = [...this.#gaps].map(([trigger, number]) => ({ trigger, number }));
    return { queues, attempts, gaps, syncs };
  }
}
