// Sends many requests of 5,000 distinct operations to the role engine, without HTTP, on a real database. Checks that the heap does
// not grow.
import { spawnSync } from 'node:child_process';
import { writeConfiguration } from './contestants.mjs';
import { load } from './data.mjs';
import { attachFile, documentOf, requestOf, settledHeap } from './engine.mjs';
import { options } from './options.mjs';
import { findServers } from './servers.mjs';

const distinct = 5000;
const columns = ['customer_id', 'status', 'placed_at', 'total'];

/** Operations with different texts and plans. */
function operation(number) {
  const picked = columns.filter((_, at) => (number >> at) & 1).join(' ');
  return `query q${number}($id: Int!) { o${number}: orders_by_pk(id: $id) { id ${picked} order_lines(limit: ${(number % 7) + 1}) { id quantity } } }`;
}

export async function run() {
  if (globalThis.gc === undefined) {
    const { status } = spawnSync(process.execPath, ['--expose-gc', ...process.argv.slice(1)], {
      stdio: 'inherit',
    });
    process.exitCode = status ?? 1;
    return;
  }
  const servers = findServers(['postgres']);
  const url = await load('postgres', servers.postgres);
  const attached = await attachFile(writeConfiguration('postgres', [url], 0));
  const total = Number(options.requests);
  const queries = Array.from({ length: distinct }, (_, number) => operation(number));
  const samples = [];
  try {
    const engine = attached.graphs.engine();
    let sent = 0;
    let hits = 0;
    const one = async () => {
      // A few operations are frequent; all of them occur.
      const number = Math.floor(distinct * Math.random() ** 3);
      const request = requestOf(queries[number], { id: 1 + Math.floor(Math.random() * 20_000) });
      const hot = engine.cached(request);
      if (hot !== undefined) hits++;
      const answer = await (hot ??
        engine.execute({ ...request, document: documentOf(engine, request.query) }));
      if (answer.errors.length > 0) throw answer.errors[0];
    };
    const worker = async (until) => {
      while (sent < until) {
        sent++;
        await one();
      }
    };
    for (let step = 1; step <= 20; step++) {
      const started = performance.now();
      const before = sent;
      const until = Math.floor((total * step) / 20);
      await Promise.all(Array.from({ length: options.connections }, () => worker(until)));
      const seconds = (performance.now() - started) / 1000;
      samples.push(await settledHeap());
      console.log(
        `${String(sent).padStart(10)} requests  heap ${samples.at(-1).toFixed(1)} MB  ${engine.size} plans kept  ${((100 * hits) / sent).toFixed(0)} % planned already  ${Math.round((sent - before) / seconds)} per second`,
      );
    }
  } finally {
    await attached.close();
  }
  const half = samples.slice(samples.length / 2);
  const growth = half.at(-1) - half[0];
  console.log(
    `Second half: ${growth >= 0 ? '+' : ''}${growth.toFixed(1)} MB over ${Math.round(total / 2)} requests.`,
  );
  if (growth > 5) process.exitCode = 1;
}
