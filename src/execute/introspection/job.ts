import { type EndSignal, FozError } from '../../core/index.ts';

/** Work that several callers wait for. It is told to stop when the last of them has gone. */
export class Job<Result> {
  readonly result: Promise<Result>;
  #callers = 0;
  #isStopped = false;

  /** `work` asks now and then whether it should stop. */
  constructor(work: (isStopped: () => boolean) => Promise<Result>) {
    this.result = work(() => this.#isStopped);
    // Each caller hears of it; this promise itself may have nobody.
    this.result.catch(() => {});
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Waits for the result. Rejects with `timeout` when the caller's time is up or its client has left. */
  wait(signal: EndSignal): Promise<Result> {
    if (signal.aborted) {
      this.#leave(0);
      return Promise.reject(gone());
    }
    this.#callers++;
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#leave(1);
        reject(gone());
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

function gone(): FozError {
  return new FozError('timeout', 'The time limit of the request has passed, or the client has left.');
}
