import type { EndSignal } from './end-signal.ts';

/** Lets one reader sleep until something happens. A call of `wake` while nobody sleeps has no effect, so the reader looks before it sleeps. */
export class Wakeup {
  #wake: (() => void) | null = null;

  wake(): void {
    this.#wake?.();
  }

  /** Resolves at the next `wake`, when the signal is aborted, or after `milliseconds`. `keepsAlive`: whether the timer keeps the process running. */
  wait(signal: EndSignal, milliseconds?: number, { keepsAlive = true } = {}): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.#wake = null;
        resolve();
      };
      const timer = milliseconds === undefined ? undefined : setTimeout(done, milliseconds);
      if (!keepsAlive) timer?.unref();
      this.#wake = done;
      signal.addEventListener('abort', done, { once: true });
    });
  }
}

/** Resolves after `milliseconds`, or when the signal is aborted. `keepsAlive`: whether the timer keeps the process running. */
export function pause(
  milliseconds: number,
  signal: EndSignal,
  options: { readonly keepsAlive?: boolean } = {},
): Promise<void> {
  return new Wakeup().wait(signal, milliseconds, options);
}
