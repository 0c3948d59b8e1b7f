import type { EndSignal } from './end-signal.ts';

/** Lets one reader sleep until something happens. A call of `wake` while nobody sleeps has no effect, so the reader looks before it sleeps. */
export class Wakeup {
  #wake: (() => void) | null = null;

  wake(): void {
    this.#wake?.();
  }

  /** Resolves at the next `wake`, when the signal is aborted, or after `milliseconds`. */
  wait(signal: EndSignal, milliseconds?: number): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.#wake = null;
        resolve();
      };
      const timer = milliseconds === undefined ? undefined : setTimeout(done, milliseconds);
      this.#wake = done;
      signal.addEventListener('abort', done, { once: true });
    });
  }
}

/** Resolves after `milliseconds`, or when the signal is aborted. */
export function pause(milliseconds: number, signal: EndSignal): Promise<void> {
  return new Wakeup().wait(signal, milliseconds);
}
