// Queued runs that two processes do while one of them is killed again and again.
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { root } from './processes.mjs';
import { pause } from './work-place.mjs';
import { openWork, startRuns } from './work-runs.mjs';

/** Does the runs of a store in two processes, one of which is killed each time they have done some. Resolves with a sentence. */
export async function drainWhileKilled(place, runs) {
  const { store, runner, close } = await openWork(place, 'three operations');
  await startRuns(runner, runs);
  const startedAt = performance.now();
  const children = [0, 1].map(() => worker(place));
  let kills = 0;
  let left = runs;
  let goal = left - nextKill();
  while (left > 0) {
    await pause(20);
    [{ left }] = await store.run('select count(*)::int as left from foz.jobs', []);
    if (left > goal) continue;
    goal = left - nextKill();
    const at = kills++ % 2;
    children[at].kill('SIGKILL');
    children[at] = worker(place);
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const states = await store.run('select state, count(*)::int as n from foz.runs group by state', []);
  for (const child of children) child.kill('SIGKILL');
  await close();
  const counted = states.map(({ state, n }) => `${n} ${state}`).join(', ');
  if (counted !== `${runs} done`) throw new Error(`${counted} of ${runs} runs`);
  return `${counted} after ${seconds} s and ${kills} kills`;
}

/** So many runs are done between two kills. */
const nextKill = () => 50 + Math.floor(Math.random() * 500);

function worker({ url, folder }) {
  return fork(join(root, 'bench/work-worker.mjs'), [url, folder]);
}
