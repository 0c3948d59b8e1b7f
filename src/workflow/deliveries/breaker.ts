import type { QueueLimit } from '../jobs/index.ts';
import type { BreakerRules } from './endpoint.ts';

/**
 * Pauses the deliveries to an endpoint after several failures in a row. After the pause it lets one delivery through, and all others once that
 * one has been answered. Each process counts on its own.
 */
export class CircuitBreaker {
  #failures = 0;
  #openUntil = 0;
  #isTrying = false;

  /** The number of deliveries that may be claimed for the endpoint: none during the pause, then one at a time; `null`: any number. */
  limit({ failures }: BreakerRules, now: number = performance.now()): QueueLimit | null {
    if (this.#failures < failures) return null;
    return { atOnce: 1, waitMs: Math.max(0, this.#openUntil - now) };
  }

  /** For a delivery that is claimed: milliseconds until it may be tried; 0: now, and the caller reports by `report` what came of it. */
  waitMs({ failures, pauseMs }: BreakerRules, now: number = performance.now()): number {
    if (this.#failures < failures) return 0;
    if (now < this.#openUntil) return this.#openUntil - now;
    if (this.#isTrying) return pauseMs;
    this.#isTrying = true;
    return 0;
  }

  /** Reports an attempt; `null`: it was not finished. */
  report(
    isOutage: boolean | null,
    { failures, pauseMs }: BreakerRules,
    now: number = performance.now(),
  ): void {
    this.#isTrying = false;
    if (isOutage === null) return;
    this.#failures = isOutage ? this.#failures + 1 : 0;
    if (this.#failures >= failures) this.#openUntil = now + pauseMs;
  }
}
