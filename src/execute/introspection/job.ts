import { type EndSignal, FozError } from '../../core/index.ts';

/** A job that several callers wait for. It stops when the last of them has stopped waiting. */
export class Job<Result> {
  readonly result: Promise<Result>;
  #callers = 0;
  #isStopped = false;

  /** `work` calls `isStopped` regularly. */
  constructor(work: (isStopped: () => boolean) => Promise<Result>) {
    this.result = work(() => this.#isStopped);
    // Each caller handles the rejection of its own promise. This promise may have no handler.
    this.result.catch(() => {});
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Waits for the result. Rejects with `timeout` when the caller's time is up or its client has left. */
  wait(signal: EndSignal): Promise<Result> {
    if (signal.aborted) {
      this.#leave(0);
      return Promise.reject(ended());
    }
    this.#callers++;
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#leave(1);
        reject(ended());
      };
      signal.addEventListener('abort', abort, { once: true });
      const done = () => signal.removeEventListener('abort', abort);
      this.result.finally(done).then(resolve, reject);
    });
  }

  #leave(count: number): void {
    this.#callers -= count;
    if (this.#callers === 0) this.#isStopped = true;
  }
}

function ended(): FozError {
  return new FozError('timeout', 'The time limit of the request has passed, or the client has left.');
}
