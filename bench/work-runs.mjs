// Runs of three steps, all of which are queued before they are measured.
import { from, pause } from './work-place.mjs';

/** Three steps without an effect outside, and three with one: every effect waits for the commit of what was recorded before. */
const workflows = {
  'three transforms': ['transform', { value: '{% input.n + 1 %}' }],
  'three operations': ['graphql', { document: '{ hello }', role: 'admin' }],
};
export const workflowNames = Object.keys(workflows);
const stepsOf = ([kind, settings]) => ['a', 'b', 'c'].map((id) => ({ id, kind, ...settings }));

/** A store with a worker, which is not started, and the workflow `bench`. */
export async function openWork(place, name) {
  const { JobStore, RunStore, openStore } = await from('store/index.js');
  const { JobWorker, Runner } = await from('workflow/index.js');
  const store = openStore(place);
  const jobs = new JobStore(store);
  const worker = new JobWorker({ jobs });
  const services = { graphql: async () => ({ data: { hello: 'you' } }) };
  const runner = new Runner({ runs: new RunStore(jobs), worker, services });
  await store.open();
  await runner.define({ name: 'bench', steps: stepsOf(workflows[name]) });
  const close = async () => {
    await worker.stop(0);
    await runner.close();
    await store.close();
  };
  return { store, worker, runner, close };
}

/** Queues runs, some hundreds at the same time. */
export async function startRuns(runner, count) {
  for (let n = 0; n < count; n += 500)
    await Promise.all(
      Array.from({ length: Math.min(500, count - n) }, (_, at) => runner.start('bench', { n: n + at })),
    );
}

/** Runs per second. */
export async function drainRuns(place, name, runs) {
  const { store, worker, runner, close } = await openWork(place, name);
  await startRuns(runner, runs);
  await store.run('analyze', []);
  const startedAt = performance.now();
  await worker.start();
  await emptied(store);
  const rate = runs / ((performance.now() - startedAt) / 1000);
  const [{ done }] = await store.run("select count(*)::int as done from foz.runs where state = 'done'", []);
  await close();
  if (done !== runs) throw new Error(`${done} of ${runs} runs have succeeded.`);
  return rate;
}

/** Resolves once the store has no jobs. */
export async function emptied(store) {
  while ((await store.run('select 1 from foz.jobs limit 1', [])).length > 0) await pause(20);
}
