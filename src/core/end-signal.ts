/**
 * Tells that whoever asked no longer waits: the client has left, or the time is up. An AbortSignal is one; a request of its own
 * has a lighter one.
 */
export interface EndSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}
