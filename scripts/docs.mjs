// Writes the pages that are generated from the source: errors.md, features.md, configuration.md, metadata-reference.md. The unit
// tests fail if one is out of date.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const jest = [
  'node_modules/jest/bin/jest.js',
  '--selectProjects',
  'unit',
  '--testPathPatterns',
  'test/docs/',
];
const { status } = spawnSync(
  process.execPath,
  ['--experimental-vm-modules', '--no-warnings', join(root, jest[0]), ...jest.slice(1)],
  { cwd: root, stdio: 'inherit', env: { ...process.env, UPDATE_DOCS: '1' } },
);
process.exitCode = status ?? 1;
