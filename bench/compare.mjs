// Measures the chosen engines, writes results/DATE.json and, with an option, the tables of a document.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { work } from './load.mjs';
import { options } from './options.mjs';
import { forgetProfiles, printProfile } from './profile.mjs';
import { findServers } from './servers.mjs';
import { markdown, writeBetweenMarks } from './table.mjs';
import { benchEngine } from './throughput.mjs';

function needWrk() {
  try {
    execFileSync('wrk', ['-v'], { stdio: 'ignore' });
  } catch (error) {
    if (error.code === 'ENOENT')
      throw new Error('The load comes from wrk, which is not installed: apt-get install wrk');
  }
}

export async function run() {
  needWrk();
  const needed = new Set(
    options.engines.flatMap((engine) => (engine === 'cross' ? ['postgres', 'mysql'] : [engine])),
  );
  const servers = findServers([...needed]);
  const { rounds, seconds, connections, poolSize } = options;
  const report = {
    environment: {
      date: new Date().toISOString().slice(0, 10),
      node: process.versions.node,
      cpu: cpus()[0].model,
      cores: cpus().length,
      load: loadavg()[0].toFixed(1),
      rounds,
      seconds,
      connections,
      poolSize,
    },
    engines: {},
  };
  if (options.profile) forgetProfiles();
  for (const engine of options.engines) {
    const missing = engine === 'cross' ? !(servers.postgres && servers.mysql) : !servers[engine];
    if (missing) console.log(`${engine}: NOT RUN, there is no server`);
    else report.engines[engine] = await benchEngine(engine, servers);
  }
  if (options.profile) return printProfile();
  // The results of a quick run are not stored.
  const folder = options.quick ? work : fileURLToPath(new URL('results', import.meta.url));
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${report.environment.date}.json`);
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  console.log(`Written: ${file}`);
  if (options.markdown !== undefined) writeBetweenMarks(options.markdown, markdown(report));
}
