import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { listenerOf, root } from './processes.mjs';

const harness = join(root, 'scripts/servers.mjs');

/** URLs of the servers of the engines. A server that is neither given nor kept is started and kept. */
export function findServers(engines) {
  const urls = {};
  for (const engine of engines) {
    const given = process.env[`FOZ_BENCH_${engine.toUpperCase()}_URL`];
    if (given !== undefined) urls[engine] = given;
  }
  const open = engines.filter((engine) => urls[engine] === undefined);
  if (open.length === 0) return urls;
  const run = (verb) =>
    execFileSync(process.execPath, [harness, verb], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, FOZ_TEST_ENGINES: open.join() },
    });
  let kept = JSON.parse(run('status'));
  if (open.some((engine) => kept[engine] === undefined)) {
    console.log(
      `Starting servers for ${open.filter((engine) => !kept[engine]).join(', ')}; "node scripts/servers.mjs stop" ends them.`,
    );
    run('start');
    kept = JSON.parse(run('status'));
  }
  for (const engine of open) urls[engine] = kept[engine];
  return urls;
}

/** The process of a server that runs on this machine. */
export const processOf = (url) => listenerOf(Number(new URL(url).port));
