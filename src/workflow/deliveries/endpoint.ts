import type { BackOff } from '../jobs/index.ts';
import type { BodyForm } from './event.ts';
import type { SigningSecret } from './signature.ts';

/** Where deliveries go, and how. */
export interface Endpoint {
  readonly name: string;
  /** The workflow that each delivery starts, instead of a request. */
  readonly workflow?: string;
  /** Empty: a workflow is started. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Headers whose values are secrets: the log shows `***`, and no redirect takes them elsewhere. */
  readonly secretHeaders: Readonly<Record<string, string>>;
  /** Each secret makes a signature, so that a receiver may know the old secret or the new one. Empty: deliveries are not signed. */
  readonly signing: readonly SigningSecret[];
  readonly form: BodyForm;
  readonly timeoutMs: number;
  /** Default: `defaultRetry`. */
  readonly retry?: RetryRules;
  /** Default: `defaultBreaker`. */
  readonly breaker?: BreakerRules;
}

export interface RetryRules {
  /** Attempts until a delivery is dead. */
  readonly attempts: number;
  readonly backOff: BackOff;
  /** Statuses after which no other attempt is made. */
  readonly final: readonly number[];
}

export interface BreakerRules {
  /** Failures in a row after which deliveries pause. */
  readonly failures: number;
  /** The length of the pause in milliseconds. After it one delivery is tried. */
  readonly pauseMs: number;
}

/** Twelve attempts within about 23 hours. The status 410 (Gone) says that the endpoint does not exist any more. */
export const defaultRetry: RetryRules = {
  attempts: 12,
  backOff: { firstMs: 5_000, factor: 3, longestMs: 6 * 3_600_000, jitter: 0.3 },
  final: [410],
};

export const defaultBreaker: BreakerRules = { failures: 10, pauseMs: 30_000 };
