import { setTimeout } from 'node:timers/promises';
import { FozError } from '../core/index.ts';
import type { RunContext } from '../plan/index.ts';

/** Limits on repeating a transaction after a conflict, in number and time. A transaction that has waited for a lock is tried twice. */
const mostAttempts = 6;
const attemptsMs = 5_000;

/** Does a transaction; after a deadlock or a serialization failure it is repeated. */
export async function repeatedAfterConflict<T>(
  { held, signal }: RunContext,
  attempt: () => Promise<T>,
): Promise<T> {
  const started = performance.now();
  const heldBefore = held?.own ?? 0;
  for (let tried = 1; ; tried++) {
    try {
      return await attempt();
    } catch (error) {
      const isLate = tried === mostAttempts || (tried > 1 && performance.now() - started > attemptsMs);
      if (isLate || signal.aborted || !isRepeatable(error)) throw error;
      held?.returnTo(heldBefore);
      // A random delay, so that the two transactions of a deadlock do not meet again.
      await setTimeout(Math.random() * 40 * tried);
    }
  }
}

function isRepeatable(error: unknown): boolean {
  return error instanceof FozError && error.code === 'conflict' && error.details?.reason !== 'if_match';
}
