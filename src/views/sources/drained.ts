import { setTimeout as sleep } from 'node:timers/promises';
import type { Connector } from '../../plan/index.ts';

/** The longest time that statements may continue on a removed source. */
const drainMs = 30_000;

/** Resolves when no statement runs on a connector any more, or its time is over. */
export async function drained(connector: Connector): Promise<void> {
  const latest = performance.now() + drainMs;
  const busy = () => {
    const { size, idle, waiting } = connector.pool();
    return idle < size || waiting > 0;
  };
  do await sleep(100, undefined, { ref: false });
  while (busy() && performance.now() < latest);
}
