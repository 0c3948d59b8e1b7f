import { setTimeout as sleep } from 'node:timers/promises';
import type { EndSignal } from '../../core/index.ts';
import type { RunStore } from '../../store/index.ts';
import type { RunResponse } from '../steps/respond.ts';

/** The answer of a run to a caller who waits: the response of a step, or the end of the run without one. */
export type RunAnswer =
  | { readonly kind: 'response'; readonly response: RunResponse }
  | { readonly kind: 'done'; readonly output: unknown }
  | { readonly kind: 'failed' | 'cancelled'; readonly error: unknown };

/** Another process may do the run; its records are looked for after these milliseconds, then less often. */
const firstLookMs = 20;
const lastLookMs = 500;

/** The answers of runs to whoever waits for them. */
export class Answers {
  readonly #runs: RunStore;
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(runs: RunStore) {
    this.#runs = runs;
  }

  /** This process has recorded that a run has responded or ended. */
  tell(id: string): void {
    for (const wake of this.#waiting.get(id) ?? []) wake();
  }

  /** Whether someone waits for a run. */
  has(id: string): boolean {
    return this.#waiting.has(id);
  }

  /** Waits for the answer of a run; `null`: there was none in time, or the signal was aborted. */
  async of(id: string, limitMs: number, signal?: EndSignal): Promise<RunAnswer | null> {
    const end = performance.now() + limitMs;
    let wake: () => void = () => {};
    const waker = () => wake();
    const waiting = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, waiting.add(waker));
    signal?.addEventListener('abort', waker, { once: true });
    try {
      for (let pause = firstLookMs; ; pause = Math.min(2 * pause, lastLookMs)) {
        const told = new Promise<void>((resolve) => {
          wake = resolve;
        });
        const answer = await this.#look(id);
        const left = end - performance.now();
        if (answer !== null || left <= 0 || signal?.aborted === true) return answer;
        const awake = new AbortController();
        await Promise.race([
          told,
          sleep(Math.min(pause, left), undefined, { signal: awake.signal }).catch(() => {}),
        ]);
        awake.abort();
      }
    } finally {
      signal?.removeEventListener('abort', waker);
      waiting.delete(waker);
      if (waiting.size === 0) this.#waiting.delete(id);
    }
  }

  async #look(id: string): Promise<RunAnswer | null> {
    // In this order, since a run may respond and end in between.
    const result = (await this.#runs.results([id])).get(id);
    const response = await this.#runs.response(id);
    if (response !== null) return { kind: 'response', response: JSON.parse(response) };
    if (result === undefined) return null;
    const { state, output, error } = result;
    if (state === 'done') return { kind: state, output: output === null ? null : JSON.parse(output) };
    if (state === 'failed' || state === 'cancelled')
      return { kind: state, error: error === null ? null : JSON.parse(error) };
    return null;
  }
}
