/**
 * Aborts when the caller no longer waits: the client has left, or the time limit has passed. Every AbortSignal is an
 * EndSignal; requests use a lighter one of their own.
 */
export interface EndSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** The signal of work that is not ended from outside. It keeps no listeners, so that any number of runs may use it. */
export const never: EndSignal = { aborted: false, addEventListener() {}, removeEventListener() {} };
