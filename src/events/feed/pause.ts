import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves after a time, or when the signal is aborted. Never rejects, and does not keep the process alive. */
export async function pauseOf(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal, ref: false }).catch(() => {});
}
