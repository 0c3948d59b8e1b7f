import { type EndSignal, FozError, type HeldBytes, type Link, LinkedList, never } from '../core/index.ts';
import type { RunContext } from '../plan/index.ts';

/** The limits of a wait or of a running statement: end signal, deadline, bytes. */
export interface Limits {
  readonly signal: EndSignal;
  /** On the clock of `performance.now()`; `Infinity`: none. */
  readonly deadline: number;
  /** Counts the bytes that arrive; default: the longest text that is possible. */
  readonly held?: HeldBytes | undefined;
}

/** A wait or a running statement that must stop when its request ends. */
export interface Watched extends Limits {
  /** Called once, when the signal is aborted or the deadline has passed. */
  stop(): void;
  /** Its place while it is watched. */
  place?: Link<Watched> | null;
}

const periodMs = 20;

/** Stops waits and statements at their limits. One check of all of them every 20 ms costs less than a timer and a listener for each. */
export class Watch {
  readonly #watched = new LinkedList<Watched>();
  #timer: NodeJS.Timeout | null = null;

  /** Watches until `remove`. */
  add(watched: Watched): void {
    watched.place = this.#watched.add(watched);
    this.#timer ??= setInterval(() => this.#check(), periodMs);
  }

  remove(watched: Watched): void {
    if (!watched.place) return;
    this.#watched.remove(watched.place);
    watched.place = null;
  }

  #check(): void {
    if (this.#watched.size === 0) {
      clearInterval(this.#timer!);
      this.#timer = null;
      return;
    }
    const now = performance.now();
    for (const watched of this.#watched) {
      if (!watched.signal.aborted && now < watched.deadline) continue;
      this.remove(watched);
      watched.stop();
    }
  }
}

/** The limits of a statement that starts now. Throws FozError `timeout` for a request that has ended already. */
export function limitsOf({ signal, timeoutMs, held }: RunContext): Limits {
  if (signal.aborted) throw ended(signal);
  const deadline = timeoutMs === null ? Number.POSITIVE_INFINITY : performance.now() + timeoutMs;
  return { signal, deadline, held };
}

/** Milliseconds that a connection has to cancel its statement, before the connection is closed. */
export const graceMs = 5_000;

/** Limits for the end of a transaction: it is no longer part of a request, but must not hang. */
export function endOfTransactionLimits(ms: number = graceMs): Limits {
  return { signal: never, deadline: performance.now() + ms };
}

/** The error of a request that ended while its statement ran or waited. */
export function ended(signal: EndSignal): FozError {
  return signal.aborted
    ? new FozError('timeout', 'The request was ended before the database had answered.')
    : new FozError('timeout', 'The database did not answer within the time limit of the request.');
}
