import type { EndSignal } from './end-signal.ts';

/** The end of one request or run: its client disconnected, or its time is up. Lighter than an AbortController. */
export class RequestEnd implements EndSignal {
  aborted = false;
  #listeners: Set<() => void> | null = null;

  addEventListener(_: 'abort', listener: () => void): void {
    if (this.#listeners === null) this.#listeners = new Set();
    this.#listeners.add(listener);
  }

  removeEventListener(_: 'abort', listener: () => void): void {
    this.#listeners?.delete(listener);
  }

  /** Calls all listeners, once. */
  abort(): void {
    if (this.aborted) return;
    this.aborted = true;
    const listeners = this.#listeners;
    this.#listeners = null;
    if (listeners !== null) for (const listener of listeners) listener();
  }
}
