import { Worker } from 'node:worker_threads';

/** Runs on a thread of its own, since the main thread may be computing and then runs no timer. */
const watchdog = `
const { writeSync } = require('node:fs');
const { parentPort, workerData: { ms } } = require('node:worker_threads');
setTimeout(() => {
  try {
    writeSync(2, 'Stopping took more than ' + ms / 1000 + ' s: the process is ended.\\n');
  } finally {
    process.kill(process.pid, 'SIGKILL');
  }
}, ms);
parentPort.postMessage('started');`;

/**
 * Ends this process by SIGKILL in `ms` milliseconds, unless it has ended by itself. An embedded database computes on the main thread, and
 * may not come back from closing when its files are gone. Resolves once the watchdog's timer runs: until then a computing main thread would delay it.
 */
export function endWithin(ms: number): Promise<void> {
  const worker = new Worker(watchdog, { eval: true, execArgv: [], workerData: { ms } });
  return new Promise<void>((resolve) => {
    // A process that cannot start a thread stops without a limit.
    for (const event of ['message', 'error', 'exit']) worker.once(event, () => resolve());
  }).then(() => worker.unref());
}
