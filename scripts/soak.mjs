// Kills processes, servers and connections at random moments while rows are written: 100 times of each kind and engine, or FOZ_SOAK_KILLS
// times. `npm run soak -- outbox`, `-- live`, `-- work` or `-- sync`: only one of them. FOZ_SEED repeats a run.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const kills = Number(process.env.FOZ_SOAK_KILLS ?? 100);

/** Of five kills of the live queries one is of Foz, one of the database server, and three are of connections. */
const suites = {
  outbox: ['outbox/kills', { FOZ_SOAK_KILLS: String(kills) }],
  live: ['faults/live-kills', { FOZ_LIVE_KILLS: String(5 * kills) }],
  sync: ['app/work/sync-kills', { FOZ_SYNC_KILLS: String(kills) }],
  work: ['app/work/kills', { FOZ_WORK_KILLS: String(kills) }],
};

function run([pattern, settings]) {
  const jest = [
    'node_modules/jest/bin/jest.js',
    '--selectProjects',
    'servers',
    '--testPathPatterns',
    pattern,
  ];
  const started = performance.now();
  const { status } = spawnSync(process.execPath, ['--experimental-vm-modules', ...jest], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...settings },
  });
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(
    `${pattern}: ${status === 0 ? 'passed' : 'FAILED'} in ${seconds} s (${kills} kills of each kind and engine)`,
  );
  return status === 0;
}

const wanted = process.argv.slice(2);
const passed = Object.entries(suites)
  .filter(([name]) => wanted.length === 0 || wanted.includes(name))
  .map(([, suite]) => run(suite));
process.exitCode = passed.length > 0 && passed.every(Boolean) ? 0 : 1;
