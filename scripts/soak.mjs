// Kills processes that write to and read from an outbox, at random moments: 100 times per engine, or FOZ_SOAK_KILLS times.
// FOZ_SEED repeats a run.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const jest = [
  'node_modules/jest/bin/jest.js',
  '--selectProjects',
  'servers',
  '--testPathPatterns',
  'outbox/kills',
];
const { status } = spawnSync(process.execPath, ['--experimental-vm-modules', ...jest], {
  cwd: root,
  stdio: 'inherit',
  env: { FOZ_SOAK_KILLS: '100', ...process.env },
});
process.exitCode = status ?? 1;
