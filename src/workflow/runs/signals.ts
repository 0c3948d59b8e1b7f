import { setMaxListeners } from 'node:events';

/** A signal that aborts by itself, or with another one. Any number of strands may wait for it. */
export interface LinkedSignal {
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
  /** Ends the link. */
  release(): void;
}

/**
 * Makes a signal that aborts with `parent` until it is released. `AbortSignal.any` would leave an entry for each call on the parent, which is
 * kept on Node 20 as long as the parent is: the signal of a worker lives as long as the process.
 */
export function linkedTo(parent: AbortSignal): LinkedSignal {
  const own = new AbortController();
  setMaxListeners(0, own.signal);
  const follow = () => own.abort(parent.reason);
  if (parent.aborted) follow();
  else parent.addEventListener('abort', follow, { once: true });
  return {
    signal: own.signal,
    abort: (reason) => own.abort(reason),
    release: () => parent.removeEventListener('abort', follow),
  };
}

/** Resolves as a promise does, or rejects when the signal aborts. */
export function raced<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
