import { Refusal } from './body.ts';

/** Concurrency slots of each caller. */
export class ConcurrencySlots {
  readonly #taken = new Map<string, number>();

  /**
   * Takes one of `most` slots. Returns a function that frees it; further calls of that function do nothing. Throws Refusal 429 with the
   * message `full` when all are taken.
   */
  take(caller: string, most: number, full: string): () => void {
    const taken = this.#taken.get(caller) ?? 0;
    if (taken >= most) throw new Refusal(429, 'limit-exceeded', full, { 'retry-after': '1' });
    this.#taken.set(caller, taken + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const left = this.#taken.get(caller)! - 1;
      if (left === 0) this.#taken.delete(caller);
      else this.#taken.set(caller, left);
    };
  }
}
