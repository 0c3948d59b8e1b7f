import type { OtherWorker } from '../../store/index.ts';

/**
 * Finds workers that have no more heartbeats. It counts heartbeats instead of comparing times, so clocks that differ or jump do not matter:
 * a worker is silent when its number stayed the same during `limit` heartbeats of this one.
 */
export class Silence {
  readonly #limit: number;
  #seen = new Map<string, { readonly beat: number; readonly unchanged: number }>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes the workers that the heartbeat of this one found. Returns those that are silent. */
  observe(others: readonly OtherWorker[]): OtherWorker[] {
    const before = this.#seen;
    this.#seen = new Map(
      others.map(({ id, beat }) => {
        const known = before.get(id);
        return [id, { beat, unchanged: known?.beat === beat ? known.unchanged + 1 : 0 }];
      }),
    );
    return others.filter(({ id }) => this.#seen.get(id)!.unchanged >= this.#limit);
  }

  /** Begins anew, since the store did not answer: the others could not record theirs either. */
  reset(): void {
    this.#seen.clear();
  }
}
