/** Delays between attempts. */
export interface BackOff {
  /** Milliseconds after the first attempt. */
  readonly firstMs: number;
  /** By how much each delay is longer than the one before. */
  readonly factor: number;
  readonly longestMs: number;
  /** The part of a delay that is random, from 0 to 1, so that what failed together is not tried again together. */
  readonly jitter: number;
}

export const defaultBackOff: BackOff = { firstMs: 1_000, factor: 2, longestMs: 300_000, jitter: 0.5 };

/** Milliseconds until the next attempt, after a number of attempts. */
export function retryDelay(
  attempts: number,
  { firstMs, factor, longestMs, jitter }: BackOff = defaultBackOff,
  random: () => number = Math.random,
): number {
  const whole = Math.min(longestMs, firstMs * factor ** Math.max(0, attempts - 1));
  return whole * (1 - jitter * random());
}
