import { type OutboundFault, retryAfterMs } from '../../outbound/index.ts';
import { retryDelay } from '../jobs/index.ts';
import type { RetryRules } from './endpoint.ts';

/** The verdict on one attempt. */
export interface AttemptResult {
  /** `null`: there was no answer. */
  readonly status: number | null;
  readonly fault: OutboundFault | null;
  /** The header Retry-After. */
  readonly retryAfter: string | null;
}

/** How a delivery goes on: it is accepted, tried again, or given up. */
export type Verdict =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'again'; readonly afterMs: number }
  | { readonly kind: 'dead' };

/** Faults that are the same at the next attempt: the URL or a header is wrong, or may not be called. */
const lasting: ReadonlySet<OutboundFault | null> = new Set(['invalid', 'refused']);
/** The longest wait that a receiver can ask for by Retry-After, in milliseconds. */
const longestWaitMs = 24 * 3_600_000;

/** Judges an attempt. `attempts`: how many there were, with this one. */
export function verdictOf(
  result: AttemptResult,
  attempts: number,
  { attempts: most, backOff, final }: RetryRules,
  now: number = Date.now(),
): Verdict {
  const { status, fault } = result;
  if (status !== null && status >= 200 && status < 300) return { kind: 'delivered' };
  const isLasting = lasting.has(fault) || (status !== null && final.includes(status));
  if (isLasting || attempts >= most) return { kind: 'dead' };
  const wanted = Math.min(retryAfterMs(result.retryAfter, now), longestWaitMs);
  return { kind: 'again', afterMs: Math.max(wanted, retryDelay(attempts, backOff)) };
}

/** Whether the endpoint itself seems to be down, rather than to refuse this one delivery. */
export function isOutage({ status, fault }: AttemptResult): boolean {
  return status === null ? !lasting.has(fault) : status >= 500 || status === 429;
}
