import { Refusal } from '../body.ts';

/** Counts sockets that are open: of everybody, and of each caller. */
export class Places {
  readonly #most: number;
  readonly #taken = new Map<string, number>();

  /** `most`: places of each caller. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Takes a place; gives what gives it back, which may be called again. Throws Refusal 429 when all are taken. */
  take(caller: string): () => void {
    const taken = this.#taken.get(caller) ?? 0;
    if (taken >= this.#most)
      throw new Refusal(
        429,
        'limit-exceeded',
        `${this.#most} WebSockets are open already, which is as many as may: close one of them.`,
        { 'retry-after': '1' },
      );
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
